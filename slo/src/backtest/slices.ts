/**
 * The same history in time slices: an event is then a slice, bad when too few of its events were good, or with no
 * `goodRatio` bad by their share. A slice without events is neither.
 *
 * Counted are slices that begin at whole multiples of their length, as the ledger does. The rules judge the slice that
 * ends at each evaluation and add up every tenth of them (of five minutes): `rolling` holds these interleaved sums.
 */
import { subtract } from '../plan/decimal.ts'
import type { SloPlan } from '../plan/types.ts'
import { accumulated, type Counted, type History, RegionPages, type Sums, wholeOf } from './history.ts'

type Slices = NonNullable<SloPlan['slices']>
/** Bad share of the slice that ends at each step; NaN when there is no such share. */
type Shares = Float64Array
type Times = Pick<History, 'startSeconds' | 'endSeconds' | 'stepSeconds'>

export function inSlices(history: History, slices: Slices): History {
  const strideSteps = slices.seconds / history.stepSeconds
  const regions = [...history.regions].map(([region, { total, bad, samples }]) => {
    const before = (values: Float64Array, i: number) => values[Math.max(0, i - strideSteps)] ?? 0
    const shares = total.map((sum, i) => {
      const events = sum - before(total, i)
      return events > 0 ? ((bad[i] ?? 0) - before(bad, i)) / events : Number.NaN
    })
    return { region, shares, samples }
  })
  return sliced(history, regions, slices)
}

/** Takes the bad share of slices of a gauge, by the evaluation that ends them. */
export class SliceBuilder {
  readonly #pages: RegionPages

  constructor(bounds?: { fromSeconds: number; toSeconds: number }) {
    this.#pages = new RegionPages(2, bounds)
  }

  /** A share that is no number was seen and counts as no slice. Throws as `HistoryBuilder` does. */
  add(region: string, seconds: number, share: number): void {
    if (!this.#pages.holds(seconds)) return
    const pages = this.#pages.of(region)
    const step = this.#pages.stepOf(seconds)
    pages.add(step, 0, Math.min(1, Math.max(0, share)))
    pages.add(step, 1, 1)
  }

  /** Undefined when there was no slice at all. */
  build(slices: Slices): History | undefined {
    const built = this.#pages.build((pages, first, last) => {
      const samples = pages.column(1, first, last)
      const shares = pages.column(0, first, last)
      return {
        shares: shares.map((share, i) => (samples[i] === 0 ? Number.NaN : share)),
        samples: accumulated(samples),
      }
    })
    if (!built) return undefined
    const regions = [...built.regions].map(([region, values]) => ({ region, ...values }))
    // Each evaluation looks back by itself.
    return { ...sliced(built, regions, slices), seenSeconds: built.stepSeconds }
  }
}

function sliced(
  times: Times,
  regions: { region: string; shares: Shares; samples: Float64Array }[],
  slices: Slices,
): History {
  const { startSeconds, endSeconds, stepSeconds } = times
  const badRatio = Number(subtract('1', slices.goodRatio ?? '0'))
  const strideSteps = slices.seconds / stepSeconds
  const badOf = (share: number) => (slices.goodRatio === undefined ? share : share > badRatio ? 1 : 0)
  const counted = (stride: number, counts: (i: number) => boolean): Counted => {
    const sums = regions.map(({ region, shares, samples }): [string, Sums] => {
      const judged = (of: (share: number) => number) =>
        shares.map((share, i) => (counts(i) && !Number.isNaN(share) ? of(share) : 0))
      const total = accumulated(
        judged(() => 1),
        stride,
      )
      return [region, { total, bad: accumulated(judged(badOf), stride), samples }]
    })
    // The total of several regions has as many slices as they have together.
    return { regions: new Map(sums), whole: wholeOf(sums.map(([, one]) => one)) }
  }
  const offset = startSeconds / stepSeconds
  return {
    startSeconds,
    endSeconds,
    stepSeconds,
    ...counted(1, (i) => (offset + i) % strideSteps === 0),
    rolling: { strideSteps, ...counted(strideSteps, () => true) },
  }
}
