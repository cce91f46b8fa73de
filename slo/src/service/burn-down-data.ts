/** What the burn-down chart of an SLO is drawn from. */
import { HOUR, type Ledger, MINUTE, sliceUnit, startOf, type Tier } from '../ledger/index.ts'
import type { BurnDown } from '../report/burn-down.ts'
import { percentOfDecimal } from './console/format.ts'
import type { SloStatus } from './schemas.ts'

const SHORTEST_SECONDS = HOUR
/** Above this a minute would be narrower than a pixel. */
const LONGEST_BY_MINUTE_SECONDS = 12 * HOUR

/**
 * From the window's start or the first promise, whichever is later, up to now; of one region, or of all that are
 * expected. Undefined without a budget. The curve ends at the budget's `remainingRatio`.
 */
export async function burnDownOf(
  ledger: Ledger,
  status: SloStatus,
  region?: string,
): Promise<BurnDown | undefined> {
  const { slo, window, promises, slices: timeSlices } = status
  const budget =
    region === undefined ? status.budget : status.regions.find((one) => one.region === region)?.budget
  if (!budget) return undefined
  const { to } = window
  const promised = Math.min(promises[0]?.effectiveFrom ?? to, to - SHORTEST_SECONDS)
  const from = Math.max(window.from, promised)
  const tier: Tier = to - from <= LONGEST_BY_MINUTE_SECONDS ? MINUTE : HOUR
  const sliceSeconds = Math.max(tier, timeSlices?.seconds ?? 0)
  const unit = timeSlices ? sliceUnit(timeSlices) : 1
  const bad = (counts: { good: number; total: number }) => (counts.total - counts.good) / unit
  const spentIn = async (start: number, end: number) => {
    const sums = await ledger.read(slo, start, Math.max(start, end), timeSlices)
    const own = [...sums].filter(([name]) => region === undefined || name === region)
    return own.reduce((sum, [, counts]) => sum + bad(counts), 0)
  }
  const first = startOf(sliceSeconds, from)
  const slices = await ledger.slices(slo, tier, first, to, { region, timeSlices })
  // The first slice may begin before the window: only what is inside counts.
  const inFirst = first < from ? await spentIn(from, Math.min(to, first + sliceSeconds)) : undefined
  const regions = region === undefined ? status.regions.filter(({ expected }) => expected).length : 1
  return {
    from,
    to,
    sliceSeconds,
    slices: slices.map((slice) => ({
      start: slice.start,
      bad: slice.start === first && inFirst !== undefined ? inFirst : bad(slice),
      seenRatio:
        (slice.seenMinutes * MINUTE) /
        ((Math.min(slice.start + sliceSeconds, to) - Math.max(slice.start, from)) * regions),
    })),
    allowedBad: budget.allowedBad,
    badBefore: await spentIn(window.from, from),
    marks: promises
      .slice(1)
      .filter(({ effectiveFrom }) => effectiveFrom > from && effectiveFrom < to)
      .map(({ effectiveFrom, target }) => ({ at: effectiveFrom, label: percentOfDecimal(target) })),
  }
}
