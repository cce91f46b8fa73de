/** Slices of time: UTC minutes, hours and days, all in Unix seconds. */

export const MINUTE = 60
export const HOUR = 3600
export const DAY = 86_400

/** Finest first: a window is cut from the outside, minutes first. */
export const TIERS = [MINUTE, HOUR, DAY] as const
export type Tier = (typeof TIERS)[number]

/** Half open: `from` ≤ start < `to`. */
export type Range = { tier: Tier; from: number; to: number }

export function startOf(tier: number, seconds: number): number {
  return Math.floor(seconds / tier) * tier
}

function ceilTo(tier: number, seconds: number): number {
  return Math.ceil(seconds / tier) * tier
}

/**
 * The window [from, to) as at most five ranges of whole slices: minutes, hours, days, hours, minutes.
 * Both edges must be whole minutes. An empty window gives no ranges.
 */
export function decompose(from: number, to: number): Range[] {
  if (from % MINUTE !== 0 || to % MINUTE !== 0)
    throw new Error(`window: saw ${from} to ${to}, expected whole minutes`)
  return cut(from, to, 0)
}

function cut(from: number, to: number, level: number): Range[] {
  const tier = TIERS[level]
  if (from >= to || tier === undefined) return []
  const coarser = TIERS[level + 1]
  if (coarser === undefined) return [{ tier, from, to }]
  const innerFrom = ceilTo(coarser, from)
  const innerTo = startOf(coarser, to)
  if (innerFrom >= innerTo) return [{ tier, from, to }]
  const edges = [
    { tier, from, to: innerFrom },
    { tier, from: innerTo, to },
  ].filter((range) => range.from < range.to)
  return [...edges, ...cut(innerFrom, innerTo, level + 1)].sort((a, b) => a.from - b.from)
}

/** The rolling window that ends with the minute of `nowSeconds`, that minute included. */
export function rollingWindow(nowSeconds: number, lengthSeconds: number): { from: number; to: number } {
  const to = startOf(MINUTE, nowSeconds) + MINUTE
  return { from: to - ceilTo(MINUTE, lengthSeconds), to }
}
