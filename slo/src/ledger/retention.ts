/** How long counts are kept, by what holds them. Days are kept for ever. */
import { DAY } from './time.ts'

/** Minutes outlive the usual rolling window (28 d), so that its old edge stays exact. */
export const RETENTION_SECONDS = {
  minutes: 35 * DAY,
  hours: 400 * DAY,
  cursors: 35 * DAY,
  quarantine: 35 * DAY,
}
