/**
 * Which alert makes which other one redundant. A ticket never suppresses a page, and sources must carry `slo`:
 * Alertmanager takes two missing labels as equal, so an alert of another origin could otherwise silence everything.
 * What stands in `equal` decides how far a rule reaches.
 */
import type { CompositePlan, Plan, SloPlan } from '@plimsoll/slo/plan'
import { EXPLAINED } from './explained-rule.ts'

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
 * Between SLOs: a burn that what the SLO needs explains says nothing new while that one pages. Whether it does is a
 * matter of counts, which `explained-rule.ts` compares; here only its verdict counts, for the burn of that severity
 * and region. Blindness or a violated integrity is never explained by another SLO's burn.
 */
const EXPLAINED_RULES: InhibitRule[] = ['page', 'ticket'].map((severity) => ({
  source_matchers: [`alertname="${EXPLAINED}"`, `explains="${severity}"`, 'slo!=""'],
  target_matchers: [BURN, `severity="${severity}"`],
  equal: ['slo', 'service', 'region'],
}))

/** Those of a composite name its parts; which SLO needs which is in the alert rules. */
export function inhibitRules({ composites = [] }: Pick<Plan, 'composites'>): InhibitRule[] {
  const alerting = composites.filter(({ alerts }) => alerts.length > 0)
  return [...OWN_RULES, BLIND_RULE, ...EXPLAINED_RULES, ...alerting.flatMap(compositeRules)]
}

/**
 * Between a composite and its parts: the part says what is broken, and where. It fires first, because the composite is
 * recorded from it; the other way round both would have been sent before one mutes the other. Its region does not
 * matter: a composite is of all regions.
 */
function compositeRules({ slo, service, parts }: CompositePlan): InhibitRule[] {
  const own = `service="${service}"`
  const anyPart = `slo=~"${parts.map((part) => part.slo).join('|')}"`
  return [
    {
      source_matchers: [BURN, 'severity="page"', own, anyPart],
      target_matchers: [`slo="${slo}"`],
      equal: ['service'],
    },
    {
      source_matchers: ['severity="ticket"', own, anyPart],
      target_matchers: ['severity="ticket"', `slo="${slo}"`],
      equal: ['alertname', 'service'],
    },
  ]
}

/** Id of an SLO → ids of the SLOs whose burns it may explain, sorted as the plan is. */
export function dependentsById(slos: SloPlan[]): Map<string, string[]> {
  const byId = new Map<string, string[]>()
  for (const { slo: dependent, alerts } of slos) {
    const needed = alerts.flatMap((alert) => (alert.kind === 'burn' ? (alert.explained?.by ?? []) : []))
    for (const id of new Set(needed.map(({ slo }) => slo))) byId.set(id, [...(byId.get(id) ?? []), dependent])
  }
  return byId
}
