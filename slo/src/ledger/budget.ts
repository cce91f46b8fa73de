/**
 * The error budget: a pure function of counts, targets and time. Source: SRE Workbook, chapters 2 and 5.
 *
 *     allowedBad = Σ total × (1 − target), each minute by the promise valid then
 *     spentRatio = bad / allowedBad, remainingRatio = 1 − spentRatio (negative when overspent)
 *
 * Burn rate over a window is the spentRatio of that window: 1 spends the budget exactly in the period.
 * Decisions compare integers: bad × 10^k against Σ total × errorBudget digits. Floats only for the screen.
 */
import { digitsAt, type ExactDecimal, errorBudgetOf } from './decimal.ts'
import type { Counts, Revision } from './types.ts'

/** Counts under one promise. */
export type Segment = Counts & { target: string }

/** At risk below this share of the budget. */
export const LOW_BUDGET_RATIO = { numerator: 1n, denominator: 4n }

/**
 * - `noData`: no valid event in the window, so there is no ratio: neither 0 % nor 100 %.
 * - `exhausted`: more bad events than the promise allows (bad > allowedBad). At the line the promise is kept.
 * - `at-risk`: less than a quarter of the budget is left, or the burn rate is above 1 over both of the windows
 *   that say "now" (1 h) and "for a while" (6 h).
 * - `healthy`: everything else.
 */
export type BudgetState = 'healthy' | 'at-risk' | 'exhausted' | 'noData'

export type Budget =
  | { state: 'noData' }
  | {
      state: Exclude<BudgetState, 'noData'>
      good: number
      bad: number
      total: number
      /** The SLI, 0..1. */
      goodRatio: number
      /** Events; not an integer in general. */
      allowedBad: number
      remainingBad: number
      spentRatio: number
      remainingRatio: number
    }

/** The budget of `period`; `burnWindows` are those whose burn above 1 in all of them puts it at risk. */
export function budget(period: Segment[], burnWindows: Segment[][]): Budget {
  const exact = spending(period)
  if (exact.total === 0n) return { state: 'noData' }
  const { bad, total, allowed, unit } = exact
  const spent = bad * unit
  const allowedBad = Number(allowed) / Number(unit)
  const spentRatio = Number(spent) / Number(allowed)
  return {
    state: stateOf(exact, burnWindows),
    good: Number(total - bad),
    bad: Number(bad),
    total: Number(total),
    goodRatio: Number(total - bad) / Number(total),
    allowedBad,
    remainingBad: Number(allowed - spent) / Number(unit),
    spentRatio,
    remainingRatio: Number(allowed - spent) / Number(allowed),
  }
}

/** Speed of spending over a window, or undefined when it holds no valid event. */
export function burnRate(window: Segment[]): number | undefined {
  const { bad, total, allowed, unit } = spending(window)
  return total === 0n ? undefined : Number(bad * unit) / Number(allowed)
}

function stateOf(period: Spending, burnWindows: Segment[][]): Exclude<BudgetState, 'noData'> {
  const spent = period.bad * period.unit
  if (spent > period.allowed) return 'exhausted'
  const { numerator, denominator } = LOW_BUDGET_RATIO
  const low = (period.allowed - spent) * denominator < period.allowed * numerator
  return low || (burnWindows.length > 0 && burnWindows.every(burnsTooFast)) ? 'at-risk' : 'healthy'
}

function burnsTooFast(window: Segment[]): boolean {
  const { bad, allowed, unit } = spending(window)
  return bad * unit > allowed
}

/** `allowed` counts events times `unit` (a power of ten), so that it is an integer. */
type Spending = { bad: bigint; total: bigint; allowed: bigint; unit: bigint }

function spending(segments: Segment[]): Spending {
  const budgets: { segment: Segment; errorBudget: ExactDecimal }[] = segments.map((segment) => ({
    segment,
    errorBudget: errorBudgetOf(segment.target),
  }))
  const scale = Math.max(0, ...budgets.map(({ errorBudget }) => errorBudget.scale))
  const sum: Spending = { bad: 0n, total: 0n, allowed: 0n, unit: 10n ** BigInt(scale) }
  for (const { segment, errorBudget } of budgets) {
    const { good, total } = whole(segment)
    sum.bad += total - good
    sum.total += total
    sum.allowed += total * digitsAt(errorBudget, scale)
  }
  return sum
}

/** A difference of counters may stray outside 0 ≤ good ≤ total at the edge of a window by a few events. */
function whole({ good, total }: Counts): { good: bigint; total: bigint } {
  const all = Math.max(0, total)
  return { total: BigInt(all), good: BigInt(Math.min(Math.max(0, good), all)) }
}

/** The window [from, to) cut where the promise changes. Minutes before the first promise are under the first. */
export function promisesIn(
  revisions: Revision[],
  from: number,
  to: number,
): { target: string; from: number; to: number }[] {
  return revisions
    .map(({ target, effectiveFrom }, i) => ({
      target,
      from: i === 0 ? from : Math.max(from, effectiveFrom),
      to: Math.min(to, revisions[i + 1]?.effectiveFrom ?? to),
    }))
    .filter((segment) => segment.from < segment.to)
}
