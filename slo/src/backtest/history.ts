/**
 * What happened, as counts of events by evaluation step and region: all that a replay needs. Held as prefix sums, so
 * that the count of any window is a difference of two of them, however long it is.
 */
import { subtract } from '../plan/decimal.ts'
import type { View } from '../plan/firing.ts'
import type { SloPlan } from '../plan/types.ts'
import { ALL_REGIONS, type Change, type Weight } from '../service/sources/counter-reader.ts'

/** Index i holds the sum over the first i steps. */
type Sums = { total: Float64Array; bad: Float64Array; samples: Float64Array }

export type History = {
  /** Unix seconds; the first step ends one step later. */
  startSeconds: number
  endSeconds: number
  stepSeconds: number
  /** By region; `all` when the SLO has none. */
  regions: Map<string, Sums>
  /** Over all regions. */
  whole: Sums
}

/** Length of a step: rules that page are evaluated this often. */
export const STEP_SECONDS = 30
/**
 * Series that are there this soon have an unknown past: they are starting points. Later ones were born, and count from
 * 0. The recording rules tell the two apart in the same way.
 */
const SETTLED_SECONDS = 420

/** Longest history: 1,152,000 steps. */
export const LONGEST_HISTORY_SECONDS = 400 * 86_400
/** Each costs memory for every step; nobody has so many, so the label is not one of regions. */
const MOST_REGIONS = 200

type Birth = { cells: Cells; weight: Weight; timestampMs: number; events: number }

/** Takes changes of counters in any order; those outside of `bounds` are left out. */
export class HistoryBuilder {
  readonly #fromMs: number
  readonly #toMs: number
  readonly #regions = new Map<string, Cells>()
  readonly #births: Birth[] = []
  #firstMs = Number.POSITIVE_INFINITY
  #first = Number.POSITIVE_INFINITY
  #last = Number.NEGATIVE_INFINITY

  constructor(bounds = { fromSeconds: Number.NEGATIVE_INFINITY, toSeconds: Number.POSITIVE_INFINITY }) {
    this.#fromMs = bounds.fromSeconds * 1000
    this.#toMs = bounds.toSeconds * 1000
  }

  /** Throws when samples are too far apart or have too many regions. */
  add(region: string, weight: Weight, timestampMs: number, { events, first }: Change): void {
    if (timestampMs <= this.#fromMs || timestampMs > this.#toMs) return
    const cells = this.#regions.get(region) ?? this.#born(region)
    // Only the total says that the source reported.
    if (weight.total !== 0) cells.add(this.#stepOf(timestampMs), 'samples', 1)
    if (first) this.#births.push({ cells, weight, timestampMs, events })
    else if (events !== 0) this.#count(cells, weight, timestampMs, events)
    if (timestampMs < this.#firstMs) this.#firstMs = timestampMs
  }

  /** Undefined when there was no sample at all. */
  build(): History | undefined {
    const settledMs = this.#firstMs + SETTLED_SECONDS * 1000
    for (const { cells, weight, timestampMs, events } of this.#births.splice(0))
      if (timestampMs > settledMs) this.#count(cells, weight, timestampMs, events)
    const [first, last] = [this.#first, this.#last]
    if (first > last) return undefined
    const regions = [...this.#regions]
      .map(([region, cells]) => [region, cells.sums(first, last)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return {
      startSeconds: (first - 1) * STEP_SECONDS,
      endSeconds: last * STEP_SECONDS,
      stepSeconds: STEP_SECONDS,
      regions: new Map(regions),
      whole: wholeOf(
        regions.map(([, sums]) => sums),
        last - first + 2,
      ),
    }
  }

  #count(cells: Cells, weight: Weight, timestampMs: number, events: number): void {
    const step = this.#stepOf(timestampMs)
    if (weight.total !== 0) cells.add(step, 'total', weight.total * events)
    if (weight.bad !== 0) cells.add(step, 'bad', weight.bad * events)
  }

  /** A sample belongs to the first evaluation that sees it. */
  #stepOf(timestampMs: number): number {
    const step = Math.ceil(timestampMs / (STEP_SECONDS * 1000))
    if (step < this.#first) this.#first = step
    if (step > this.#last) this.#last = step
    const seconds = (this.#last - this.#first) * STEP_SECONDS
    if (seconds > LONGEST_HISTORY_SECONDS) {
      const days = Math.ceil(seconds / 86_400)
      throw new Error(`history: saw samples over ${days} days, expected at most 400; give a shorter range`)
    }
    return step
  }

  #born(region: string): Cells {
    if (this.#regions.size >= MOST_REGIONS)
      throw new Error(`history: saw more than ${MOST_REGIONS} regions, expected a label of few values`)
    const cells = new Cells()
    this.#regions.set(region, cells)
    return cells
  }
}

const PAGE_STEPS = 86_400 / STEP_SECONDS
const COUNTS = ['total', 'bad', 'samples'] as const
const PLACE = { total: 0, bad: PAGE_STEPS, samples: 2 * PAGE_STEPS }

/** Counts of one region by step, in pages of a day: samples come in any order, and most series one after the other. */
class Cells {
  readonly #pages = new Map<number, Float64Array>()
  #number = Number.NaN
  #page: Float64Array = new Float64Array()

  add(step: number, count: keyof typeof PLACE, by: number): void {
    const number = Math.floor(step / PAGE_STEPS)
    if (number !== this.#number) this.#turnTo(number)
    const at = PLACE[count] + step - number * PAGE_STEPS
    this.#page[at] = (this.#page[at] ?? 0) + by
  }

  sums(first: number, last: number): Sums {
    const length = last - first + 2
    const sums = {
      total: new Float64Array(length),
      bad: new Float64Array(length),
      samples: new Float64Array(length),
    }
    for (const [number, page] of this.#pages) {
      const [from, to] = [Math.max(first, number * PAGE_STEPS), Math.min(last, (number + 1) * PAGE_STEPS - 1)]
      const start = from - number * PAGE_STEPS
      for (const count of COUNTS) {
        const values = page.subarray(PLACE[count] + start, PLACE[count] + start + to - from + 1)
        sums[count].set(values, from - first + 1)
      }
    }
    for (const count of COUNTS) accumulate(sums[count])
    return sums
  }

  #turnTo(number: number): void {
    this.#number = number
    this.#page = this.#pages.get(number) ?? new Float64Array(COUNTS.length * PAGE_STEPS)
    this.#pages.set(number, this.#page)
  }
}

function accumulate(values: Float64Array): void {
  for (let i = 1; i < values.length; i++) values[i] = (values[i - 1] ?? 0) + (values[i] ?? 0)
}

function wholeOf(parts: Sums[], length: number): Sums {
  const [only] = parts
  return parts.length === 1 && only ? only : added(parts, length)
}

/**
 * The same history in time slices: an event is then a slice, bad when too few of its events were good, or with no
 * `goodRatio` bad by their share. A slice without events is neither. Slices begin at whole multiples of their length,
 * where the rules have one at each evaluation: alerts may come up to a slice earlier or later.
 */
export function inSlices(history: History, slices: NonNullable<SloPlan['slices']>): History {
  const { startSeconds, endSeconds, stepSeconds, regions, whole } = history
  const first = Math.floor(startSeconds / slices.seconds) * slices.seconds
  const badRatio = Number(subtract('1', slices.goodRatio ?? '0'))
  const convert = (sums: Sums): Sums => {
    const total = new Float64Array(sums.total.length)
    const bad = new Float64Array(sums.bad.length)
    const index = (seconds: number) => Math.max(0, (seconds - startSeconds) / stepSeconds)
    for (let start = first; start + slices.seconds <= endSeconds; start += slices.seconds) {
      const [from, to] = [index(start), index(start + slices.seconds)]
      const events = (sums.total[to] ?? 0) - (sums.total[from] ?? 0)
      const share = ((sums.bad[to] ?? 0) - (sums.bad[from] ?? 0)) / events
      if (!(events > 0)) continue
      total[to] = 1
      bad[to] = slices.goodRatio === undefined ? share : share > badRatio ? 1 : 0
    }
    accumulate(total)
    accumulate(bad)
    return { total, bad, samples: sums.samples }
  }
  const converted = new Map([...regions].map(([region, sums]) => [region, convert(sums)]))
  const [only] = converted.values()
  // The total of several regions has as many slices as they have together.
  const all =
    converted.size === 1 && only
      ? only
      : { ...added([...converted.values()], whole.total.length), samples: whole.samples }
  return { ...history, regions: converted, whole: all }
}

/** What the rules of one region see, or of the total (`all`). Windows end at whole steps. */
export function viewOf(history: History, region: string): View {
  const { startSeconds, stepSeconds } = history
  const { total, bad, samples } = sumsOf(history, region)
  const last = total.length - 1
  const at = (seconds: number) =>
    Math.min(Math.max(Math.floor((seconds - startSeconds) / stepSeconds), 0), last)
  const between = (values: Float64Array, from: number, to: number) => (values[to] ?? 0) - (values[from] ?? 0)
  return {
    events: (seconds, windowSeconds) => {
      const [from, to] = [at(seconds - windowSeconds), at(seconds)]
      // Two counters that restart in one step can each lose a little: never less than none.
      return {
        total: Math.max(0, between(total, from, to)),
        bad: Math.max(0, between(bad, from, to)),
      }
    },
    scraped: (seconds, withinSeconds) => between(samples, at(seconds - withinSeconds), at(seconds)) > 0,
  }
}

/** A region that was never seen has no events and no samples. */
function sumsOf({ regions, whole, startSeconds, endSeconds, stepSeconds }: History, region: string): Sums {
  if (region === ALL_REGIONS) return whole
  return regions.get(region) ?? added([], (endSeconds - startSeconds) / stepSeconds + 1)
}

function added(parts: Sums[], length: number): Sums {
  const sum = (count: keyof Sums) => {
    const values = new Float64Array(length)
    for (const part of parts)
      for (let i = 0; i < length; i++) values[i] = (values[i] ?? 0) + (part[count][i] ?? 0)
    return values
  }
  return { total: sum('total'), bad: sum('bad'), samples: sum('samples') }
}
