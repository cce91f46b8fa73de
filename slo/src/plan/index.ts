export { type Compiled, compilePlan, type SpecSource } from './compile.ts'
export { FAULT_CODES, type FaultCode, formatFault } from './fault.ts'
export { renderRecordingRules } from './render.ts'
export type * from './types.ts'
