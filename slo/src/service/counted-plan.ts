/** What the service needs of a plan: which events an SLO counts, from where, against which promise. */
import type { CompositePlan, Plan, SloPlan } from '../plan/types.ts'

export type CountedSlo = Pick<
  SloPlan,
  | 'slo'
  | 'service'
  | 'displayName'
  | 'description'
  | 'owner'
  | 'revision'
  | 'effectiveFromSeconds'
  | 'target'
  | 'errorBudget'
  | 'period'
  | 'budgetingMethod'
  | 'slices'
  | 'calendars'
  | 'composite'
  | 'regions'
  | 'indicator'
  | 'source'
>

export type CountedComposite = Pick<
  CompositePlan,
  'slo' | 'service' | 'displayName' | 'description' | 'owner' | 'period'
>

export type CountedPlan = Pick<Plan, 'version'> & { slos: CountedSlo[]; composites?: CountedComposite[] }
