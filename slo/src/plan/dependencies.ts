/**
 * Dependencies between SLOs: an SLO can be no better than what its events need.
 * A ≤ ∏ (1 − wᵢ (1 − aᵢ)), w the share of events that need dependency i.
 */
import { ANNOTATIONS } from './annotations.ts'
import { compare, divide, multiply } from './decimal.ts'
import { explainedBy } from './explained.ts'
import { type FaultCode, fault, warning } from './fault.ts'
import type { Path } from './read-yaml.ts'
import type { Fault, SloPlan } from './types.ts'

type Located = { slo: SloPlan; locate: (path: Path) => string }

/**
 * Faults of the names. Fills in what takes more than one SLO to know: `numbers.feasibleTarget`, what explains a burn,
 * and warnings where the promises do not fit together.
 */
export function checkDependencies(located: Located[]): Fault[] {
  const slos = located.map(({ slo }) => slo)
  const byId = new Map(slos.map((slo) => [slo.slo, slo]))
  const faults = located.flatMap((one) => unknownNames(one, byId))
  if (faults.length > 0) return faults
  const cycle = findCycle(slos, byId)
  if (cycle) {
    const first = located.find(({ slo }) => slo === cycle[0])
    const at = first?.locate(['metadata', 'annotations', ANNOTATIONS.dependsOn.name]) ?? ''
    const saw = `the cycle ${cycle.map((slo) => slo.slo).join(' → ')}`
    return [fault('SPEC_CYCLE', at, saw, 'dependencies without a way back', 'remove one of them')]
  }
  for (const slo of slos) {
    judge(slo, byId)
    for (const alert of slo.alerts) {
      const explained = alert.kind === 'burn' ? explainedBy(slo, alert, byId) : undefined
      if (alert.kind === 'burn' && explained) alert.explained = explained
    }
  }
  return []
}

function unknownNames({ slo, locate }: Located, byId: ReadonlyMap<string, SloPlan>): Fault[] {
  const { dependsOn, guards } = slo
  if (dependsOn.length === 0 && guards.length === 0) return []
  const refuse = (annotation: string, code: FaultCode, saw: string, expected: string, fix: string) =>
    fault(code, locate(['metadata', 'annotations', annotation]), saw, expected, fix)
  const partsOf = (id: string) => [...byId.values()].filter(({ composite }) => composite?.slo === id)
  const unknown = 'the id of an SLO in these specs'
  return [
    ...dependsOn
      .filter((one) => !byId.has(one.slo))
      .map((one) => {
        const saw = `depends-on ${one.slo}`
        const parts = partsOf(one.slo).map((part) => part.slo)
        if (parts.length === 0) {
          const fix = addOr(one.slo, byId, 'leave it out')
          return refuse(ANNOTATIONS.dependsOn.name, 'SPEC_REFERENCE', saw, unknown, fix)
        }
        // What explains a burn, and what is feasible, is a share of bad events, which a composite may not have.
        const fix = `name its parts: ${parts.join(', ')}`
        const expected = 'SLOs with one indicator'
        return refuse(ANNOTATIONS.dependsOn.name, 'SPEC_NOT_SUPPORTED', `${saw}, a composite`, expected, fix)
      }),
    ...guards
      .filter((one) => !byId.has(one.slo) && partsOf(one.slo).length === 0)
      .map((one) => {
        const saw = `${one.slo} as the guard of ${one.excluded}`
        const fix = addOr(one.slo, byId, 'name the SLO that sees what this one leaves out')
        return refuse(ANNOTATIONS.guards.name, 'SPEC_REFERENCE', saw, unknown, fix)
      }),
  ]
}

/** An SLO with several objectives has an id for each. */
function addOr(id: string, byId: ReadonlyMap<string, SloPlan>, otherwise: string): string {
  const objectives = [...byId.keys()].filter((known) => known.startsWith(`${id}-`)).slice(0, 5)
  return objectives.length > 0 ? `perhaps ${objectives.join(', ')}` : `add it, or ${otherwise}`
}

function judge(slo: SloPlan, byId: Map<string, SloPlan>): void {
  if (slo.dependsOn.length === 0) return
  let feasible = 1
  for (const { slo: id, weight } of slo.dependsOn) {
    const dependency = byId.get(id)
    if (!dependency) continue
    const need = multiply(weight, dependency.errorBudget)
    feasible *= 1 - Number(need)
    // "The rule of the extra 9": a dependency should spend at most a tenth of the budget (Treynor et al., 2017).
    if (compare(multiply(need, '10'), slo.errorBudget) > 0) {
      const share = divide(multiply(need, '100'), slo.errorBudget, 1)
      const text = `${id} at its target alone may spend ${share} % of the budget; the rule of the extra 9 allows 10 %`
      slo.warnings.push(warning('PLAN_EXTRA_NINE', text))
    }
  }
  slo.numbers.feasibleTarget = Number(feasible.toFixed(9))
  if (feasible < Number(slo.target)) {
    const text = `with every dependency just at its target, at most ${slo.numbers.feasibleTarget} is possible, not ${slo.target}`
    slo.warnings.push(warning('PLAN_DEPENDENCY_INFEASIBLE', text))
  }
}

/** The first cycle, from its start back to its start. */
function findCycle(slos: SloPlan[], byId: Map<string, SloPlan>): SloPlan[] | undefined {
  const done = new Set<string>()
  const visit = (slo: SloPlan, path: SloPlan[]): SloPlan[] | undefined => {
    const start = path.indexOf(slo)
    if (start >= 0) return [...path.slice(start), slo]
    if (done.has(slo.slo)) return undefined
    for (const { slo: id } of slo.dependsOn) {
      const next = byId.get(id)
      const cycle = next && visit(next, [...path, slo])
      if (cycle) return cycle
    }
    done.add(slo.slo)
    return undefined
  }
  for (const slo of slos) {
    const cycle = visit(slo, [])
    if (cycle) return cycle
  }
  return undefined
}
