/** One raw counter series, sample by sample: what it counted between one sample and the next, reset-aware. */
import type { Cursor } from '../../ledger/index.ts'
import { readLater } from '../../plan/offset.ts'
import type { CountedSlo } from '../counted-plan.ts'

const REGION_LABEL = 'region'
/** Region of SLOs that are not grouped by region. */
export const ALL_REGIONS = 'all'

/** What a series adds to its SLO's counts. A selector may occur in several terms: its weight is the sum of signs. */
export type Weight = { total: number; bad: number }

/** Events of one sample. `first`: there is no sample before it, and they are all that the counter ever counted. */
export type Change = { events: number; first?: boolean; smeared?: boolean; broken?: boolean }

export class CounterReader {
  readonly #series: string
  #timestampMs = Number.NEGATIVE_INFINITY
  #value = 0
  /** The last sample as a cursor; made when asked for, as most samples are only passed over. */
  #last: Cursor | undefined

  constructor(series: string, last?: Cursor) {
    this.#series = series
    this.#last = last
    if (last) {
      this.#timestampMs = last.timestampMs
      this.#value = last.value
    }
  }

  get last(): Cursor | undefined {
    if (this.#timestampMs === Number.NEGATIVE_INFINITY) return undefined
    this.#last ??= { series: this.#series, timestampMs: this.#timestampMs, value: this.#value }
    return this.#last
  }

  /** Undefined for a sample that is not newer than the last one, or holds no number. */
  next(timestampMs: number, float: number): Change | undefined {
    const [lastMs, last] = [this.#timestampMs, this.#value]
    if (timestampMs <= lastMs || !Number.isFinite(float)) return undefined
    const value = Math.round(float)
    this.#timestampMs = timestampMs
    this.#value = value
    this.#last = undefined
    if (lastMs === Number.NEGATIVE_INFINITY) return { events: value, first: true }
    const minutesApart = Math.floor(timestampMs / 60_000) - Math.floor(lastMs / 60_000)
    const restarted = value < last
    const events = restarted ? value : value - last
    return { events, smeared: minutesApart > 1 && events > 0, broken: restarted }
  }
}

type Counted = Pick<CountedSlo, 'regions' | 'indicator'>

/** Every selector the SLO counts by, once. */
export function selectorsOf({ indicator }: Counted): string[] {
  return [...new Set([...indicator.total, ...indicator.bad].map((term) => term.selector))]
}

export function weightOf({ indicator }: Counted, selector: string): Weight {
  const sum = (terms: { sign: number; selector: string }[]) =>
    terms.filter((term) => term.selector === selector).reduce((total, { sign }) => total + sign, 0)
  return { total: sum(indicator.total), bad: sum(indicator.bad) }
}

/** How much later than it happens what the selector takes is counted, seconds. */
export function offsetOf({ indicator }: Counted, selector: string): number {
  return [...indicator.total, ...indicator.bad].find((term) => term.selector === selector)?.offsetSeconds ?? 0
}

export function regionOf({ regions }: Counted, labels: Record<string, string>): string {
  return regions.length > 0 ? (labels[REGION_LABEL] ?? ALL_REGIONS) : ALL_REGIONS
}

/** A key of a series among those of its SLO. Read with another offset, its samples are at other times. */
export function seriesKey(selector: string, labels: Record<string, string>, offsetSeconds = 0): string {
  return `${readLater(selector, offsetSeconds)} ${JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))}`
}
