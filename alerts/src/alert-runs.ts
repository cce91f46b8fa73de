/**
 * Alert rules that SLOs of one shape share, for who prints those of thousands: rendered once for a shape, with
 * placeholders for the names.
 */
import {
  type AlertPlan,
  type BurnPair,
  hasPlace,
  type Names,
  type Plan,
  type Run,
  type SloPlan,
  SOME,
  seriesShape,
} from '@plimsoll/slo/plan'
import type { AlertRule, Named, Shape, Subject } from './alert-rule.ts'
import { alertRules } from './alert-rules.ts'
import { type AlertLinks, namedBy } from './annotations.ts'
import { byShape } from './by-shape.ts'
import { dependentsById } from './inhibition.ts'

/** Name of the plan's group → its alert rules. */
type AlertRuns = Map<string, Run<AlertRule>>
/** Rules when there is a second SLO for them: many shapes have one, and its own cost less. */
type Shared = { seen: boolean; rules?: Map<string, AlertRule[]> }

/** Those of one SLO of the plan at a time. */
export function alertRunsBySlo(plan: Plan, links: AlertLinks): (slo: SloPlan) => AlertRuns {
  const dependentsOf = dependentsById(plan.slos)
  const sharedBy = byShape<Shared>()
  const mayShare = !hasPlace(JSON.stringify(links))
  return (slo) => {
    const named = namedBy(slo)
    const dependents = dependentsOf.get(slo.slo)
    const shape = mayShare ? shapeOf(slo, named, dependents) : undefined
    const shared = shape === undefined ? undefined : sharedBy(shape, () => ({ seen: false }))
    if (!shared?.seen) {
      if (shared) shared.seen = true
      return runs(alertRules({ ...slo, ...named }, links, dependents))
    }
    shared.rules ??= alertRules(someSubject(slo, named), links, dependents)
    return runs(shared.rules, namesOf(named))
  }
}

function runs(rules: Map<string, AlertRule[]>, of?: Names): AlertRuns {
  return new Map(
    [...rules].map(([group, rules]) =>
      of ? [group.replace(SOME.slo, of[SOME.slo] ?? ''), { rules, of }] : [group, { rules }],
    ),
  )
}

/**
 * All that rules depend on beside names, as text. Undefined where nothing can be shared: the plan was not compiled here,
 * or what stands in rules reads like a placeholder, or is written otherwise than one.
 */
function shapeOf(slo: SloPlan, { topRouteExpr }: Named, dependents: string[] = []): string | undefined {
  const alerts = slo.alerts.map((alert) => alertShape(alert, slo.slo))
  const text = JSON.stringify([{ ...ownShape(slo), alerts }, topRouteExpr !== undefined, dependents])
  const recorded = seriesShape(slo)
  if (recorded === undefined || hasPlace(text) || topRouteExpr?.includes('`')) return undefined
  return recorded + text
}

/**
 * What an alert says beside its SLO's id. Without the names of fields, which are those of its kind; and which pairs,
 * instead of them: they are long, and one object for all SLOs that promise the same.
 */
function alertShape(alert: AlertPlan, slo: string): unknown[] {
  const group = alert.group.startsWith(`${slo}:`) ? alert.group.slice(slo.length) : alert.group
  return Object.values(
    alert.kind === 'burn' ? { ...alert, group, pairs: numberOf(alert.pairs) } : { ...alert, group },
  )
}

function numberOf(pairs: BurnPair[]): number {
  const number = pairNumbers.get(pairs) ?? ++pairsSeen
  pairNumbers.set(pairs, number)
  return number
}

const pairNumbers = new WeakMap<BurnPair[], number>()
let pairsSeen = 0

/** Of the SLO's shape what `seriesShape` does not hold. */
function ownShape({ target, errorBudget, period, regions, alerts, indicator }: SloPlan) {
  const { kind, good, offsetSeconds } = indicator
  return { target, errorBudget, period, regions, alerts, indicator: { kind, good, offsetSeconds } }
}

/** The SLO of that shape whose names are placeholders. */
function someSubject(slo: SloPlan, { topRouteExpr }: Named): Subject {
  const { windows, series } = slo
  const shape: Shape = JSON.parse(forSome(JSON.stringify({ ...ownShape(slo), windows, series }), slo))
  const { topRouteExpr: someRoutes, ...names } = SOME
  return { ...names, ...(topRouteExpr !== undefined && { topRouteExpr: someRoutes }), ...shape }
}

function namesOf({ slo, service, owner, displayName, runbook, dashboard, topRouteExpr }: Named): Names {
  return {
    [SOME.slo]: slo,
    [SOME.service]: service,
    [SOME.owner]: owner,
    [SOME.displayName]: displayName,
    [SOME.runbook]: runbook,
    [SOME.dashboard]: dashboard,
    ...(topRouteExpr !== undefined && { [SOME.topRouteExpr]: topRouteExpr }),
  }
}

/** JSON of a part of the plan with the placeholder where the plan has the id: in selectors and names of groups. */
function forSome(json: string, { slo }: SloPlan): string {
  return json
    .replaceAll(`slo=\\"${slo}\\"`, `slo=\\"${SOME.slo}\\"`)
    .replaceAll(`:"${slo}:`, `:"${SOME.slo}:`)
}
