/**
 * Calendar windows: months, quarters, years, weeks and days as the clocks of a time zone show them, so that the day on
 * which summer time begins has 23 hours. Source: OpenSLO v1, `timeWindow.calendar`.
 *
 * A window begins at `startTime` plus whole durations, counted from `startTime` each time: from 31 January on, months
 * end on 28 February and on 31 March. A local time that clocks skip means the instant as long after midnight as if they
 * had not; one that they show twice means the first (Temporal's disambiguation "compatible").
 */
import type { CalendarWindow } from '../plan/types.ts'
import { MINUTE, startOf } from './time.ts'

const DAY_MS = 86_400_000
const FIXED_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000 }
const DAYS: Record<string, number> = { d: 1, w: 7 }
const MONTHS: Record<string, number> = { M: 1, Q: 3, Y: 12 }

/** The window that holds `nowSeconds`: Unix seconds, whole minutes, half open. Before `startTime` the grid goes on. */
export function calendarWindow(calendar: CalendarWindow, nowSeconds: number): { from: number; to: number } {
  const nowMs = nowSeconds * 1000
  const begin = boundaries(calendar)
  // As if every window were as long as the first: a guess that is at most a few windows off.
  const length = begin(1) - begin(0)
  let index = Math.floor((nowMs - begin(0)) / length)
  while (begin(index) > nowMs) index--
  while (begin(index + 1) <= nowMs) index++
  return { from: startOf(MINUTE, begin(index) / 1000), to: startOf(MINUTE, begin(index + 1) / 1000) }
}

/** When the window of an index begins, Unix milliseconds; 0 is the one that begins at `startTime`. */
function boundaries({ duration, timeZone, startTime }: CalendarWindow): (index: number) => number {
  const [, digits = '', unit = ''] = /^(\d+)([smhdwMQY])$/.exec(duration) ?? []
  const count = Number(digits)
  const [day = '', time = '00:00:00'] = startTime.split(/[ T]/)
  const start = Date.parse(`${day}T${time}Z`)
  if (!(count > 0) || Number.isNaN(start))
    throw new Error(
      `calendar: saw ${duration} from ${JSON.stringify(startTime)}, expected such as 1M from "2026-01-01 00:00:00"`,
    )
  const fixed = FIXED_MS[unit]
  if (fixed !== undefined) return (index) => instantOf(start, timeZone) + index * count * fixed
  const days = DAYS[unit]
  if (days !== undefined) return (index) => instantOf(start + index * count * days * DAY_MS, timeZone)
  const months = count * (MONTHS[unit] ?? Number.NaN)
  return (index) => instantOf(addMonths(start, index * months), timeZone)
}

/** `local` is what the clocks show, as if they showed UTC. A day that the month does not have is its last one. */
function addMonths(local: number, months: number): number {
  const date = new Date(local)
  const day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + months)
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  return date.setUTCDate(Math.min(day, last))
}

function instantOf(local: number, timeZone: string): number {
  const [before = 0, after = 0] = [local - DAY_MS, local + DAY_MS].map((at) => offsetAt(at, timeZone))
  const shown = [local - before, local - after].filter((at) => at + offsetAt(at, timeZone) === local)
  return shown.length > 0 ? Math.min(...shown) : local - before
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** How far the zone's clocks are ahead of UTC at an instant, milliseconds. */
function offsetAt(instant: number, timeZone: string): number {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  formats.set(timeZone, format)
  const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0
  const shown = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  )
  return shown - Math.floor(instant / 1000) * 1000
}
