export { type Compiled, compilePlan, type SpecSource } from './compile.ts'
export { FAULT_CODES, type FaultCode, formatFault, WARNING_CODES, type WarningCode } from './fault.ts'
export {
  alertFirings,
  type Effect,
  type Evaluations,
  type Firing,
  firings,
  surprise,
  type View,
} from './firing.ts'
export { formatPlan } from './format-plan.ts'
export { type Measurements, measuredPlan } from './measured-plan.ts'
export { type CountedSelector, type MissingSeries, selectorsNeeded } from './missing-series.ts'
export { counterText, readLater } from './offset.ts'
export { diffPlans, formatDiff, markdownDiff, type PlanDiff } from './plan-diff.ts'
export type { Matcher } from './promql.ts'
export { SPEC_MAX_BYTES } from './read-yaml.ts'
export { PAGE_INTERVAL_SECONDS } from './recording-rules.ts'
export { renderRecordingRules } from './render.ts'
export { recordingRuns, seriesShape } from './rule-template.ts'
export { type Labels, metricOf, parseSelector, type Selector, selects, takes } from './selector.ts'
export {
  filled,
  hasPlace,
  isPhrase,
  type Names,
  type Run,
  rulesOf,
  SOME,
  type Template,
  templateOf,
} from './template.ts'
export type * from './types.ts'
