/** One case of an SLO's tests: traffic of a name, until nothing more is to be seen of it. */
import type { AlertPlan } from '@plimsoll/slo/plan'
import type { EXPLAINED } from '../explained-rule.ts'
import type { Traffic } from './traffic.ts'

/**
 * `name` becomes the region of its series, so a failed test names its case. `endSeconds` is when nothing more is to be
 * seen of it: it ends there when it runs alone.
 */
export type Case = { name: string; traffic: Traffic; endSeconds?: number }
/** Cases that may run side by side, and when the last of them ends. */
export type Cases = { cases: Case[]; endSeconds: number }

/** One alert in one case: whether its test makes it fire. `file` is the stem of the test file. */
export type AlertCheck = {
  slo: string
  file: string
  alert: AlertPlan['alert'] | typeof EXPLAINED
  severity: AlertPlan['severity'] | 'none'
  region: string
  case: string
  fires: boolean
}

export const HOUR = 3600
export const forever = Number.MAX_SAFE_INTEGER
