import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DEFAULT_PORT_BASE, namedPorts, portsFrom } from './ports.ts'

const page = readFileSync(new URL('../../../docs/architecture.md', import.meta.url), 'utf8')

/** What the page says of the ports there are: name and offset. What it marks with ○ is not there yet. */
function portsOfThePage(): { name: string; port: number }[] {
  const paragraph = /Default ports, all moved together by [\s\S]*?Everything binds/.exec(page)?.[0] ?? ''
  const lists = paragraph.replace(/○ [^(,]*\+\d+ \([^)]*\)|○ [^,.]*/g, '')
  let region = ''
  return [...lists.matchAll(/([\w][\w -]*?) \+(\d+)/g)].map(([, said = '', offset]) => {
    const name = NAMES[said.trim()] ?? said.trim()
    // What follows a registry in parentheses is of its region.
    region = /^(.*) registry$/.exec(name)?.[1] ?? region
    const own = ['registryMetrics', 'prober', 'proxy'].includes(name)
    const full = name.endsWith(' registry') ? `registry ${region}` : own ? `${name} ${region}` : name
    return { name: full, port: Number(offset) }
  })
}

const NAMES: Record<string, string> = {
  'console and API': 'console',
  Prometheus: 'prometheus',
  Alertmanager: 'alertmanager',
  'PagerDuty stand-in': 'pagerduty',
  'hub API': 'hub',
  'OTLP sink': 'otlp',
  metrics: 'registryMetrics',
  'its fault proxy': 'proxy',
}

test('ports are where docs/architecture.md says, and no others', () => {
  const byPort = (a: { port: number }, b: { port: number }) => a.port - b.port
  expect(namedPorts(portsFrom(0)).sort(byPort)).toEqual(portsOfThePage().sort(byPort))
})

test('the default base is the one of docs/architecture.md', () => {
  expect(page).toContain(`\`PLIMSOLL_PORT_BASE\` (default ${DEFAULT_PORT_BASE})`)
})

test('another base moves every port by the same distance', () => {
  const moved = namedPorts(portsFrom(5700)).map(({ port }) => port - 1000)
  expect(moved).toEqual(namedPorts(portsFrom(4700)).map(({ port }) => port))
})
