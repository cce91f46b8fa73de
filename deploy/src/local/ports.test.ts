import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DEFAULT_PORT_BASE, namedPorts, portsFrom } from './ports.ts'

const page = readFileSync(new URL('../../../docs/architecture.md', import.meta.url), 'utf8')

/** What the page says of the ports there are: name → offset. What it marks with ○ is not there yet. */
function portsOfThePage(): Record<string, number> {
  const paragraph = /Default ports, all moved together by [\s\S]*?Everything binds/.exec(page)?.[0] ?? ''
  const lists = paragraph.replace(/○ [^(,]*\+\d+ \([^)]*\)|○ [^,.]*/g, '')
  return Object.fromEntries(
    [...lists.matchAll(/([\w][\w -]*?) \+(\d+)/g)].map(([, name = '', offset]) => [
      name.trim(),
      Number(offset),
    ]),
  )
}

test('ports are where docs/architecture.md says, and no others', () => {
  const names: Record<string, string> = {
    'console and API': 'console',
    Prometheus: 'prometheus',
    Alertmanager: 'alertmanager',
    'PagerDuty stand-in': 'pagerduty',
    'hub API': 'hub',
    'OTLP sink': 'otlp',
    'us-east registry': 'registry us-east',
    metrics: 'registryMetrics us-east',
    prober: 'prober us-east',
    'its fault proxy': 'proxy us-east',
  }
  const said = Object.entries(portsOfThePage()).map(([name, port]) => ({ name: names[name] ?? name, port }))
  const byPort = (a: { port: number }, b: { port: number }) => a.port - b.port
  expect(namedPorts(portsFrom(0)).sort(byPort)).toEqual(said.sort(byPort))
})

test('the default base is the one of docs/architecture.md', () => {
  expect(page).toContain(`\`PLIMSOLL_PORT_BASE\` (default ${DEFAULT_PORT_BASE})`)
})

test('another base moves every port by the same distance', () => {
  const moved = namedPorts(portsFrom(5700)).map(({ port }) => port - 1000)
  expect(moved).toEqual(namedPorts(portsFrom(4700)).map(({ port }) => port))
})
