/**
 * Alert rules that SLOs of one shape share, for who prints those of thousands: rendered once for a shape, with
 * placeholders for the names.
 */
import {
  hasPlace,
  type Names,
  type Plan,
  type Run,
  type SloPlan,
  SOME,
  seriesShape,
} from '@plimsoll/slo/plan'
import type { AlertRule, Shape } from './alert-rule.ts'
import { alertRules } from './alert-rules.ts'
import { type AlertLinks, dashboardUid } from './annotations.ts'
import { byShape } from './by-shape.ts'
import { dependentsById } from './inhibition.ts'

/** Name of the plan's group → its alert rules. */
type AlertRuns = Map<string, Run<AlertRule>>

/** Those of one SLO of the plan at a time. */
export function alertRunsBySlo(plan: Plan, links: AlertLinks): (slo: SloPlan) => AlertRuns {
  const dependentsOf = dependentsById(plan.slos)
  const ofShape = byShape<Map<string, AlertRule[]>>()
  return (slo) => {
    const dashboard = dashboardUid(slo.slo)
    const dependents = dependentsOf.get(slo.slo)
    const { target, errorBudget, period, regions, alerts, indicator } = slo
    const { kind, good, topRouteExpr } = indicator
    const own = { target, errorBudget, period, regions, alerts, indicator: { kind, good, topRouteExpr } }
    const text = JSON.stringify({ ...own, dependents, links })
    const recorded = seriesShape(slo)
    if (recorded === undefined || hasPlace(text)) {
      return runs(alertRules({ ...slo, dashboard }, links, dependents))
    }
    const rules = ofShape(recorded + forSome(text, slo), () => {
      const { windows, series } = slo
      const shape = JSON.parse(forSome(JSON.stringify({ ...own, windows, series }), slo)) as Shape
      return alertRules({ ...SOME, ...shape }, links, dependents)
    })
    return runs(rules, namesOf(slo, dashboard))
  }
}

function namesOf({ slo, service, owner, displayName, runbook }: SloPlan, dashboard: string): Names {
  return {
    [SOME.slo]: slo,
    [SOME.service]: service,
    [SOME.owner]: owner,
    [SOME.displayName]: displayName,
    [SOME.runbook]: runbook,
    [SOME.dashboard]: dashboard,
  }
}

/** JSON of a part of the plan with the placeholder where the plan has the id: in selectors and names of groups. */
function forSome(json: string, { slo }: SloPlan): string {
  return json
    .replaceAll(`slo=\\"${slo}\\"`, `slo=\\"${SOME.slo}\\"`)
    .replaceAll(`:"${slo}:`, `:"${SOME.slo}:`)
}

function runs(rules: Map<string, AlertRule[]>, of?: Names): AlertRuns {
  return new Map(
    [...rules].map(([group, rules]) =>
      of ? [group.replace(SOME.slo, of[SOME.slo] ?? ''), { rules, of }] : [group, { rules }],
    ),
  )
}
