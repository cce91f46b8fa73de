/** Alerts that are not about the burn: one event too many, nothing is seen, traffic is gone, the budget is spent. */
import type { ConditionAlertPlan } from '@plimsoll/slo/plan'
import {
  type AlertRule,
  alertLabels,
  budgetRemaining,
  type Subject,
  windowSeries,
  withMatcher,
} from './alert-rule.ts'
import { type AlertLinks, conditionAnnotations } from './annotations.ts'

/** The tile: recorded every 30 s, so the freshest view there is. */
const TILE = '5m'
/**
 * How long one bad event keeps alerting. The window sees it with the tile that does, also when its series is born with
 * it, and still does when evaluations were missed for up to an hour.
 */
const INTEGRITY_WINDOW = '1h'

export function conditionRule(slo: Subject, alert: ConditionAlertPlan, links: AlertLinks): AlertRule {
  return {
    alert: alert.alert,
    expr: conditionExpr(slo, alert),
    ...(alert.forSeconds > 0 && { for: `${alert.forSeconds}s` }),
    labels: alertLabels(slo, alert),
    annotations: conditionAnnotations(slo, alert, links),
  }
}

function conditionExpr(slo: Subject, alert: ConditionAlertPlan): string {
  switch (alert.kind) {
    case 'any-bad-event':
      return `${windowSeries(slo, INTEGRITY_WINDOW, alert.scope).bad} > 0`
    case 'blind':
      return blindExpr(slo, alert)
    case 'exhausted':
      // Without events in the period there is no ratio, and nothing fires.
      return `${budgetRemaining(slo, alert.scope)} <= 0`
    case 'traffic-gone':
      return trafficGoneExpr(slo, alert)
  }
}

/**
 * `absent` of one selector fires for a region that was never seen as well, with its labels from the matchers.
 * Right after a start of Prometheus everything is absent: that counts only where rules were evaluated as long ago as a
 * sample is seen, so that both what stops and what never comes alert after ten minutes. With an offset nothing can be seen
 * for that much longer.
 * A service may be idle (its counters stand still: that is SLOTrafficGone's), but a probe runs on a schedule: probes
 * that end without a verdict about their target, or not at all, leave us as blind as no series.
 */
function blindExpr(slo: Subject, { scope }: ConditionAlertPlan): string {
  const { seen, regionSeen, seenForSeconds } = slo.series
  const expected =
    scope === 'region' ? slo.regions.map((region) => withMatcher(regionSeen, 'region', region)) : [seen]
  const silent = slo.indicator.kind === 'probe' ? expected.map((selector) => `${selector} == 0`) : []
  const unseen = [...expected.map((selector) => `absent(${selector})`), ...silent].join('\nor ')
  const since = seenForSeconds + (slo.indicator.offsetSeconds ?? 0)
  return `(\n${unseen}\n)\nand on () ${slo.series.objective} offset ${since}s`
}

/**
 * Traffic is there to be counted, but under 5 % of what it was yesterday at this time, when it was at least 60 events
 * an hour, which is 15 in 15 minutes. Three tiles of 5 minutes; one second short, because Prometheus 2 counts both
 * edges of a range.
 */
function trafficGoneExpr(slo: Subject, { scope }: ConditionAlertPlan): string {
  const events = `sum_over_time(${windowSeries(slo, TILE, scope).total}[14m59s:${TILE}])`
  const yesterday = events.replace(/\)$/, ' offset 1d)')
  return `${events} < 0.05 * ${yesterday}\nand ${yesterday} >= 15`
}
