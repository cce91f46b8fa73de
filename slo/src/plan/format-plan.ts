/** The plan as `plimsoll plan` prints it: what is promised, when it interrupts, and what that means in practice. */
import { divide, multiply } from './decimal.ts'
import { DAY } from './duration.ts'
import { spoken } from './numbers.ts'
import type { BurnAlertPlan, BurnPair, CompositePlan, Plan, SloPlan } from './types.ts'

export function formatPlan(plan: Plan): string {
  const cost = plan.slos.reduce((sum, slo) => sum + slo.numbers.samplesPerMinute, 0)
  const history = Math.max(0, ...plan.slos.map((slo) => slo.numbers.historySeconds))
  const rules = plan.groups.reduce((sum, group) => sum + group.recordings.length, 0)
  const total = `${plan.slos.length} SLOs, ${rules} recording rules, about ${cost} samples/min; keep ${history / DAY + 1} days of history`
  return [...plan.slos.map(formatSlo), ...(plan.composites ?? []).map(formatComposite), total].join('\n\n')
}

function formatComposite({ slo, parts, period, budgetingMethod, writtenAt }: CompositePlan): string {
  const weighs = budgetingMethod !== 'Timeslices'
  const measured = budgetingMethod === 'Occurrences' ? 'burn rate: the sum of its parts' : 'share of bad time'
  return [
    `${slo}  composite over ${period.name}, ${budgetingMethod}  (${writtenAt})`,
    `  ${measured}: ${parts.map(({ slo, weight }) => (weighs ? `${slo} × ${weight}` : slo)).join(', ')}; its parts page`,
  ].join('\n')
}

function formatSlo(slo: SloPlan): string {
  const { numbers } = slo
  const scope = slo.regions.length > 0 ? `, by region (${slo.regions.join(', ')})` : ''
  const lines = [
    `${slo.slo}  ${percent(slo.target)} over ${slo.period.name}${scope}  (${slo.writtenAt})`,
    `  good: ${slo.indicator.good}${sliced(slo)}`,
    `  budget: ${percent(slo.errorBudget)} of events; owner ${slo.owner}, runbook ${slo.runbook}`,
    ...burns(slo).flatMap(({ severity, pairs }) => pairs.flatMap((pair) => pairLines(slo, severity, pair))),
  ]
  const { traffic, feasibleTarget } = numbers
  for (const { severity } of slo.alerts.filter(({ kind }) => kind === 'any-bad-event'))
    lines.push(`  ${severity.padEnd(6)} on any bad event`)
  if (traffic) {
    lines.push(
      `  at ${traffic.eventsPerHour} events/h${traffic.measured ? ' (measured)' : ''}: one failure = ${traffic.oneFailureBurn} × burn; pages by chance in 30 days: ` +
        `${traffic.falsePagesAtHalfBudget} at half the budgeted errors, ${traffic.falsePagesAtFullBudget} at all of them`,
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

/** Threshold and validity of a pair, then how soon it fires and resets, from a slow leak to a total outage. */
function pairLines(slo: SloPlan, severity: string, pair: BurnPair): string[] {
  const { long, short, burnRate, badRatio, budgetShare } = pair
  const never = divide('1', slo.errorBudget, 6)
  const spent = Number((Number(budgetShare) * 100).toPrecision(3))
  const detected = detectionText(slo, severity, long)
  return [
    `  ${severity.padEnd(6)} ${`${long}/${short}`.padEnd(7)} burn ≥ ${burnRate} (${percent(badRatio)} bad), ${spent} % of the budget; 1 ≤ ${burnRate} < ${never}`,
    ...(detected === '' ? [] : [`                 ${detected}`]),
  ]
}

/** When a pair fires and resets, from a slow leak to a total outage; empty when even that is below its threshold. */
function detectionText(slo: SloPlan, severity: string, long: string): string {
  const row = slo.numbers.detection.find((one) => one.severity === severity && one.long === long)
  const at = row?.at ?? []
  if (at.length === 0) return ''
  const fires = at.map(({ burn, fireSeconds }) => `${spoken(fireSeconds)} at ${burn}`).join(', ')
  return `fires after ${fires} × burn; resets in ${at.map(({ resetSeconds }) => spoken(resetSeconds)).join(', ')}`
}

function sliced({ budgetingMethod, slices }: SloPlan): string {
  if (!slices) return ''
  const judged = slices.goodRatio === undefined ? '' : `, each good from ${percent(slices.goodRatio)}`
  return `; ${budgetingMethod} of ${spoken(slices.seconds)}${judged}`
}

export function percent(ratio: string): string {
  return `${multiply(ratio, '100')} %`
}
