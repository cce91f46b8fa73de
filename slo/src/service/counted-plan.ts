/** What the service needs of a plan: which events an SLO counts, from where, against which promise. */
import type { Plan, SloPlan } from '../plan/types.ts'

export type CountedSlo = Pick<
  SloPlan,
  | 'slo'
  | 'service'
  | 'displayName'
  | 'description'
  | 'owner'
  | 'revision'
  | 'target'
  | 'errorBudget'
  | 'period'
  | 'budgetingMethod'
  | 'regions'
  | 'indicator'
  | 'source'
>

export type CountedPlan = Pick<Plan, 'version'> & { slos: CountedSlo[] }

/** The ledger's budget is one of events: an SLO of time slices measured by it would show a wrong number. */
export function countable(plan: CountedPlan): { plan: CountedPlan; leftOut: string[] } {
  const counts = ({ budgetingMethod }: CountedSlo) => budgetingMethod === 'Occurrences'
  return {
    plan: { ...plan, slos: plan.slos.filter(counts) },
    leftOut: plan.slos.filter((slo) => !counts(slo)).map(({ slo }) => slo),
  }
}
