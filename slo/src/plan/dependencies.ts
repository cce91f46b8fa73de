/**
 * Dependencies between SLOs: an SLO can be no better than what its events need.
 * A ≤ ∏ (1 − wᵢ (1 − aᵢ)), w the share of events that need dependency i.
 */
import { compare, divide, multiply } from './decimal.ts'
import { explainedBy } from './explained.ts'
import { fault, warning } from './fault.ts'
import type { Fault, SloPlan } from './types.ts'

/**
 * Faults of the names. Fills in what takes more than one SLO to know: `numbers.feasibleTarget`, what explains a burn,
 * and warnings where the promises do not fit together.
 */
export function checkDependencies(slos: SloPlan[]): Fault[] {
  const byId = new Map(slos.map((slo) => [slo.slo, slo]))
  const expected = 'the id of an SLO in these specs'
  const faults = slos.flatMap(({ dependsOn, guards, writtenAt }) =>
    [
      ...dependsOn.map(({ slo }) => ({ slo, saw: `depends-on ${slo}`, fix: 'add it, or leave it out' })),
      ...guards.map(({ slo, excluded }) => ({
        slo,
        saw: `${slo} as the guard of ${excluded}`,
        fix: 'add it, or name the SLO that sees what this one leaves out',
      })),
    ]
      .filter(({ slo }) => !byId.has(slo))
      .map(({ saw, fix }) => fault('SPEC_REFERENCE', `${writtenAt}:1`, saw, expected, fix)),
  )
  if (faults.length > 0) return faults
  const cycle = findCycle(slos, byId)
  if (cycle) {
    const at = `${cycle[0]?.writtenAt ?? ''}:1`
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
