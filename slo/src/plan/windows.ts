/**
 * Multiwindow, multi-burn-rate alerts. Source: SRE Workbook, chapter 5, "Alerting on SLOs".
 *
 * The windows are the same for every period, because people know them and dashboards share them. The threshold is
 * share × period / long window. Below 1 a pair would fire while the budget lasts: the first such pair becomes a
 * ticket at exactly 1, later ones are dropped. At 1/errorBudget or above it can never fire (more than every event
 * would have to fail): it is dropped with a warning.
 */
import { compare, divide, multiply } from './decimal.ts'
import { DAY, HOUR, MINUTE, windowName } from './duration.ts'
import type { BurnPair, Decimal, PlanWarning } from './types.ts'

export type Severity = 'page' | 'ticket'

/** The Workbook's rows: 2 % in 1 h and 5 % in 6 h page; 10 % in 1 d and 10 % in 3 d are tickets. */
const ROWS: { severity: Severity; longSeconds: number; shortSeconds: number; share: Decimal }[] = [
  { severity: 'page', longSeconds: HOUR, shortSeconds: 5 * MINUTE, share: '0.02' },
  { severity: 'page', longSeconds: 6 * HOUR, shortSeconds: 30 * MINUTE, share: '0.05' },
  { severity: 'ticket', longSeconds: DAY, shortSeconds: 2 * HOUR, share: '0.1' },
  { severity: 'ticket', longSeconds: 3 * DAY, shortSeconds: 6 * HOUR, share: '0.1' },
]

/** Thresholds that are not finite decimals are rounded here; for whole-day periods they never are. */
const PLACES = 12

export type BurnPairs = { page: BurnPair[]; ticket: BurnPair[]; warnings: PlanWarning[] }

/** The pairs of one objective. `errorBudget` in (0, 1), `periodSeconds` > 0. */
export function burnPairs(periodSeconds: number, errorBudget: Decimal): BurnPairs {
  const result: BurnPairs = { page: [], ticket: [], warnings: [] }
  const never = divide('1', errorBudget, PLACES)
  for (const row of ROWS) {
    const exact = divide(multiply(row.share, String(periodSeconds)), String(row.longSeconds), PLACES)
    const fires = compare(exact, '1') >= 0
    const burnRate = fires ? exact : '1'
    const long = windowName(row.longSeconds)
    if (compare(burnRate, never) >= 0) {
      result.warnings.push({
        code: 'PLAN_PAIR_NEVER_FIRES',
        message: `the ${long} pair is left out: its threshold ${burnRate} is not below 1/errorBudget = ${never}, so it could never fire`,
      })
    } else {
      result[fires ? row.severity : 'ticket'].push({
        short: windowName(row.shortSeconds),
        long,
        shortSeconds: row.shortSeconds,
        longSeconds: row.longSeconds,
        burnRate,
        badRatio: multiply(burnRate, errorBudget),
        budgetShare: fires ? row.share : divide(String(row.longSeconds), String(periodSeconds), PLACES),
      })
    }
    if (!fires) break
  }
  return result
}
