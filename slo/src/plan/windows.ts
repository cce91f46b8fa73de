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
import { warning } from './fault.ts'
import type { BurnPair, Decimal, PlanWarning } from './types.ts'

export type Severity = 'page' | 'ticket'

/** Windows are counted in tiles. */
const TILE_SECONDS = 5 * MINUTE

export function isLongWindow(seconds: number, periodSeconds: number): boolean {
  return seconds % TILE_SECONDS === 0 && seconds > TILE_SECONDS && seconds <= periodSeconds
}

/** A twelfth of the long window, in whole tiles. */
export function shortWindow(longSeconds: number): number {
  return Math.ceil(longSeconds / 12 / TILE_SECONDS) * TILE_SECONDS
}

/** A pair that somebody asked for: by the share of the budget spent when it fires, or by a burn rate of their own. */
export type PairRow = { severity: Severity; longSeconds: number } & (
  | { share: Decimal }
  | { burnRate: Decimal }
)

/** The Workbook's rows: 2 % in 1 h and 5 % in 6 h page; 10 % in 1 d and 10 % in 3 d are tickets. */
export const WORKBOOK_ROWS: PairRow[] = [
  { severity: 'page', longSeconds: HOUR, share: '0.02' },
  { severity: 'page', longSeconds: 6 * HOUR, share: '0.05' },
  { severity: 'ticket', longSeconds: DAY, share: '0.1' },
  { severity: 'ticket', longSeconds: 3 * DAY, share: '0.1' },
]

/** Quotients that are not finite decimals are rounded here; the thresholds of whole-day periods never are. */
const PLACES = 12

export type BurnPairs = { page: BurnPair[]; ticket: BurnPair[]; warnings: PlanWarning[] }

const known = new Map<string, BurnPairs>()

/**
 * The pairs of one objective. `errorBudget` in (0, 1), `periodSeconds` > 0, rows shortest window first. Most of a
 * thousand SLOs promise what another does: exact decimals are reckoned once for each promise.
 * `never`: the burn when everything fails.
 */
export function burnPairs(
  periodSeconds: number,
  errorBudget: Decimal,
  rows = WORKBOOK_ROWS,
  never?: Decimal,
): BurnPairs {
  const promise = JSON.stringify([periodSeconds, errorBudget, rows, never])
  let pairs = known.get(promise)
  if (!pairs) {
    pairs = reckon(periodSeconds, errorBudget, rows, never)
    known.set(promise, pairs)
  }
  return pairs
}

function reckon(
  periodSeconds: number,
  errorBudget: Decimal,
  rows: PairRow[],
  never = divide('1', errorBudget, PLACES),
): BurnPairs {
  const result: BurnPairs = { page: [], ticket: [], warnings: [] }
  for (const row of rows) {
    const long = windowName(row.longSeconds)
    const exact =
      'burnRate' in row
        ? row.burnRate
        : divide(multiply(row.share, String(periodSeconds)), String(row.longSeconds), PLACES)
    const below = compare(exact, '1') < 0
    const burnRate = below ? '1' : exact
    if (compare(burnRate, never) >= 0) {
      const reason = `its threshold ${burnRate} is not below 1/errorBudget = ${never}, so it could never fire`
      result.warnings.push(warning('PLAN_PAIR_NEVER_FIRES', `the ${long} pair is left out: ${reason}`))
    } else {
      const shortSeconds = shortWindow(row.longSeconds)
      const spent = divide(multiply(burnRate, String(row.longSeconds)), String(periodSeconds), PLACES)
      result[below ? 'ticket' : row.severity].push({
        short: windowName(shortSeconds),
        long,
        shortSeconds,
        longSeconds: row.longSeconds,
        burnRate,
        badRatio: multiply(burnRate, errorBudget),
        budgetShare: spent,
      })
    }
    if (below) break
  }
  return result
}
