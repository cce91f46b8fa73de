/** What the burn-down chart of an SLO is drawn from. */
import type { Ledger, Tier } from '../../ledger/index.ts'
import type { BurnDown } from '../../report/burn-down.ts'
import type { SloStatus } from '../schemas.ts'

const SHORTEST_SECONDS = 3600
/** Above this a minute would be narrower than a pixel. */
const LONGEST_BY_MINUTE_SECONDS = 12 * 3600

/** From the window's start or the first promise, whichever is later, up to now. Undefined without a budget. */
export async function burnDownOf(ledger: Ledger, slo: SloStatus): Promise<BurnDown | undefined> {
  if (!slo.budget) return undefined
  const { to } = slo.window
  const promised = Math.min(slo.promises[0]?.effectiveFrom ?? to, to - SHORTEST_SECONDS)
  const from = Math.max(slo.window.from, promised)
  const tier: Tier = to - from <= LONGEST_BY_MINUTE_SECONDS ? 60 : 3600
  const slices = await ledger.slices(slo.slo, tier, Math.floor(from / tier) * tier, to)
  const regions = slo.regions.filter((region) => region.expected).length
  return {
    from,
    to,
    sliceSeconds: tier,
    slices: slices.map(({ start, good, total, seenMinutes }) => ({
      start,
      bad: total - good,
      seenRatio: (seenMinutes * 60) / ((Math.min(start + tier, to) - Math.max(start, from)) * regions),
    })),
    allowedBad: slo.budget.allowedBad,
  }
}
