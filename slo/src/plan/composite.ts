/**
 * Composites: one SLO out of several objectives, each with an indicator of its own. What OpenSLO says of each method:
 *
 * - Occurrences: each part burns the composite's budget at the rate at which it burns its own, times its weight.
 * - RatioTimeslices: what the parts miss, times their weights, adds up to what the composite misses.
 * - Timeslices: a slice that is bad for any part is bad for the composite; weights have no meaning.
 *
 * The standard gives a composite no target. With slices its budget is what the parts may miss together. A part without
 * events in a window spends nothing there; without any the composite is unknown, not good.
 */
import { type Alerting, planAlerts } from './alerting.ts'
import { compositeNumbers, compositeTraffic } from './composite-numbers.ts'
import { compositeGroups, compositeWindows } from './composite-rules.ts'
import { add, compare, divide, multiply } from './decimal.ts'
import { fault } from './fault.ts'
import type { Path } from './read-yaml.ts'
import { SLOW_INTERVAL_SECONDS, windowsBeside } from './recording-rules.ts'
import { recorded } from './rule.ts'
import type { CompositeAlertPlan, CompositePlan, Decimal, Fault, RuleGroupPlan, SloPlan } from './types.ts'
import { type BurnPairs, burnPairs, type PairRow, type Severity } from './windows.ts'

/** What the document of the composite says beside its objectives. */
export type Asked = {
  displayName: string
  rows: PairRow[]
  alerting: Alerting
  evidenceGate: 'on' | 'off'
  forSeconds: Map<Severity, number>
  anyBadEvent: boolean
}
/** What planning an objective gave; `asked` where it has an indicator of its own. */
export type Objectives = { slo: SloPlan; locate: (path: Path) => string; asked?: Asked }[]

/** An objective as a part of the whole, which it burns at weight × its bad ratio / divisor. */
export type Part = {
  slo: SloPlan
  weight: Decimal
  divisor: Decimal
  /** Bad ratio at which it and all others alike spend the whole's budget exactly. */
  evenRatio: Decimal
}

/** What the rules of a composite are made from. */
export type CompositeInput = {
  slo: string
  service: string
  displayName: string
  owner: string
  method: SloPlan['budgetingMethod']
  period: SloPlan['period']
  slices: SloPlan['slices']
  errorBudget?: Decimal
  /** Those that the alerts of its parts, and so its own, ask for. */
  moreWindows: number[]
  parts: Part[]
}

type Composites = { composites: CompositePlan[]; groups: RuleGroupPlan[]; faults: Fault[] }

/** The composites that objectives name, in the order of their ids. An objective alone is an SLO like any other. */
export function planComposites(objectives: Objectives): Composites {
  const partsOf = new Map<string, Required<Objectives[number]>[]>()
  for (const { slo, locate, asked } of objectives) {
    const id = slo.composite?.slo
    if (asked && id !== undefined && id !== slo.slo)
      partsOf.set(id, [...(partsOf.get(id) ?? []), { slo, locate, asked }])
  }
  const ids = new Map(objectives.map(({ slo }) => [slo.slo, slo]))
  const result: Composites = { composites: [], groups: [], faults: [] }
  for (const [id, found] of [...partsOf].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [first] = found
    if (!first) continue
    const slos = found.map(({ slo }) => slo)
    const wrong = check(id, slos, ids.get(id), first.locate)
    if (wrong) result.faults.push(wrong)
    const { composite, groups } = compositeOf(id, first.slo, slos, first.asked)
    result.composites.push(composite)
    result.groups.push(...groups)
  }
  return result
}

function check(
  slo: string,
  parts: SloPlan[],
  same: SloPlan | undefined,
  locate: (path: Path) => string,
): Fault | undefined {
  if (same) {
    const at = locate(['metadata', 'name'])
    const saw = `the id ${slo} of a composite a second time (first at ${same.writtenAt})`
    return fault('SPEC_ID_DUPLICATE', at, saw, 'each id once', 'rename one')
  }
  const lengths = new Set(parts.map(({ slices }) => slices?.seconds))
  if (lengths.size === 1) return undefined
  const saw = 'objectives of a composite with timeSliceWindow of several lengths'
  const at = locate(['spec', 'objectives'])
  return fault('SPEC_TIME_SLICE', at, saw, 'one length', 'a slice is bad when it is bad for any of them')
}

function compositeOf(
  slo: string,
  first: SloPlan,
  slos: SloPlan[],
  asked: Asked,
): { composite: CompositePlan; groups: RuleGroupPlan[] } {
  const { service, owner, runbook, description, budgetingMethod, period, writtenAt, slices } = first
  const { errorBudget, parts } = divided(slos, budgetingMethod)
  const { displayName } = asked
  const shape = errorBudget === undefined ? {} : { errorBudget }
  const input: CompositeInput = {
    slo,
    service,
    displayName,
    owner,
    method: budgetingMethod,
    period,
    slices,
    moreWindows: asked.anyBadEvent ? [] : windowsBeside(period.seconds, asked.rows),
    parts,
    ...shape,
  }
  const highest = highestBurn(parts, errorBudget, budgetingMethod)
  const { anyBadEvent, evidenceGate } = asked
  const pairs = burnPairs(period.seconds, errorBudget ?? '1', anyBadEvent ? [] : asked.rows, highest)
  const windows = compositeWindows(input, evidenceGate === 'on' ? evidentIn(pairs) : [])
  const groups = compositeGroups(input, windows)
  const alerts = anyBadEvent ? [] : alertsOf(`${slo}:composite`, pairs, asked)
  const composite: CompositePlan = {
    slo,
    service,
    displayName,
    description,
    owner,
    runbook,
    writtenAt,
    budgetingMethod,
    period,
    parts: parts.map(({ slo: { slo }, weight }) => ({ slo, weight })),
    ...shape,
    highestBurnRate: highest,
    windows,
    errorBudgetRemaining: recorded('slo', 'error_budget_remaining:ratio', slo),
    info: recorded('slo', 'info', slo),
    alerts,
    numbers: compositeNumbers(parts, groups, { alerts, windows, highestBurnRate: highest }),
    warnings: pairs.warnings,
  }
  return { composite, groups }
}

/** The plan of a composite with the traffic of its parts as it was measured. */
export function compositeAtTraffic(composite: CompositePlan, slos: Map<string, SloPlan>): CompositePlan {
  const found = composite.parts.flatMap(({ slo }) => slos.get(slo) ?? [])
  const traffic = compositeTraffic(divided(found, composite.budgetingMethod).parts, composite)
  return { ...composite, numbers: { ...composite.numbers, ...(traffic && { traffic }) } }
}

/** Quotients that are not finite decimals are rounded here. */
const PLACES = 12

/** Each part's share of the whole. Of slices that are bad for any part, each part's count alike. */
function divided(
  slos: SloPlan[],
  method: SloPlan['budgetingMethod'],
): { errorBudget?: Decimal; parts: Part[] } {
  const weightOf = ({ composite }: SloPlan) => (method === 'Timeslices' ? '1' : (composite?.weight ?? '1'))
  if (method === 'Occurrences') {
    const weights = sum(slos.map(weightOf))
    const parts = slos.map((slo) => ({
      slo,
      weight: weightOf(slo),
      divisor: slo.errorBudget,
      evenRatio: divide(slo.errorBudget, weights, PLACES),
    }))
    return { parts }
  }
  const errorBudget = sum(slos.map((slo) => multiply(weightOf(slo), slo.errorBudget)))
  const parts = slos.map((slo) => ({
    slo,
    weight: weightOf(slo),
    divisor: errorBudget,
    evenRatio: slo.errorBudget,
  }))
  return { errorBudget, parts }
}

/** When everything is bad: of slices, all of the time. */
function highestBurn(
  parts: Part[],
  errorBudget: Decimal | undefined,
  method: SloPlan['budgetingMethod'],
): Decimal {
  if (errorBudget === undefined)
    return sum(parts.map(({ weight, divisor }) => divide(weight, divisor, PLACES)))
  const weights = sum(parts.map(({ weight }) => weight))
  const missed = method === 'Timeslices' || compare(weights, '1') > 0 ? '1' : weights
  return divide(missed, errorBudget, PLACES)
}

function sum(values: Decimal[]): Decimal {
  return values.reduce(add, '0')
}

function evidentIn({ page, ticket }: BurnPairs): string[] {
  return [...page, ...ticket].map(({ long }) => long)
}

/**
 * A composite is paged like an SLO in total; it has no ratio of bad events that a threshold could be. A burn has to last
 * until the next evaluation: a weight above 1, or more parts than regions, make it evident for the whole a few events
 * before it is for the part, which then still pages first and mutes it.
 */
function alertsOf(
  group: string,
  pairs: BurnPairs,
  { alerting, evidenceGate, forSeconds }: Asked,
): CompositeAlertPlan[] {
  const choices = {
    alerting,
    anyBadEvent: false,
    evidenceGate,
    forSeconds,
    whenNoData: false,
    seenForSeconds: 0,
    slices: true,
  }
  return planAlerts(choices, pairs, { page: group, slow: group }, false).map((alert): CompositeAlertPlan => {
    if (alert.kind !== 'burn') return alert
    const { evidence: _, pairs, ...rest } = alert
    const lasting = Math.max(rest.forSeconds, SLOW_INTERVAL_SECONDS)
    return { ...rest, forSeconds: lasting, pairs: pairs.map(({ badRatio: _, ...pair }) => pair) }
  })
}
