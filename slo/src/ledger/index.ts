export {
  type Budget,
  type BudgetState,
  budget,
  burnRate,
  LOW_BUDGET_RATIO,
  promisesIn,
  type Segment,
} from './budget.ts'
export { openSqliteLedger } from './sqlite.ts'
export { decompose, rollingWindow, type Tier } from './time.ts'
export type {
  Applied,
  Batch,
  CellDelta,
  CellSum,
  Counts,
  Cursor,
  Ledger,
  LedgerHealth,
  ProbeRunFilter,
  Revision,
  Slice,
} from './types.ts'
