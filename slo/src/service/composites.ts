/**
 * Composite SLOs from their parts, when read, as OpenSLO adds them up: with Occurrences each part burns the whole at its
 * own rate times its weight; with slices what parts miss adds up, against the budget that they have together. Of
 * Timeslices that is the most it can be: slices that are bad for two parts are counted for both. A part without data
 * leaves the composite without: a sum of the others would show a journey that nobody can make as fine.
 */
import type { CompositeStatus, SloStatus } from './schemas.ts'

export function compositesOf(slos: SloStatus[]): CompositeStatus[] {
  const names = [...new Set(slos.flatMap(({ composite }) => (composite ? [composite.slo] : [])))]
  return names.map((name) => {
    const members = slos.filter(({ composite }) => composite?.slo === name)
    const shares = sharesOf(members)
    const spent = summed(
      shares,
      members.map(({ budget }) => budget && 1 - budget.remainingRatio),
    )
    return {
      slo: name,
      parts: members.map(({ slo, composite }) => ({ slo, weight: composite?.weight ?? '1' })),
      remainingRatio: spent === null ? null : 1 - spent,
      burn: (members[0]?.burn ?? []).map(({ window, seconds }, i) => ({
        window,
        seconds,
        rate: summed(
          shares,
          members.map(({ burn }) => burn[i]?.rate),
        ),
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

function summed(shares: number[], values: (number | null | undefined)[]): number | null {
  let sum = 0
  for (const [i, share] of shares.entries()) {
    const value = values[i]
    if (value === null || value === undefined) return null
    sum += share * value
  }
  return sum
}
