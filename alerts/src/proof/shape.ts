/**
 * What the tests of an SLO depend on. SLOs of one shape have the same tests but for their names and their series, and
 * most of a thousand SLOs have the shape of another one: tests are made once for each shape.
 */
import type { AlertPlan, IndicatorPlan, RuleGroupPlan, SloPlan } from '@plimsoll/slo/plan'
import type { Series } from './event-series.ts'
import { type Feed, sourceOf } from './feed.ts'
import type { Offsets } from './later.ts'

/** Of a plan's SLO all that the cases, the feed and the definitions of its alerts may read. */
export type Shape = Pick<SloPlan, 'errorBudget' | 'period' | 'regions' | 'slices'> & {
  indicator: Pick<IndicatorPlan, 'kind'>
  series: Pick<SloPlan['series'], 'seenForSeconds'>
  /** `group` is `fast` or `slow`: evaluated every 30 seconds, or less often. */
  alerts: AlertPlan[]
  feed: Feed
  offsets?: Offsets
}

/** An SLO as its tests see it; `series` in the order of the feed's. */
export type Subject = { slo: SloPlan; shape: Shape; series: Series[] }

/** The SLOs with alerts among those of one service, whose series one event may share. */
export function subjectsOf(slos: SloPlan[], groups: RuleGroupPlan[], fastSeconds: number): Subject[] {
  const slow = new Set(groups.filter((group) => group.intervalSeconds > fastSeconds).map(({ name }) => name))
  const alerting = slos.filter(({ alerts }) => alerts.length > 0)
  const indicators = alerting.map(({ indicator }) => indicator)
  return alerting.map((slo) => {
    const { errorBudget, period, regions, slices, indicator } = slo
    const { series, ...source } = sourceOf(slo, indicators)
    const alerts = slo.alerts.map((alert) => shapeOf(alert, slow.has(alert.group) ? 'slow' : 'fast'))
    const shape = {
      errorBudget,
      period,
      regions,
      ...(slices && { slices }),
      indicator: { kind: indicator.kind },
      series: { seenForSeconds: slo.series.seenForSeconds },
      alerts,
      ...source,
    }
    return { slo, shape, series }
  })
}

/** What explains a burn is other SLOs, and has tests of its own. */
function shapeOf(alert: AlertPlan, group: 'fast' | 'slow'): AlertPlan {
  if (alert.kind !== 'burn') return { ...alert, group }
  const { explained: _, ...burn } = alert
  return { ...burn, group }
}
