/**
 * The burn alert: SRE Workbook, chapter 5, "Alerting on SLOs", approach 6 (multiwindow, multi-burn-rate), with a gate
 * that asks for evidence when events are few.
 *
 * One rule ORs all pairs of a severity, so one incident is one alert, however many pairs see it. Its value is the burn
 * rate over the long window of the first pair that holds: pairs are tried fastest first.
 *
 * Nothing fires by accident of missing data: a window without events has no ratio (or NaN), and neither passes `>`.
 *
 * `keep_firing_for` holds a page through short lulls (measured over a steady six-hour incident: 8.3 pages without,
 * 1.4 with 15 minutes). It resolves that much later than the burn ends, with the annotations of the last burning
 * evaluation. When every target vanishes it holds the page until SLOBlind takes over.
 */
import type { BurnAlertPlan, BurnPair } from '@plimsoll/slo/plan'
import {
  ALMOST_ONE,
  type AlertRule,
  alertLabels,
  type Scope,
  type Subject,
  windowSeries,
} from './alert-rule.ts'
import { type AlertLinks, burnAnnotations } from './annotations.ts'

/** `dependents`: ids of SLOs whose burns a page of this one may explain. */
export function burnRule(
  slo: Subject,
  alert: BurnAlertPlan,
  links: AlertLinks,
  dependents: string[],
): AlertRule {
  const pairs = alert.pairs.map((pair) => `(\n${pairExpr(slo, alert, pair)}\n)`)
  return {
    alert: alert.alert,
    expr: `(\n${pairs.join(`\nor ${ON}\n`)}\n) / ${slo.errorBudget}`,
    ...(alert.forSeconds > 0 && { for: `${alert.forSeconds}s` }),
    ...(alert.keepFiringForSeconds > 0 && { keep_firing_for: `${alert.keepFiringForSeconds}s` }),
    labels: alertLabels(slo, alert),
    annotations: burnAnnotations(slo, alert, links, dependents),
  }
}

/** Totals have no region: `on` then compares two empty ones. */
const ON = 'on (slo, region)'

function pairExpr(slo: Subject, { scope, evidence }: BurnAlertPlan, pair: BurnPair): string {
  const long = windowSeries(slo, pair.long, scope)
  const short = windowSeries(slo, pair.short, scope)
  return [
    `  ${long.ratio} > ${pair.badRatio}`,
    `and ${ON} ${short.ratio} > ${pair.badRatio}`,
    `and ${ON} ${long.bad} >= ${evidence.minBad}`,
    `and ${ON} ${evidenceScore(slo, pair.long, scope)} > ${evidence.minScore}`,
  ].join('\n  ')
}

/**
 * How surprising the long window's k bad of n events would be if the service spent its budget b exactly:
 * n·(p·ln(p/b) + (1−p)·ln((1−p)/(1−b))), p = k/n, the log-likelihood ratio of a binomial (ln 1000 ≈ 6.9: a thousand
 * times likelier than within budget). It is symmetric in direction, but a pair's threshold is at least b, so p > b.
 */
function evidenceScore(slo: Subject, window: string, scope: Scope): string {
  const { total, ratio } = windowSeries(slo, window, scope)
  const p = `clamp_max(${ratio}, ${ALMOST_ONE})`
  return `${total} * ${ON} (${p} * ln(${p} / ${slo.errorBudget}) + (1 - ${p}) * ln((1 - ${p}) / ${slo.target}))`
}
