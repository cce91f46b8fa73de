/**
 * What happened, as counts of events by evaluation step and region: all that a replay needs. Held as prefix sums, so
 * that the count of any window is a difference of two of them, however long it is.
 */
import type { Evaluations, View } from '../plan/firing.ts'
import { ALL_REGIONS, type Change, type Weight } from '../service/sources/counter-reader.ts'
import { Pages } from './pages.ts'

/** Index i holds the sum over the first i steps. */
export type Sums = { total: Float64Array; bad: Float64Array; samples: Float64Array }

/** By region (`all` when the SLO has none), and over all of them. */
export type Counted = { regions: Map<string, Sums>; whole: Sums }

export type History = Counted & {
  /** Unix seconds; the first step ends one step later. */
  startSeconds: number
  endSeconds: number
  stepSeconds: number
  /** With time slices, what the rules see: see `slices.ts`. */
  rolling?: Counted & { strideSteps: number }
  /** How long a sample counts as seen; absent: as long as who asks says. */
  seenSeconds?: number
}

/** Length of a step: rules that page are evaluated this often. */
export const STEP_SECONDS = 30
/**
 * Series that are there this soon have an unknown past: they are starting points. Later ones were born, and count from
 * 0. The recording rules tell the two apart in the same way.
 */
const SETTLED_SECONDS = 420
/** 1,152,000 steps. */
export const LONGEST_HISTORY_SECONDS = 400 * 86_400
/** Each costs memory for every step; nobody has so many, so the label is not one of regions. */
const MOST_REGIONS = 200
const [TOTAL, BAD, SAMPLES] = [0, 1, 2]

/** Regions with numbers by step, and the steps between which they are; those outside of `bounds` are left out. */
export class RegionPages {
  readonly regions = new Map<string, Pages>()
  readonly #columns: number
  readonly #bounds: { fromSeconds: number; toSeconds: number }
  first = Number.POSITIVE_INFINITY
  last = Number.NEGATIVE_INFINITY

  constructor(
    columns: number,
    bounds = { fromSeconds: Number.NEGATIVE_INFINITY, toSeconds: Number.POSITIVE_INFINITY },
  ) {
    this.#columns = columns
    this.#bounds = bounds
  }

  holds(seconds: number): boolean {
    return seconds > this.#bounds.fromSeconds && seconds <= this.#bounds.toSeconds
  }

  /** A sample belongs to the first evaluation that sees it. Throws when samples are too far apart. */
  stepOf(seconds: number): number {
    const step = Math.ceil(seconds / STEP_SECONDS)
    if (step < this.first) this.first = step
    if (step > this.last) this.last = step
    const span = (this.last - this.first) * STEP_SECONDS
    if (span > LONGEST_HISTORY_SECONDS) {
      const days = Math.ceil(span / 86_400)
      throw new Error(`history: saw samples over ${days} days, expected at most 400; give a shorter range`)
    }
    return step
  }

  /** Throws when there are too many. */
  of(region: string): Pages {
    const known = this.regions.get(region)
    if (known) return known
    if (this.regions.size >= MOST_REGIONS)
      throw new Error(`history: saw more than ${MOST_REGIONS} regions, expected a label of few values`)
    const pages = new Pages(this.#columns)
    this.regions.set(region, pages)
    return pages
  }

  /** Undefined when there was nothing at all; else what `make` makes of each region, in their order. */
  build<T>(
    make: (pages: Pages, first: number, last: number) => T,
  ):
    | (Pick<History, 'startSeconds' | 'endSeconds' | 'stepSeconds'> & { regions: Map<string, T> })
    | undefined {
    const { first, last } = this
    if (first > last) return undefined
    const regions = [...this.regions].map(([region, pages]) => [region, make(pages, first, last)] as const)
    return {
      startSeconds: (first - 1) * STEP_SECONDS,
      endSeconds: last * STEP_SECONDS,
      stepSeconds: STEP_SECONDS,
      regions: new Map(regions.sort(([a], [b]) => (a < b ? -1 : 1))),
    }
  }
}

type Birth = { pages: Pages; weight: Weight; timestampMs: number; laterMs: number; events: number }

/** Takes changes of counters in any order. */
export class HistoryBuilder {
  readonly #cells: RegionPages
  readonly #births: Birth[] = []
  #firstMs = Number.POSITIVE_INFINITY

  constructor(bounds?: { fromSeconds: number; toSeconds: number }) {
    this.#cells = new RegionPages(3, bounds)
  }

  /** `laterMs`: what happened then is counted so much later. Throws when samples are too far apart or have too many regions. */
  add(region: string, weight: Weight, timestampMs: number, { events, first }: Change, laterMs = 0): void {
    const countedMs = timestampMs + laterMs
    if (!this.#cells.holds(countedMs / 1000)) return
    const pages = this.#cells.of(region)
    // Only the total says that the source reported.
    if (weight.total !== 0) pages.add(this.#cells.stepOf(countedMs / 1000), SAMPLES, 1)
    if (first) this.#births.push({ pages, weight, timestampMs, laterMs, events })
    else if (events !== 0) this.#count(pages, weight, countedMs, events)
    if (timestampMs < this.#firstMs) this.#firstMs = timestampMs
  }

  /** Undefined when there was no sample at all. */
  build(): History | undefined {
    const settledMs = this.#firstMs + SETTLED_SECONDS * 1000
    for (const { pages, weight, timestampMs, laterMs, events } of this.#births.splice(0))
      if (timestampMs > settledMs) this.#count(pages, weight, timestampMs + laterMs, events)
    const built = this.#cells.build((pages, first, last) => ({
      total: accumulated(pages.column(TOTAL, first, last)),
      bad: accumulated(pages.column(BAD, first, last)),
      samples: accumulated(pages.column(SAMPLES, first, last)),
    }))
    return built && { ...built, whole: wholeOf([...built.regions.values()]) }
  }

  #count(pages: Pages, weight: Weight, timestampMs: number, events: number): void {
    const step = this.#cells.stepOf(timestampMs / 1000)
    if (weight.total !== 0) pages.add(step, TOTAL, weight.total * events)
    if (weight.bad !== 0) pages.add(step, BAD, weight.bad * events)
  }
}

/** Each value and the one `stride` before it, in place. */
export function accumulated(values: Float64Array, stride = 1): Float64Array {
  for (let i = stride; i < values.length; i++) values[i] = (values[i - stride] ?? 0) + (values[i] ?? 0)
  return values
}

/** The sum of several regions, of which there is one at least. */
export function wholeOf(parts: Sums[]): Sums {
  const [first] = parts
  if (parts.length === 1 && first) return first
  const sum = (count: keyof Sums) => {
    const values = new Float64Array(first?.[count].length ?? 0)
    for (const part of parts)
      for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) + (part[count][i] ?? 0)
    return values
  }
  return { total: sum('total'), bad: sum('bad'), samples: sum('samples') }
}

/** Evaluations of a rule group: from the one that sees the first samples to the end of the range. */
export function evaluationsOf(
  { startSeconds, stepSeconds: historyStep }: History,
  stepSeconds = historyStep,
  { toSeconds }: { toSeconds: number },
): Required<Evaluations> {
  return {
    startSeconds: Math.ceil((startSeconds + historyStep) / stepSeconds) * stepSeconds,
    stepSeconds,
    endSeconds: toSeconds,
  }
}

/** What was counted in one region, or in total (`all`). Windows end at whole steps. */
export function viewOf(history: History, region: string): View {
  return view(history, history, region, 1)
}

/** What the rules of one region see, or of the total (`all`); with time slices, windows are whole numbers of them. */
export function ruleViewOf(history: History, region: string): View {
  const { rolling } = history
  return rolling ? view(history, rolling, region, rolling.strideSteps) : viewOf(history, region)
}

function view(
  { startSeconds, stepSeconds, seenSeconds }: History,
  { regions, whole }: Counted,
  region: string,
  strideSteps: number,
): View {
  // A region that was never seen has no events and no samples.
  const { total, bad, samples } = region === ALL_REGIONS ? whole : (regions.get(region) ?? NOTHING)
  const last = whole.total.length - 1
  const at = (seconds: number) => Math.floor((seconds - startSeconds) / stepSeconds)
  // After the end nothing happens: the last one of the same sums.
  const within = (index: number) =>
    index <= last ? index : index - Math.ceil((index - last) / strideSteps) * strideSteps
  const between = (values: Float64Array, from: number, to: number) =>
    (values[within(to)] ?? 0) - (values[within(from)] ?? 0)
  return {
    events: (seconds, windowSeconds) => {
      const [from, to] = [at(seconds - windowSeconds), at(seconds)]
      // Two counters that restart in one step can each lose a little: never less than none.
      return {
        total: Math.max(0, between(total, from, to)),
        bad: Math.max(0, between(bad, from, to)),
      }
    },
    scraped: (seconds, withinSeconds) => {
      const [from, to] = [at(seconds - (seenSeconds ?? withinSeconds)), at(seconds)].map((index) =>
        Math.min(index, last),
      )
      return (samples[to ?? 0] ?? 0) > (samples[from ?? 0] ?? 0)
    },
  }
}

const NOTHING: Sums = {
  total: new Float64Array(),
  bad: new Float64Array(),
  samples: new Float64Array(),
}
