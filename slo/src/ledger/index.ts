export {
  type Budget,
  type BudgetState,
  budget,
  burnRate,
  LOW_BUDGET_RATIO,
  promisesIn,
  type Segment,
} from './budget.ts'
export { calendarWindow } from './calendar.ts'
export { RETENTION_SECONDS } from './retention.ts'

export { openSqliteLedger } from './sqlite.ts'
export { decompose, HOUR, MINUTE, rollingWindow, startOf, type Tier } from './time.ts'
export { sliceUnit } from './time-slices.ts'
export type {
  Applied,
  Batch,
  CellDelta,
  CellSum,
  Counts,
  Cursor,
  Keep,
  Ledger,
  LedgerHealth,
  ProbePair,
  ProbeRunFilter,
  Promised,
  Revision,
  Selection,
  Slice,
  TimeSlices,
} from './types.ts'
