/**
 * Composite SLOs from their parts, when read, as OpenSLO adds them up: with Occurrences each part burns the whole at its
 * own rate times its weight; with slices what parts miss adds up, against the budget that they have together. Of
 * Timeslices that is the most it can be: slices that are bad for two parts are counted for both. A part without data
 * leaves the composite without: a sum of the others would show a journey that nobody can make as fine.
 */
import { LOW_BUDGET_RATIO } from '../ledger/index.ts'
import type { CountedComposite } from './counted-plan.ts'
import type { CompositeStatus, SloStatus } from './schemas.ts'
import { BURN_WINDOWS } from './status.ts'

type Part = CompositeStatus['parts'][number]
type Burn = CompositeStatus['burn']

/** Those of the plan, each with the parts that `slos` has of it. */
export function compositesOf(composites: CountedComposite[] = [], slos: SloStatus[]): CompositeStatus[] {
  return composites.map(({ slo, service, displayName, description, owner, period }) => {
    const parts = partsOf(slos.filter(({ composite }) => composite?.slo === slo))
    const spent = sum(parts.map(({ spentRatio }) => spentRatio))
    const burn = (parts[0]?.burn ?? []).map(({ window, seconds }, i) => ({
      window,
      seconds,
      rate: sum(parts.map((part) => part.burn[i]?.rate ?? null)),
    }))
    const remainingRatio = spent === null ? null : 1 - spent
    const whole = { slo, service, displayName, description, owner, window: period }
    return { ...whole, state: stateOf(remainingRatio, burn), parts, remainingRatio, burn }
  })
}

function partsOf(members: SloStatus[]): Part[] {
  const shares = sharesOf(members)
  return members.map(({ slo, displayName, state, composite, budget, burn }, i) => {
    const share = shares[i] ?? 1
    return {
      slo,
      displayName,
      weight: composite?.weight ?? '1',
      state,
      spentRatio: budget && share * (1 - budget.remainingRatio),
      burn: burn.map(({ window, seconds, rate }) => ({
        window,
        seconds,
        rate: rate === null ? null : share * rate,
      })),
    }
  })
}

/** How much of the whole's budget each part spends when it spends all of its own. */
function sharesOf(members: SloStatus[]): number[] {
  const weights = members.map(({ composite, slices }) =>
    slices?.goodRatio === undefined ? Number(composite?.weight ?? 1) : 1,
  )
  if (members.every(({ slices }) => slices === undefined)) return weights
  const budgets = members.map(({ objective }, i) => (weights[i] ?? 1) * Number(objective.errorBudget))
  const all = budgets.reduce((sum, one) => sum + one, 0)
  return budgets.map((one) => one / all)
}

/** As of an SLO, but of ratios: parts count different events, so that there is no integer to compare. */
function stateOf(remainingRatio: number | null, burn: Burn): CompositeStatus['state'] {
  if (remainingRatio === null) return 'noData'
  if (remainingRatio < 0) return 'exhausted'
  const deciding = BURN_WINDOWS.filter(({ decidesState }) => decidesState).map(({ window }) => window)
  const isFast = burn.filter(({ window }) => deciding.includes(window)).every(({ rate }) => (rate ?? 0) > 1)
  const { numerator, denominator } = LOW_BUDGET_RATIO
  return isFast || remainingRatio < Number(numerator) / Number(denominator) ? 'at-risk' : 'healthy'
}

/** Null when one is missing. */
function sum(values: (number | null)[]): number | null {
  return values.reduce((all, value) => (all === null || value === null ? null : all + value), 0)
}
