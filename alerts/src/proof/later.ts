/**
 * Worlds of SLOs that read their series later, by the offsets of their queries: series begin so much later, and alerts
 * come so much later, that each evaluation sees what it would see without offsets, at whole steps of the world.
 */

/** Seconds: the longest of all queries, and that of each series of the feed in its order. */
export type Offsets = { longest: number; series: number[] }
type Clock = { sampleSeconds: number; stepSeconds: number }

/** How much later than without offsets everything happens: whole steps. */
export function laterSeconds(offsets: Offsets | undefined, { stepSeconds }: Clock): number {
  return offsets ? Math.ceil(offsets.longest / stepSeconds) * stepSeconds : 0
}

/** promtool's notation of a series that begins so many samples later that it is read when it has to be. */
export function begunLater(
  values: string,
  series: number,
  offsets: Offsets | undefined,
  clock: Clock,
): string {
  if (!offsets) return values
  // An evaluation reads the last sample before its offset.
  const read = Math.ceil((offsets.series[series] ?? 0) / clock.sampleSeconds)
  const missing = laterSeconds(offsets, clock) / clock.sampleSeconds - read
  return missing > 0 ? `_x${missing} ${values}` : values
}
