/** The table of faults in deploy/README.md is the one in the code, and every name in it exists. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ownPlan } from '../build/test-parts.ts'
import { FAULTS, type FaultPlan } from './faults.ts'
import { REGIONS } from './ports.ts'

const README = new URL('../../README.md', import.meta.url)
const MARKS = ['<!-- faults: written by faults.test.ts -->\n', '<!-- end of faults -->'] as const

/** One row for both regions where they differ in nothing else. */
function table(): string {
  const rows = Object.entries(FAULTS).map(([name, fault]) => row(name, fault))
  return [
    '| fault | what is done | probes say | SLOs that burn | pages | tickets at most |',
    '| --- | --- | --- | --- | --- | --- |',
    ...new Set(rows),
    '',
  ].join('\n')
}

function row(name: string, { does, probe, burns, pages, tickets }: FaultPlan): string {
  const list = (names: string[]) => names.map((one) => `\`${one}\``).join(', ') || 'none'
  const says = probe
    ? `\`${probe.flow}\` to ${probe.region}: \`${probe.verdict}\` \`${probe.reason}\` at ${probe.step ? `\`${probe.step}\`` : 'any step'}`
    : 'nothing'
  const paged = pages.map(({ slo, region }) => `\`${slo}\` in ${region}`).join(', ') || 'none'
  const cells = [does, says, list(burns), paged, list(tickets)].join(' | ')
  const region = REGIONS.find((one) => name.endsWith(`:${one.region}`))?.region
  return region
    ? `| \`${name.replace(region, '<region>')}\` | ${cells.replaceAll(region, '*region*')} |`
    : `| \`${name}\` | ${cells} |`
}

test('deploy/README.md shows the table of faults as it is', async () => {
  const text = readFileSync(README, 'utf8')
  const [before, rest = ''] = text.split(MARKS[0])
  const [, after] = rest.split(MARKS[1])
  // `-u` writes it.
  await expect(`${before}${MARKS[0]}${table()}${MARKS[1]}${after}`).toMatchFileSnapshot('../../README.md')
})

test('every SLO and region that the table names is in the specs', async () => {
  const { slos } = await ownPlan()
  const known = new Map(slos.map(({ slo, regions }) => [slo, regions]))
  for (const [name, { burns, pages, tickets }] of Object.entries(FAULTS)) {
    for (const slo of [...burns, ...tickets]) expect(known.has(slo), `${name}: ${slo}`).toBe(true)
    for (const { slo, region } of pages) expect(known.get(slo), `${name}: ${slo}`).toContain(region)
  }
})

test('what pages burns, and what burns may open a ticket', () => {
  for (const [name, { burns, pages, tickets }] of Object.entries(FAULTS)) {
    expect(burns, name).toEqual(expect.arrayContaining(pages.map(({ slo }) => slo)))
    expect(tickets, name).toEqual(expect.arrayContaining(burns))
  }
})
