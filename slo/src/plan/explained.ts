/**
 * When a burn says nothing new, because what its events need burns and explains it.
 *
 * Dependency i fails a share rᵢ of what it is asked; a share wᵢ of an SLO's events needs it. Then Σ wᵢrᵢ of the SLO's
 * events fail for no fault of its own, as long as each asks once. An event may ask more often, and both sides are
 * counted at different places: twice that still counts as explained. Five events more, because counts scatter: of an
 * expected number m of any size, Poisson counts exceed 2m + 5 less than once in 3,000 times.
 *
 * A fault of its own on top is seen within minutes where it is larger than the dependency's, and else when that one is
 * over: `docs/decisions/0006-explained-burns.md`.
 */
import type { BurnAlertPlan, ExplainedPlan, SloPlan } from './types.ts'

const FACTOR = '2'
const SPARE_EVENTS = '5'
/** Long enough to hold events, and to average out that two SLOs are counted seconds apart; short enough to see change. */
const WINDOW = '30m'

/** What can explain an alert of `slo`; undefined when nothing that pages for itself can. */
export function explainedBy(
  slo: SloPlan,
  { scope }: BurnAlertPlan,
  byId: ReadonlyMap<string, SloPlan>,
): ExplainedPlan | undefined {
  const by = slo.dependsOn.flatMap(({ slo: id, weight }) => {
    const dependency = byId.get(id)
    // Nobody is woken for it, or its shares are of another kind: a minute with one failed request is a bad minute.
    if (!dependency || !pages(dependency, scope) || Boolean(dependency.slices) !== Boolean(slo.slices))
      return []
    const window = dependency.windows.find(({ name }) => name === WINDOW)
    const badRatio = scope === 'region' ? window?.regionBadRatio : window?.badRatio
    return badRatio ? [{ slo: id, weight, badRatio }] : []
  })
  return by.length > 0 ? { window: WINDOW, factor: FACTOR, spareEvents: SPARE_EVENTS, by } : undefined
}

function pages({ alerts }: SloPlan, scope: BurnAlertPlan['scope']): boolean {
  return alerts.some((alert) => alert.kind === 'burn' && alert.severity === 'page' && alert.scope === scope)
}
