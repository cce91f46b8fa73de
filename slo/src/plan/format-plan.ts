/** The plan as `plimsoll plan` prints it: what is promised, when it interrupts, and what that means in practice. */
import { divide, multiply } from './decimal.ts'
import { DAY } from './duration.ts'
import { pagesText, spoken } from './numbers.ts'
import type { BurnAlertPlan, BurnPair, CompositePlan, Plan, SloPlan } from './types.ts'

export function formatPlan(plan: Plan): string {
  const composites = plan.composites ?? []
  const cost = [...plan.slos, ...composites].reduce((sum, { numbers }) => sum + numbers.samplesPerMinute, 0)
  const history = Math.max(0, ...plan.slos.map((slo) => slo.numbers.historySeconds))
  const rules = plan.groups.reduce((sum, group) => sum + group.recordings.length, 0)
  const total = `${plan.slos.length} SLOs, ${rules} recording rules, about ${cost} samples/min; keep ${history / DAY + 1} days of history`
  return [...plan.slos.map(formatSlo), ...composites.map(formatComposite), `${LEGEND}\n${total}`].join('\n\n')
}

/** Until a failure is scraped, up to 15 s; until the group of the rule is evaluated, up to 30; and again for the alert. */
const LEGEND =
  'A burn of 1 spends the budget in exactly the period. Times are those of steady errors in even traffic; scraping and evaluation add up to a minute.'

function formatComposite(composite: CompositePlan): string {
  const { slo, parts, period, budgetingMethod, writtenAt, errorBudget, highestBurnRate, numbers } = composite
  const names = parts
    .map(({ slo, weight }) => (budgetingMethod === 'Timeslices' ? slo : `${slo} × ${weight}`))
    .join(', ')
  const { traffic } = numbers
  const failures = traffic?.oneFailureBurns.map(({ slo, burn }) => `${burn} × burn in ${slo}`).join(', ')
  return [
    `${slo}  composite over ${period.name}, ${budgetingMethod}  (${writtenAt})`,
    `  ${COMPOSED[budgetingMethod]} ${names}`,
    ...(errorBudget === undefined
      ? []
      : [`  budget: ${percent(errorBudget)} of the time, what its parts may miss together`]),
    ...composite.alerts.flatMap((alert) =>
      alert.kind === 'burn'
        ? alert.pairs.flatMap((pair) => pairLines(numbers.detection, alert, pair, rounded(highestBurnRate)))
        : [],
    ),
    composite.alerts.length === 0 ? '  no alert' : '  muted while a part pages, which says what is broken',
    ...(traffic ? [`  one failure = ${failures}; pages by chance in 30 days: ${chanceText(traffic)}`] : []),
    `  cost: about ${numbers.samplesPerMinute} samples/min beside its parts`,
    ...composite.warnings.map(({ code, message }) => `  warning ${code}: ${message}`),
  ].join('\n')
}

const COMPOSED: Record<CompositePlan['budgetingMethod'], string> = {
  Occurrences: 'burns as its parts do, each times its weight:',
  RatioTimeslices: 'misses what its parts miss, each times its weight:',
  Timeslices: 'time is bad when it is for one of its parts:',
}

function formatSlo(slo: SloPlan): string {
  const { numbers } = slo
  const scope = slo.regions.length > 0 ? `, by region (${slo.regions.join(', ')})` : ''
  const lines = [
    `${slo.slo}  ${percent(slo.target)} over ${slo.period.name}${scope}  (${slo.writtenAt})`,
    `  good: ${slo.indicator.good}${sliced(slo)}`,
    `  budget: ${percent(slo.errorBudget)} of ${slo.slices ? 'slices' : 'events'}; owner ${slo.owner}, runbook ${slo.runbook}`,
    ...burns(slo).flatMap(({ severity, pairs, forSeconds }) =>
      pairs.flatMap((pair) =>
        pairLines(numbers.detection, { severity, forSeconds }, pair, divide('1', slo.errorBudget, 6)),
      ),
    ),
  ]
  if (slo.calendars.length > 0) {
    const windows = slo.calendars.map(({ duration, timeZone }) => `${duration} ${timeZone}`).join(', ')
    lines.push(`  reported by calendar: ${windows}; the rules roll over ${slo.period.name}`)
  }
  const from = dateOf(slo.effectiveFromSeconds)
  if (from !== undefined)
    lines.push(`  promised from ${from}; what was before is held against the promise of its time`)
  const { traffic, feasibleTarget } = numbers
  for (const { severity } of slo.alerts.filter(({ kind }) => kind === 'any-bad-event'))
    lines.push(`  ${severity.padEnd(6)} on any bad event`)
  const { offsetSeconds } = slo.indicator
  if (offsetSeconds !== undefined)
    lines.push(
      `  offset: counted ${spoken(offsetSeconds)} after it happens, which the times above include; SLOBlind is as much later`,
    )
  if (traffic) {
    lines.push(
      `  at ${traffic.eventsPerHour} ${slo.slices ? 'slices' : 'events'}/h${slo.regions.length > 0 ? ' in a region' : ''}${traffic.measured ? ' (measured)' : ''}: one failure = ${traffic.oneFailureBurn} × burn; pages by chance in 30 days: ` +
        chanceText(traffic),
    )
  } else
    lines.push('  traffic is neither stated nor measured: no word on single failures and pages by chance')
  if (feasibleTarget !== undefined) {
    const needs = slo.dependsOn
      .map(({ slo, weight }) => (weight === '1' ? slo : `${slo}:${weight}`))
      .join(', ')
    lines.push(`  feasible on top of ${needs}: ${feasibleTarget}`)
  }
  const explaining = new Set(burns(slo).flatMap(({ explained }) => explained?.by.map((one) => one.slo) ?? []))
  if (explaining.size > 0)
    lines.push(`  its burns are muted while ${[...explaining].join(' or ')} pages and explains them by count`)
  lines.push(
    `  cost: about ${numbers.samplesPerMinute} samples/min with one raw series per selector; history: ${numbers.historySeconds / DAY} days`,
  )
  lines.push(...slo.warnings.map(({ code, message }) => `  warning ${code}: ${message}`))
  return lines.join('\n')
}

/** A region's alerts and those of the total have the same pairs: each is said once. */
function burns(slo: SloPlan): BurnAlertPlan[] {
  return slo.alerts.filter((alert): alert is BurnAlertPlan => alert.kind === 'burn' && alert.scope === 'all')
}

function chanceText({ falsePagesAtHalfBudget, falsePagesAtFullBudget }: Chance): string {
  return `${pagesText(falsePagesAtHalfBudget)} at half the budgeted errors, ${pagesText(falsePagesAtFullBudget)} at all of them`
}

type Chance = { falsePagesAtHalfBudget: number; falsePagesAtFullBudget: number }
type Pair = Omit<BurnPair, 'badRatio'> & { badRatio?: string }

/** Threshold and validity of a pair, then how soon it fires and resets, from a slow leak to a total outage. */
function pairLines(
  detection: Detection,
  { severity, forSeconds }: Pick<BurnAlertPlan, 'severity' | 'forSeconds'>,
  pair: Pair,
  never: string,
): string[] {
  const { long, short, burnRate, badRatio, budgetShare } = pair
  const bad = badRatio === undefined ? '' : ` (${percent(badRatio)} bad)`
  const spent = Number((Number(budgetShare) * 100).toPrecision(3))
  const lasting = forSeconds > 0 ? ` for ${spoken(forSeconds)}` : ''
  const detected = detectionText(detection, severity, long)
  return [
    `  ${severity.padEnd(6)} ${`${long}/${short}`.padEnd(7)} burn > ${burnRate}${bad}${lasting}, ${spent} % of the budget; 1 ≤ ${burnRate} < ${never}`,
    ...(detected === '' ? [] : [`                 ${detected}`]),
  ]
}

type Detection = SloPlan['numbers']['detection']

/** When a pair fires and resets; empty when even a total outage is below its threshold. */
function detectionText(detection: Detection, severity: string, long: string): string {
  const row = detection.find((one) => one.severity === severity && one.long === long)
  const at = row?.at ?? []
  if (at.length === 0) return ''
  const fires = at.map(({ burn, fireSeconds }) => `${spoken(fireSeconds)} at ${burn}`).join(', ')
  return `fires after ${fires} × burn; resets in ${at.map(({ resetSeconds }) => spoken(resetSeconds)).join(', ')}`
}

export function rounded(value: string): string {
  return divide(value, '1', 6)
}

/** ISO 8601 in UTC, without the milliseconds that a promise cannot have. */
export function dateOf(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1000).toISOString().replace('.000', '')
}

function sliced({ budgetingMethod, slices }: SloPlan): string {
  if (!slices) return ''
  const judged = slices.goodRatio === undefined ? '' : `, each good from ${percent(slices.goodRatio)}`
  return `; ${budgetingMethod} of ${spoken(slices.seconds)}${judged}`
}

export function percent(ratio: string): string {
  return `${multiply(ratio, '100')} %`
}
