/** Faults: what is wrong in what somebody wrote. They are gathered and reported together; any fault means no plan. */
import type { Fault, PlanWarning } from './types.ts'

/** Every code, stable for ever; `slo/ERRORS.md` says what each means and what to do about it. */
export const FAULT_CODES = [
  'PLAN_NO_PAGE_POSSIBLE',
  'SPEC_ANNOTATION_MISSING',
  'SPEC_ANNOTATION_UNKNOWN',
  'SPEC_ANNOTATION_VALUE',
  'SPEC_CYCLE',
  'SPEC_FIELD_MISSING',
  'SPEC_FIELD_UNKNOWN',
  'SPEC_FIELD_VALUE',
  'SPEC_ID_DUPLICATE',
  'SPEC_KIND_UNKNOWN',
  'SPEC_LATENCY_THRESHOLD',
  'SPEC_NOTHING',
  'SPEC_NOT_FOUND',
  'SPEC_NOT_SUPPORTED',
  'SPEC_NOT_UTF8',
  'SPEC_QUERY',
  'SPEC_REFERENCE',
  'SPEC_TARGET_RANGE',
  'SPEC_TIME_SLICE',
  'SPEC_TOO_LARGE',
  'SPEC_UNREADABLE',
  'SPEC_WINDOW',
  'SPEC_YAML',
] as const
export type FaultCode = (typeof FAULT_CODES)[number]

/** What may be unwise, yet leaves a plan. */
export const WARNING_CODES = [
  'PLAN_BUCKET_MISSING',
  'PLAN_DEPENDENCY_INFEASIBLE',
  'PLAN_EXTRA_NINE',
  'PLAN_LABEL_MISSING',
  'PLAN_NOTIFICATION_TARGET',
  'PLAN_PAIR_NEVER_FIRES',
  'PLAN_RETENTION',
  'PLAN_SERIES_MISSING',
  'PLAN_STARVED',
  'PLAN_WINDOW_DEFAULT',
] as const
export type WarningCode = (typeof WARNING_CODES)[number]

export function warning(code: WarningCode, message: string): PlanWarning {
  return { code, message }
}

/** A fault of one of our codes. */
export function fault(code: FaultCode, at: string, saw: string, expected: string, fix: string): Fault {
  return { code, at, saw, expected, fix }
}

/** `file:line:column: CODE: saw …, expected …; fix`, on one line. */
export function formatFault({ code, at, saw, expected, fix }: Fault): string {
  return `${at}: ${code}: saw ${saw}, expected ${expected}; ${fix}`
}

/** A value as a message shows it: short, on one line, without control characters. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  // JSON has no word for infinity.
  // Between quotes, spaces and line ends around a text are seen.
  const padded = typeof value === 'string' && value !== value.trim() && value.trim() !== ''
  const text = typeof value === 'object' || padded ? JSON.stringify(value) : String(value)
  const printable = text.replace(/[\p{C}\s]+/gu, ' ').trim()
  if (printable === '') return 'an empty text'
  // No half of a character is left at the cut.
  return printable.length > 80 ? `${printable.slice(0, 77).replace(/[\uD800-\uDBFF]$/, '')}…` : printable
}
