/**
 * Which alert makes which other one redundant. A ticket never suppresses a page, and sources must carry `slo`:
 * Alertmanager takes two missing labels as equal, so an alert of another origin could otherwise silence everything.
 * What stands in `equal` decides how far a rule reaches.
 */
import type { Plan, SloPlan } from '@plimsoll/slo/plan'

type InhibitRule = { source_matchers: string[]; target_matchers: string[]; equal: string[] }

const BURN = 'alertname="SLOErrorBudgetBurn"'
const REGIONAL = ['slo!=""', 'region!=""', 'region!="all"']

/** Within an SLO. */
const OWN_RULES: InhibitRule[] = [
  {
    // Somebody is awake for it: the ticket of the same SLO and region can wait.
    source_matchers: ['severity="page"', 'slo!=""'],
    target_matchers: ['severity="ticket"'],
    equal: ['slo', 'service', 'region'],
  },
  {
    // A region's alert says more than the total's. The same alert only: SLOBlind in one region must not hide that the
    // other one burns.
    source_matchers: REGIONAL,
    target_matchers: ['region="all"'],
    equal: ['alertname', 'severity', 'slo', 'service'],
  },
  {
    // A region's page makes the total's tickets redundant too.
    source_matchers: ['severity="page"', ...REGIONAL],
    target_matchers: ['severity="ticket"', 'region="all"'],
    equal: ['slo', 'service'],
  },
]

/**
 * Within a service and region: while a page says that it burns, that another of its SLOs is blind there says nothing
 * new. A service that is down answers no scrape either, and its probe has paged already.
 */
const BLIND_RULE: InhibitRule = {
  source_matchers: [BURN, 'severity="page"', ...REGIONAL],
  target_matchers: ['alertname="SLOBlind"'],
  equal: ['service', 'region'],
}

/**
 * Between SLOs: where an SLO pages because it burns, the burns of those that need it for every event say nothing new.
 * In the same region only, so that a region's alert is never hidden by the total of another service. An SLO that needs
 * it for a share of its events may burn for another reason, and blindness or a violated integrity explains no burn.
 */
export function inhibitRules(plan: Plan): InhibitRule[] {
  const byId = dependentsById(plan.slos)
  const between = plan.slos
    .map(({ slo }) => ({ slo, dependents: byId.get(slo) ?? [] }))
    .filter(({ dependents }) => dependents.length > 0)
    .map(({ slo, dependents }) => ({
      source_matchers: [BURN, 'severity="page"', `slo="${slo}"`],
      target_matchers: [BURN, `slo=~"${dependents.join('|')}"`],
      equal: ['region'],
    }))
  return [...OWN_RULES, BLIND_RULE, ...between]
}

/** Id of an SLO → ids of the SLOs whose every event needs it, sorted as the plan is. */
export function dependentsById(slos: SloPlan[]): Map<string, string[]> {
  const byId = new Map<string, string[]>()
  for (const { slo: dependent, dependsOn } of slos)
    for (const { slo, weight } of dependsOn)
      if (Number(weight) === 1) byId.set(slo, [...(byId.get(slo) ?? []), dependent])
  return byId
}
