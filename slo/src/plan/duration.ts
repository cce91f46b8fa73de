/** Durations as OpenSLO ("28d", "1w", "1M") and PromQL ("5m") write them. */

export const MINUTE = 60
export const HOUR = 3600
export const DAY = 86_400

/** Months, quarters and years have no fixed length; rules use the nearest whole number of days. */
const UNIT_SECONDS: Record<string, number> = {
  s: 1,
  m: MINUTE,
  h: HOUR,
  d: DAY,
  w: 7 * DAY,
  M: 30 * DAY,
  Q: 90 * DAY,
  Y: 365 * DAY,
}

/** Seconds of an OpenSLO duration-shorthand; undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
  const match = /^([1-9]\d{0,5})([smhdwMQY])$/.exec(text)
  if (!match) return undefined
  const [, count, unit] = match
  return Number(count) * (UNIT_SECONDS[unit ?? ''] ?? Number.NaN)
}

/** The name of a window in series and dashboards: whole days, else hours, else minutes ("28d", "6h", "5m"). */
export function windowName(seconds: number): string {
  if (seconds % DAY === 0) return `${seconds / DAY}d`
  if (seconds % HOUR === 0) return `${seconds / HOUR}h`
  if (seconds % MINUTE === 0) return `${seconds / MINUTE}m`
  return `${seconds}s`
}
