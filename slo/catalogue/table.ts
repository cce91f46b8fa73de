/** The table of the catalogue's README: what each SLO promises, and what it needs. */
import { parseSelector } from '../src/plan/selector.ts'
import type { Plan, SloPlan } from '../src/plan/types.ts'

/** Folder of the specs, as the README links it → the marker before their table; `TABLE_END` is after it. */
export const TABLES = {
  '': '<!-- table: npm run catalogue -->',
  '../specs/': '<!-- table of the live ones -->',
}
export const TABLE_END = '<!-- end of table -->'

/** Markdown rows of every SLO, sorted by id as the plan is. */
export function catalogueTable({ slos }: Plan, folder: string): string {
  const rows = slos.map((slo) =>
    [
      `[\`${slo.slo}\`](${folder}${slo.writtenAt.replace(/^.*\/|:\d+$/g, '')})`,
      `${Number((Number(slo.target) * 100).toFixed(6))} %, ${slo.period.name}`,
      alerting(slo),
      slo.owner,
      metrics(slo).join(', '),
      guards(slo),
    ].join(' | '),
  )
  const head = ['SLO', 'objective', 'alerts', 'owner', 'metrics it needs', 'guard: what it sees instead']
  return [head.join(' | '), head.map(() => '---').join(' | '), ...rows].map((row) => `| ${row} |`).join('\n')
}

function alerting({ alerts }: SloPlan): string {
  const severity = alerts.some(({ severity }) => severity === 'page') ? 'page' : 'ticket'
  return alerts.some(({ kind }) => kind === 'any-bad-event') ? `${severity} on one` : severity
}

/** Names of the raw series as they have to be exported; of a probe also its flow. */
function metrics({ indicator }: SloPlan): string[] {
  const counters = [...indicator.total, ...indicator.bad].map(({ selector }) => {
    const { metric, matchers } = parseSelector(selector)
    const flow = matchers.find(({ label }) => label === 'flow')?.value
    return flow === undefined ? `\`${metric}\`` : `\`${metric}\` of flow ${flow}`
  })
  const gauges = [...(indicator.gauge?.query.matchAll(/[a-z]+(?:_[a-z]+)+/g) ?? [])].map(
    ([name]) => `\`${name}\``,
  )
  return [...new Set([...counters, ...gauges])]
}

/** Guards once each, with what they see. */
function guards(slo: SloPlan): string {
  const bySlo = Map.groupBy(slo.guards, ({ slo }) => slo)
  return [...bySlo].map(([id, seen]) => `${id}: ${seen.map(({ excluded }) => excluded).join(' ')}`).join('; ')
}
