/** The plan's recording rules by rule group, in evaluation order. Alert rules of a group come after them. */
import type { Plan, RecordingPlan } from './types.ts'

export function renderRecordingRules(plan: Plan): Map<string, RecordingPlan[]> {
  return new Map(plan.groups.map(({ name, recordings }) => [name, recordings]))
}
