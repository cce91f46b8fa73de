/** Where an SLO stands: the plan's promise and the ledger's counts, put through the budget. */
import {
  type Budget,
  budget,
  burnRate,
  type CellSum,
  type Ledger,
  promisesIn,
  type Revision,
  rollingWindow,
  type Segment,
  sliceUnit,
} from '../ledger/index.ts'
import { subtract } from '../plan/decimal.ts'
import type { CountedSlo } from './counted-plan.ts'
import type { Coverage, RegionStatus, SloStatus } from './schemas.ts'
import { ALL_REGIONS } from './sources/counter-reader.ts'
import { calendarsOf, periodOf, type Window } from './windows.ts'

export const BURN_WINDOWS = [
  { window: '1h', seconds: 3600, decidesState: true },
  { window: '6h', seconds: 21_600, decidesState: true },
  { window: '1d', seconds: 86_400, decidesState: false },
  { window: '3d', seconds: 259_200, decidesState: false },
]
/** The same ten minutes after which the alert `SLOBlind` fires. */
const BLIND_AFTER_SECONDS = 600
/** Counts of the last minute or two are still on their way: they are not called unseen yet. */
const SETTLE_SECONDS = 60

type SegmentSums = { target: string; sums: Map<string, CellSum> }

export async function sloStatus(
  ledger: Ledger,
  slo: CountedSlo,
  nowSeconds: number,
  consoleBaseUrl: string,
): Promise<SloStatus> {
  const window = periodOf(slo, nowSeconds)
  const promises = await ledger.revisions(slo.slo)
  const read = (span: Window) => readSegments(ledger, slo, promises, span)
  const period = await read(window)
  const burns = await Promise.all(
    BURN_WINDOWS.map(async (burn) => ({
      ...burn,
      sums: await read(rollingWindow(nowSeconds, burn.seconds)),
    })),
  )
  const lastSeen = await ledger.lastSeen(slo.slo)
  const settled = settledWindow(window, promises, nowSeconds)
  const seen = settled ? await ledger.read(slo.slo, settled.from, settled.to) : new Map<string, CellSum>()
  const unit = slo.slices ? sliceUnit(slo.slices) : 1

  const budgetOf = (sums: SegmentSums[], region?: string) => {
    const deciding = burns.filter((burn) => burn.decidesState)
    return budgetView(
      budget(
        segmentsOf(sums, region),
        deciding.map((burn) => segmentsOf(burn.sums, region)),
      ),
      unit,
    )
  }
  const account = (region?: string) => ({
    ...budgetOf(period, region),
    burn: burns.map(({ window: name, seconds, sums }) => {
      const segments = segmentsOf(sums, region)
      const { good, total } = totalOf(segments)
      const rate = burnRate(segments) ?? null
      return { window: name, seconds, rate, bad: (total - good) / unit, total: total / unit }
    }),
  })
  const names = [...new Set([...expectedRegions(slo), ...lastSeen.keys()])]
  const regions: RegionStatus[] = names.map((region) => ({
    region,
    expected: expectedRegions(slo).includes(region),
    ...account(region),
    coverage: coverageOf(window, settled, seen.get(region), lastSeen.get(region), nowSeconds),
  }))
  const inForce = promises.findLast(({ effectiveFrom }) => effectiveFrom <= nowSeconds) ?? promises[0]
  const target = inForce?.target ?? slo.target
  return {
    slo: slo.slo,
    service: slo.service,
    displayName: slo.displayName,
    description: slo.description,
    owner: slo.owner,
    good: slo.indicator.good,
    objective: { target, errorBudget: subtract('1', target) },
    counts: slo.slices ? 'slices' : 'events',
    ...(slo.slices && { slices: slo.slices }),
    window: { name: slo.period.name, seconds: slo.period.seconds, ...window },
    source: slo.source,
    promises: promises.map(({ revision, target, effectiveFrom }) => ({ revision, target, effectiveFrom })),
    ...account(),
    coverage: together(regions.filter((region) => region.expected).map(({ coverage }) => coverage)),
    regions,
    calendars: await Promise.all(
      calendarsOf(slo, nowSeconds).map(async ({ calendar, from, to, end }) => ({
        ...calendar,
        from,
        to: end,
        seenRatio: await seenRatioOf(ledger, slo, { from, to }),
        ...budgetOf(await read({ from, to })),
      })),
    ),
    ...(slo.composite && { composite: slo.composite }),
    links: { console: `${consoleBaseUrl}/slos/${slo.slo}` },
  }
}

/** Those of the plan; the one that stands for all where it names none. */
export function expectedRegions(slo: CountedSlo): string[] {
  return slo.regions.length > 0 ? slo.regions : [ALL_REGIONS]
}

async function readSegments(
  ledger: Ledger,
  { slo, slices }: CountedSlo,
  promises: Revision[],
  { from, to }: Window,
): Promise<SegmentSums[]> {
  return Promise.all(
    promisesIn(promises, from, to).map(async (segment) => ({
      target: segment.target,
      sums: await ledger.read(slo, segment.from, segment.to, slices),
    })),
  )
}

/** Counts of one region, or of all. */
function segmentsOf(segments: SegmentSums[], region?: string): Segment[] {
  return segments.map(({ target, sums }) => {
    const cells = region === undefined ? [...sums.values()] : [sums.get(region) ?? { good: 0, total: 0 }]
    return { target, ...totalOf(cells) }
  })
}

function totalOf(counts: { good: number; total: number }[]): { good: number; total: number } {
  return counts.reduce((sum, { good, total }) => ({ good: sum.good + good, total: sum.total + total }), {
    good: 0,
    total: 0,
  })
}

/** `unit` counts are one event or slice. */
function budgetView(answer: Budget, unit: number): Pick<SloStatus, 'state' | 'budget'> {
  if (answer.state === 'noData') return { state: 'noData', budget: null }
  const { state, good, bad, total, allowedBad, remainingBad, ...ratios } = answer
  const counts = { good, bad, total, allowedBad, remainingBad }
  const whole = Object.entries(counts).map(([name, count]) => [name, count / unit])
  return { state, budget: { ...(Object.fromEntries(whole) as typeof counts), ...ratios } }
}

/** Of all minutes of the window and all expected regions: a contract counts the time before Plimsoll came too. */
async function seenRatioOf(ledger: Ledger, slo: CountedSlo, { from, to }: Window): Promise<number> {
  const sums = await ledger.read(slo.slo, from, to)
  const regions = expectedRegions(slo)
  const seenMinutes = regions.reduce((sum, region) => sum + (sums.get(region)?.seenMinutes ?? 0), 0)
  return Math.min(1, (seenMinutes * 60) / ((to - from) * regions.length))
}

/** The part of the window in which every minute should have been seen by now. */
function settledWindow(window: Window, promises: Revision[], nowSeconds: number): Window | undefined {
  const first = promises[0]
  if (!first) return undefined
  const from = Math.max(window.from, first.effectiveFrom)
  const to = Math.floor((nowSeconds - SETTLE_SECONDS) / 60) * 60
  return from < to ? { from, to } : undefined
}

function coverageOf(
  window: Window,
  settled: Window | undefined,
  sum: CellSum | undefined,
  lastSeenMinute: number | undefined,
  nowSeconds: number,
): Coverage {
  const promisedMinutes = settled ? (settled.to - settled.from) / 60 : 0
  const seenMinutes = sum?.seenMinutes ?? 0
  return {
    seenMinutes,
    promisedMinutes,
    windowMinutes: (window.to - window.from) / 60,
    ratio: promisedMinutes === 0 ? null : seenMinutes / promisedMinutes,
    smearedMinutes: sum?.smearedMinutes ?? 0,
    brokenMinutes: sum?.brokenMinutes ?? 0,
    lastSeenMinute: lastSeenMinute ?? null,
    blind: lastSeenMinute === undefined || nowSeconds - lastSeenMinute > BLIND_AFTER_SECONDS,
  }
}

/** Minutes of the expected regions added up; as blind as the blindest of them. */
function together(regions: Coverage[]): Coverage {
  const sum = (
    key: 'seenMinutes' | 'promisedMinutes' | 'windowMinutes' | 'smearedMinutes' | 'brokenMinutes',
  ) => regions.reduce((total, coverage) => total + coverage[key], 0)
  const lastSeen = regions.map(({ lastSeenMinute }) => lastSeenMinute)
  const promisedMinutes = sum('promisedMinutes')
  return {
    seenMinutes: sum('seenMinutes'),
    promisedMinutes,
    windowMinutes: sum('windowMinutes'),
    ratio: promisedMinutes === 0 ? null : sum('seenMinutes') / promisedMinutes,
    smearedMinutes: sum('smearedMinutes'),
    brokenMinutes: sum('brokenMinutes'),
    lastSeenMinute: lastSeen.includes(null)
      ? null
      : Math.min(...lastSeen.filter((minute) => minute !== null)),
    blind: regions.some((coverage) => coverage.blind),
  }
}
