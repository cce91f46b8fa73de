/**
 * Composite SLOs from their parts, when read: the burn rate of a composite is the average of its parts' burn rates by
 * weight, so 1 spends the whole exactly in the period, and what is left of it is averaged alike. A part without data
 * leaves the composite without: an average of the others would show a journey that nobody can make as fine.
 */
import type { CompositeStatus, SloStatus } from './schemas.ts'

export function compositesOf(slos: SloStatus[]): CompositeStatus[] {
  const names = [...new Set(slos.flatMap(({ composite }) => (composite ? [composite.slo] : [])))]
  return names.map((name) => {
    const members = slos.filter(({ composite }) => composite?.slo === name)
    const parts = members.map(({ slo, composite }) => ({ slo, weight: composite?.weight ?? '1' }))
    const average = (values: (number | null | undefined)[]) => weighted(parts, values)
    return {
      slo: name,
      parts,
      remainingRatio: average(members.map(({ budget }) => budget?.remainingRatio)),
      burn: (members[0]?.burn ?? []).map(({ window, seconds }, i) => ({
        window,
        seconds,
        rate: average(members.map(({ burn }) => burn[i]?.rate)),
      })),
    }
  })
}

function weighted(parts: { weight: string }[], values: (number | null | undefined)[]): number | null {
  const weights = parts.map(({ weight }) => Number(weight))
  let sum = 0
  for (const [i, weight] of weights.entries()) {
    const value = values[i]
    if (value === null || value === undefined) return null
    sum += weight * value
  }
  return sum / weights.reduce((total, weight) => total + weight, 0)
}
