/**
 * Composites: one SLO out of several objectives, each with an indicator of its own. What OpenSLO says of each method:
 *
 * - Occurrences: each part burns the composite's budget at the rate at which it burns its own, times its weight.
 * - RatioTimeslices: what the parts miss, times their weights, adds up to what the composite misses.
 * - Timeslices: a slice that is bad for any part is bad for the composite; weights have no meaning.
 *
 * A part without events in a window spends nothing there; without any the composite is unknown, not good. Pages come
 * from the parts: the standard gives a composite no target of its own.
 */
import { windowName } from './duration.ts'
import { fault } from './fault.ts'
import { sumOfPresent } from './promql.ts'
import { SLOW_INTERVAL_SECONDS, windowSeconds } from './recording-rules.ts'
import { recorded } from './rule.ts'
import type { CompositePlan, Fault, RecordingPlan, RuleGroupPlan, SloPlan } from './types.ts'

type Composites = { composites: CompositePlan[]; groups: RuleGroupPlan[]; faults: Fault[] }

/** The composites that parts name, in the order of their ids. An objective alone is an SLO like any other. */
export function planComposites(slos: SloPlan[]): Composites {
  const partsOf = new Map<string, SloPlan[]>()
  for (const slo of slos) {
    const id = slo.composite?.slo
    if (id !== undefined && id !== slo.slo) partsOf.set(id, [...(partsOf.get(id) ?? []), slo])
  }
  const ids = new Map(slos.map((slo) => [slo.slo, slo]))
  const result: Composites = { composites: [], groups: [], faults: [] }
  for (const [slo, parts] of [...partsOf].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [first] = parts
    if (!first) continue
    const wrong = check(slo, parts, ids.get(slo))
    if (wrong) result.faults.push(wrong)
    result.composites.push(compositeOf(slo, first, parts))
    result.groups.push(groupOf(slo, first, parts))
  }
  return result
}

function check(slo: string, parts: SloPlan[], same: SloPlan | undefined): Fault | undefined {
  const at = `${parts[0]?.writtenAt ?? ''}:1`
  if (same) {
    const saw = `the id ${slo} of a composite a second time (first at ${same.writtenAt})`
    return fault('SPEC_ID_DUPLICATE', at, saw, 'each id once', 'rename one')
  }
  const lengths = new Set(parts.map(({ slices }) => slices?.seconds))
  if (lengths.size === 1) return undefined
  const saw = 'objectives of a composite with timeSliceWindow of several lengths'
  return fault('SPEC_TIME_SLICE', at, saw, 'one length', 'a slice is bad when it is bad for any of them')
}

function compositeOf(slo: string, first: SloPlan, parts: SloPlan[]): CompositePlan {
  const { service, owner, budgetingMethod, period, writtenAt } = first
  const occurrences = budgetingMethod === 'Occurrences'
  const windows = windowSeconds(period.seconds).map((seconds) => {
    const name = windowName(seconds)
    return { name, seconds, [measureOf(first)]: recorded('slo', `${NAMES[measureOf(first)]}:${name}`, slo) }
  })
  return {
    slo,
    service,
    owner,
    writtenAt,
    budgetingMethod,
    period,
    parts: parts.map((part) => ({ slo: part.slo, weight: part.composite?.weight ?? '1' })),
    windows,
    ...(occurrences && { errorBudgetRemaining: recorded('slo', 'error_budget_remaining:ratio', slo) }),
  }
}

/** With Occurrences the parts' targets give a burn rate; slices give shares of the time. */
function measureOf({ budgetingMethod }: SloPlan): 'burnRate' | 'badRatio' {
  return budgetingMethod === 'Occurrences' ? 'burnRate' : 'badRatio'
}

const NAMES = { burnRate: 'burn_rate', badRatio: 'bad_ratio' } as const

function groupOf(slo: string, first: SloPlan, parts: SloPlan[]): RuleGroupPlan {
  const { service, budgetingMethod, period, slices } = first
  const labels = { slo, service }
  const sliced = budgetingMethod === 'Timeslices' && slices !== undefined
  const step = windowName(slices?.seconds ?? 0)
  const bad = recorded('slo', `bad_events:${step}`, slo)
  const slice: RecordingPlan = { record: `slo:bad_events:${step}`, expr: anyBad(parts, step), labels }
  const windows = windowSeconds(period.seconds).map((seconds): RecordingPlan => {
    const window = windowName(seconds)
    const record = `slo:${NAMES[measureOf(first)]}:${window}`
    // A second short: Prometheus 2 would take the slice at the left edge in, Prometheus 3 not.
    const expr = sliced ? `avg_over_time(${bad}[${seconds - 1}s])` : weighted(parts, window, budgetingMethod)
    return { record, expr, labels }
  })
  const burn = recorded('slo', `burn_rate:${period.name}`, slo)
  const remaining: RecordingPlan = { record: 'slo:error_budget_remaining:ratio', expr: `1 - ${burn}`, labels }
  return {
    name: `${slo}:composite`,
    service,
    slo,
    intervalSeconds: sliced ? slices.seconds : SLOW_INTERVAL_SECONDS,
    recordings: [
      ...(sliced ? [slice] : []),
      ...windows,
      ...(budgetingMethod === 'Occurrences' ? [remaining] : []),
    ],
  }
}

function weighted(parts: SloPlan[], window: string, method: SloPlan['budgetingMethod']): string {
  const terms = parts.map(({ slo, composite, errorBudget }) => {
    const missed = `${composite?.weight ?? '1'} * ${recorded('slo', `bad_ratio:${window}`, slo)}`
    return method === 'Occurrences' ? `${missed} / ${errorBudget}` : missed
  })
  const sum = sumOfPresent('sum', terms)
  return method === 'Occurrences' ? sum : `clamp_max(${sum}, 1)`
}

function anyBad(parts: SloPlan[], step: string): string {
  const slices = parts.map(({ slo }) => recorded('slo', `bad_events:${step}`, slo))
  return `max (${slices.join(' or ')})`
}
