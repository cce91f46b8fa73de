/**
 * `offset` in queries of specs: the rules read what happened that much earlier, so all that they derive, counts, alerts
 * and silence, comes that much later. For sources whose samples arrive late, and for counters that follow others.
 */
import { DAY, windowName } from './duration.ts'
import { metricOf } from './selector.ts'
import type { CounterTerm } from './types.ts'

/** What is older interrupts nobody in time; and rules bridge gaps and outages of a day, not of more. */
const LONGEST_SECONDS = DAY
const UNIT_MS: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
}

/** Whole seconds of what stands behind `offset`, or why there are no rules for it. */
export function parseOffset(text: string): { value: number } | { refused: string } {
  if (text.startsWith('-'))
    return { refused: `the negative offset ${text}; what has not happened yet cannot be read` }
  if (!/^(\d+(ms|[smhdwy]))+$/.test(text))
    return { refused: `the offset ${text}; write it as a duration, such as 5m` }
  const parts = [...text.matchAll(/(\d+)(ms|[smhdwy])/g)]
  const ms = parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNIT_MS[unit] ?? 0), 0)
  return ms % 1000 === 0
    ? { value: ms / 1000 }
    : { refused: `the offset ${text}; samples are told apart by whole seconds` }
}

/** Why everything an SLO counts cannot come so late; undefined when it can. */
export function tooLate(seconds: number): string | undefined {
  if (seconds <= LONGEST_SECONDS) return undefined
  return `the offset ${windowName(seconds)}, longer than ${windowName(LONGEST_SECONDS)}; alerts would come too late, and rules bridge outages of a day at most`
}

/** `selector[range] offset …`, or without a range the selector alone; `seconds` of 0 are none. */
export function readLater(selector: string, seconds: number): string {
  return seconds === 0 ? selector : `${selector} offset ${windowName(seconds)}`
}

/** A counter as Prometheus reads it, offset included. */
export function counterText({ selector, offsetSeconds = 0 }: CounterTerm): string {
  return readLater(selector, offsetSeconds)
}

/**
 * Why counters with these offsets cannot be counted together; undefined when they can. Each offset stands for a time of
 * its own, so an event has to be counted with one of them only:
 * - all series of a metric with the same, as one event is in several of them;
 * - what is subtracted with that of something it is subtracted from: a tile that held an event in one and not in the
 *   other would be below 0 or too large, and cutting it at 0 would add bad events by chance;
 * - bad events with one of the total, or a region would have failures of no requests.
 */
export function offsetsAtOdds(total: CounterTerm[], bad: CounterTerm[]): string | undefined {
  const all = [...total, ...bad]
  if (all.every(({ offsetSeconds }) => offsetSeconds === undefined)) return undefined
  for (const one of all) {
    const metric = metricOf(one.selector)
    const other = all.find((term) => metricOf(term.selector) === metric && offsetOf(term) !== offsetOf(one))
    if (other)
      return `${counterText(one)} beside ${counterText(other)}; an event would count at two times: one offset for all of ${metric}`
  }
  for (const terms of [total, bad]) {
    const added = terms.filter(({ sign }) => sign > 0)
    const alone = terms.find((term) => term.sign < 0 && !includes(added, term))
    if (alone)
      return `${counterText(alone)} subtracted from what is read at another time; an event would be in one and not yet in the other, so the same offset for both`
  }
  const late = bad.find((term) => !includes(total, term))
  return (
    late &&
    `bad events of ${counterText(late)}, read at another time than any total; the same offset for both`
  )
}

/** How much later than it happens the last of an event is counted. */
export function longestOffset(terms: CounterTerm[]): number {
  return Math.max(0, ...terms.map(offsetOf))
}

function includes(terms: CounterTerm[], term: CounterTerm): boolean {
  return terms.some((one) => offsetOf(one) === offsetOf(term))
}

function offsetOf({ offsetSeconds = 0 }: CounterTerm): number {
  return offsetSeconds
}
