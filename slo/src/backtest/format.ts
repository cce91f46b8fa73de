/** A backtest as text, the two policies side by side. */
import { day, duration, events, grouped, percentLeft, percentOfDecimal } from '../service/console/format.ts'
import type { Backtest, PolicyResult } from './backtest.ts'
import type { Gap } from './days.ts'
import { SHOULD_PAGE } from './incidents.ts'
import { explainersOf, isAbout, type Outcome } from './judge.ts'
import { type Fired, isAboutBadEvents } from './replay.ts'

export function formatBacktest(result: Backtest): string {
  const { policies } = result
  const lines = [
    `${result.slo}: ${day(result.fromSeconds)} to ${day(result.toSeconds)} (${duration(result.toSeconds - result.fromSeconds)})`,
    `${grouped(result.total)} ${result.unit}, ${events(result.bad)} bad; samples since ${day(result.historyFromSeconds)}, evaluated every ${result.stepSeconds} s`,
    ...gapLines(result),
    ...notes(result),
    '',
    ...table([
      ['', ...policies.map(({ name }) => name)],
      ['objective', ...policies.map(({ target, period }) => `${percentOfDecimal(target)} over ${period}`)],
      ['burn rates', ...policies.map(pairsText)],
      ['evidence gate', ...policies.map(({ evidenceGate }) => (evidenceGate ? 'yes' : 'no'))],
      ...summaryRows(policies),
    ]),
    '',
    `Incidents ${incidentRule(result)}`,
    ...incidentLines(policies),
  ]
  for (const severity of ['page', 'ticket'] as const)
    for (const policy of policies) lines.push('', ...firedLines(policy, severity))
  lines.push('', 'Budget left at the end of each day, UTC', ...table(dayRows(result)))
  return lines.join('\n')
}

function incidentLines(policies: Backtest['policies']): string[] {
  const rows = incidentRows(policies)
  if (rows.length === 0) return ['  none']
  return table([
    ['from', 'lasted', 'bad', 'region', ...policies.map(({ name }) => name)],
    ...rows.map(({ incident, outcomes }) => [
      day(incident.fromSeconds),
      duration(incident.untilSeconds - incident.fromSeconds),
      events(incident.bad),
      incident.name === undefined ? incident.region : `${incident.region} (${incident.name})`,
      ...outcomes.map(outcomeText),
    ]),
  ])
}

/** What one has to know before reading on: when it counts, whose pages mute, and what was left out. */
export function notes({ needs, leftOut, offsetSeconds, incidentsFrom }: Backtest): string[] {
  const seen = needs.filter((one) => one.seen).map(({ slo }) => slo)
  const unseen = needs.filter((one) => !one.seen).map(({ slo }) => slo)
  const lines: string[] = []
  // Alerts are at their own times, incidents that are found in the counts at those of the counts.
  if (offsetSeconds !== undefined)
    lines.push(
      `everything counts ${duration(offsetSeconds)} after it happened (offset)${incidentsFrom === 'counts' ? ', which the detection delay does not include' : ''}`,
    )
  if (seen.length > 0)
    lines.push(`needs ${seen.join(', ')}: burns that its pages explain are muted, as Alertmanager does`)
  if (unseen.length > 0)
    lines.push(`needs ${unseen.join(', ')}, of which there is no sample: what it explained counts as told`)
  if (leftOut && leftOut.outsideRange > 0)
    lines.push(`left out: ${incidentCount(leftOut.outsideRange)} outside of the range`)
  for (const { region, incidents } of leftOut?.elsewhere ?? [])
    lines.push(`left out: ${incidentCount(incidents)} in ${region}, where this SLO has no events`)
  return lines
}

function incidentCount(count: number): string {
  return `${count} labelled ${count === 1 ? 'incident' : 'incidents'}`
}

/** What both policies are measured by, in rows: shared with the page. */
export function summaryRows(policies: Backtest['policies']): string[][] {
  const row = (name: string, cell: (policy: PolicyResult) => string) => [name, ...policies.map(cell)]
  return [
    row(
      'pages',
      ({ fired, judgement: { pages } }) => `${told(fired, 'page').length} (${pages.of} about bad events)`,
    ),
    row('precision', ({ judgement: { pages } }) =>
      pages.precision === undefined
        ? 'no pages about bad events'
        : `${share(pages.precision)} (${pages.right} of ${pages.of})`,
    ),
    row('recall', ({ judgement: { incidents } }) =>
      incidents.recall === undefined
        ? 'no incidents'
        : `${share(incidents.recall)} (${incidents.paged} of ${incidents.of})`,
    ),
    row('detection delay', ({ judgement: { delay, incidents } }) =>
      delay
        ? `median ${duration(delay.medianSeconds)}, worst ${duration(delay.worstSeconds)}`
        : incidents.paged > 0
          ? 'no page of its own'
          : 'nothing paged',
    ),
    row('tickets', ({ fired }) => `${told(fired, 'ticket').length}`),
    row('budget left', ({ days }) => left(days.at(-1)?.remainingRatio)),
  ]
}

export function incidentRule({ incidentsFrom, anyBadEvent, unit }: Backtest): string {
  if (incidentsFrom === 'labels') return 'as labelled'
  return anyBadEvent
    ? `that should have paged: any bad ${unit}`
    : `that should have paged: at least ${share(SHOULD_PAGE.budgetShare)} of the budget and ${SHOULD_PAGE.bad} bad ${unit}`
}

export type IncidentRow = { incident: Outcome['incident']; outcomes: (Outcome | undefined)[] }

/** Each incident of either policy once: what one promise calls an incident the other may not. */
export function incidentRows(policies: Backtest['policies']): IncidentRow[] {
  const rows: IncidentRow[] = []
  policies.forEach(({ judgement }, index) => {
    for (const outcome of judgement.outcomes) {
      const { region, fromSeconds, untilSeconds } = outcome.incident
      const row = rows.find(
        ({ incident, outcomes }) =>
          outcomes[index] === undefined &&
          incident.region === region &&
          incident.fromSeconds <= untilSeconds &&
          fromSeconds <= incident.untilSeconds,
      )
      if (row) row.outcomes[index] = outcome
      else
        rows.push({
          incident: outcome.incident,
          outcomes: policies.map((_, i) => (i === index ? outcome : undefined)),
        })
    }
  })
  return rows.sort((a, b) => a.incident.fromSeconds - b.incident.fromSeconds)
}

export function outcomeText(outcome: Outcome | undefined): string {
  if (!outcome) return 'no incident'
  const { got, delaySeconds = 0, explainedBy = [] } = outcome
  if (got === 'nothing') return 'missed'
  if (got === 'explained') return `explained by ${explainedBy.join(', ')}`
  return `${got} after ${duration(delaySeconds)}`
}

/** Alerts that reached people. */
export function told(fired: Fired[], severity: Fired['severity']): Fired[] {
  return fired.filter((one) => one.severity === severity && one.toldSeconds !== undefined)
}

export function left(ratio: number | undefined): string {
  return ratio === undefined ? 'no data' : percentLeft(ratio)
}

export function pairsText({ pairs }: PolicyResult): string {
  return pairs.length === 0 ? 'none' : pairs.join(', ')
}

/** What a page or ticket about bad events would have caught; empty for others. */
export function caught({ judgement }: PolicyResult, fired: Fired): string {
  if (!isAboutBadEvents(fired)) return ''
  const found = judgement.outcomes.filter(({ incident }) => isAbout(fired, incident))
  const names = found.map(({ incident: { name, fromSeconds } }) => name ?? day(fromSeconds))
  return names.length === 0 ? 'no incident' : `incident of ${names.join(', ')}`
}

/** Empty when it was told as soon as it fired. */
export function toldLater({ fromSeconds, toldSeconds = fromSeconds }: Fired): string {
  return toldSeconds > fromSeconds ? `told at ${day(toldSeconds)}` : ''
}

/** `2026-01-02 06:06 to 07:09 UTC`, with both days where they are two. */
export function span({ fromSeconds, untilSeconds }: Fired): string {
  const from = day(fromSeconds)
  if (untilSeconds === undefined) return `${from}, still firing`
  const until = day(untilSeconds)
  return `${from.replace(' UTC', '')} to ${until.slice(0, 10) === from.slice(0, 10) ? until.slice(11) : until}`
}

function firedLines(policy: PolicyResult, severity: Fired['severity']): string[] {
  const { name, fired } = policy
  const shown = told(fired, severity)
  const title = `${severity === 'page' ? 'Pages' : 'Tickets'}, ${name}: ${shown.length}`
  return [
    `${title}${mutedText(fired, severity)}`,
    ...table(
      shown.map((one) => [
        day(one.fromSeconds),
        one.untilSeconds === undefined ? 'still firing' : `until ${day(one.untilSeconds)}`,
        one.region,
        one.alert,
        [caught(policy, one), toldLater(one)].filter((text) => text !== '').join(', '),
      ]),
    ),
  ]
}

/** Empty when all were told. */
export function mutedText(fired: Fired[], severity: Fired['severity']): string {
  const muted = fired.filter((one) => one.severity === severity && one.toldSeconds === undefined)
  const explained = muted.filter((one) => one.explained?.[0]?.fromSeconds === one.fromSeconds)
  const by = [...new Set(explained.flatMap(explainersOf))].sort().join(', ')
  const others = muted.length - explained.length
  const parts = [
    ...(others > 0 ? [`${others} muted by others`] : []),
    ...(explained.length > 0 ? [`${explained.length} explained by pages of ${by}`] : []),
  ]
  return parts.length === 0 ? '' : `, and ${parts.join(', ')}`
}

function dayRows({ policies, unit }: Backtest): string[][] {
  const [{ days }, { days: proposed }] = policies
  return [
    ['day', unit, 'bad', ...policies.map(({ name }) => name)],
    ...days.map(({ fromSeconds, total, bad, remainingRatio }, index) => [
      day(fromSeconds).slice(0, 10),
      grouped(total),
      events(bad),
      left(remainingRatio),
      left(proposed[index]?.remainingRatio),
    ]),
  ]
}

/** The longest; a service that is up and down all day has hundreds. */
const MOST_GAPS = 10

function gapLines({ gaps, fromSeconds, toSeconds }: Backtest): string[] {
  const length = (gap: Gap) => gap.untilSeconds - gap.fromSeconds
  const longest = [...gaps].sort((a, b) => length(b) - length(a)).slice(0, MOST_GAPS)
  const shown = gaps.filter((gap) => longest.includes(gap))
  const rest = gaps.filter((gap) => !longest.includes(gap))
  const more = `no data: and ${rest.length} shorter ones (${duration(rest.reduce((sum, gap) => sum + length(gap), 0))})`
  return [
    ...shown.map((gap) => {
      const all = gap.fromSeconds <= fromSeconds && gap.untilSeconds >= toSeconds
      const span = all ? 'throughout' : `${day(gap.fromSeconds)} to ${day(gap.untilSeconds)}`
      return `no data: ${gap.region}, ${span} (${duration(length(gap))})`
    }),
    ...(rest.length > 0 ? [more] : []),
  ]
}

function share(ratio: number): string {
  return `${Number((ratio * 100).toFixed(1))} %`
}

/** Columns as wide as their widest cell. */
function table(rows: string[][]): string[] {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, i) => Math.max(cell.length, widest[i] ?? 0)),
    [],
  )
  return rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd())
}
