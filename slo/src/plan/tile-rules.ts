/**
 * Tiles: what happened in the last few minutes, as differences of raw counters at the tile's boundaries. Tiles touch and
 * never overlap, so their sums are exact whatever the phase of scrapes and evaluations; `increase()` extrapolates.
 */
import { subtract } from './decimal.ts'
import { HOUR, MINUTE, windowName } from './duration.ts'
import { counterText, readLater } from './offset.ts'
import { sumOfPresent } from './promql.ts'
import { base, baseRule, type RuleInput, recorded } from './rule.ts'
import { metricOf } from './selector.ts'
import type { CounterTerm, RecordingPlan } from './types.ts'

/** Tiles of events. A tile of slices is as long as a slice, one of these. */
const TILE_SECONDS = 5 * MINUTE
export const SLICE_SECONDS = [MINUTE, TILE_SECONDS]
/** How often a gauge is looked at. */
const LOOK_SECONDS = 30

/** Length of a tile, and of a slice. */
export function tileSeconds({ slices }: RuleInput): number {
  return slices?.seconds ?? TILE_SECONDS
}

/** The recorded tile that is there while raw series are: of slices the counts in them, which may be 0, or the gauge. */
export function seenName(input: RuleInput): string {
  const counted = input.slices && input.indicator.badShareExpr === undefined
  return `${counted ? 'slice_total' : 'total_events'}:${windowName(tileSeconds(input))}`
}

/**
 * How long that outlasts the last raw sample, at most: of a gauge as well, which a look takes only until the next scrape
 * does not find it. (Where no scrape says so, as of a gauge with timestamps of its own, it is five minutes more.)
 */
export const seenForSeconds = tileSeconds

/** Events of the newest tile; or with time slices, whether the newest slice was bad: 1 slice in total, 0 to 1 bad. */
export function tileRules(input: RuleInput): RecordingPlan[] {
  const seconds = tileSeconds(input)
  const step = windowName(seconds)
  if (!input.slices) return countRules(input, `total_events:${step}`, `bad_events:${step}`)
  const { badShareExpr } = input.indicator
  const share = base(input, `slice_bad_ratio:${step}`)
  const total = base(input, `slice_total:${step}`)
  const bad = base(input, `slice_bad:${step}`)
  const measured =
    badShareExpr === undefined
      ? [
          ...countRules(input, `slice_total:${step}`, `slice_bad:${step}`),
          // A slice without events is neither good nor bad.
          baseRule(input, `slice_bad_ratio:${step}`, `${bad} / (${total} > 0)`),
        ]
      : [baseRule(input, `slice_bad_ratio:${step}`, sliceBadShare(badShareExpr, seconds, input.byRegion))]
  const { goodRatio } = input.slices
  return [
    ...measured,
    baseRule(input, `total_events:${step}`, `${share} >= bool 0`),
    baseRule(
      input,
      `bad_events:${step}`,
      goodRatio === undefined ? share : `${share} > bool ${subtract('1', goodRatio)}`,
    ),
  ]
}

/** PromQL of the bad share of a gauge over the slice that ends now, 0 to 1. */
export function sliceBadShare(badShareExpr: string, seconds: number, byRegion: boolean): string {
  const aggregation = byRegion ? 'avg by (region)' : 'avg'
  // 0/0, a ratio of an idle service, is no share: NaN would stand in every later sum.
  const share = `clamp(${badShareExpr}, 0, 1) >= 0`
  // A second short: Prometheus 2 would take the sample at the left edge in, Prometheus 3 not.
  return `${aggregation} (avg_over_time((${share})[${seconds - 1}s:${LOOK_SECONDS}s]))`
}

function countRules(input: RuleInput, totalName: string, badName: string): RecordingPlan[] {
  const seconds = tileSeconds(input)
  const total = base(input, totalName)
  const aggregation = input.byRegion ? 'sum by (region)' : 'sum'
  const tiles = (terms: CounterTerm[]) =>
    terms.map((term) => `${term.sign < 0 ? '-1 * ' : ''}${aggregation} (${tile(term, seconds, input.slo)})`)
  const terms = input.indicator
  // bad = total − good: the total is recorded already.
  const good = lessTotal(terms.bad, terms.total)
  const bad = good ? [total, ...tiles(good)] : tiles(terms.bad)
  // A service that never fails has no series of bad events: that is 0 bad events, not "unknown".
  const badOrZero = `${sum(aggregation, bad)} or 0 * ${aggregation} (${total})`
  return [
    baseRule(input, totalName, sum(aggregation, tiles(terms.total))),
    baseRule(input, badName, badOrZero),
  ]
}

/** What is left of `bad` without the terms of `total`; undefined when it does not hold all of them. */
function lessTotal(bad: CounterTerm[], total: CounterTerm[]): CounterTerm[] | undefined {
  const isOf = (terms: CounterTerm[], term: CounterTerm) =>
    terms.some(({ sign, selector }) => sign === term.sign && selector === term.selector)
  return total.every((term) => isOf(bad, term)) ? bad.filter((term) => !isOf(total, term)) : undefined
}

function sum(aggregation: string, parts: string[]): string {
  // Summed already, so that no label of a raw series can be mistaken for the one that tells parts apart.
  if (parts.length === 1) return `${parts[0]}`
  // Two counters that restart in one tile can each lose a little: never report less than none.
  return `clamp_min(${sumOfPresent(aggregation, parts)}, 0)`
}

/**
 * Events that the counter `x` counted in the tile, per raw series. With L, M and N the last, largest and smallest value
 * in the tile and P the last value before it:
 * - L, when the counter restarted (N < P) and has passed all it held before (L = M): what it counted between P and the
 *   restart, less than L, is hidden.
 * - M − P, plus L when the counter restarted inside the tile. P may be up to an hour old, so a scrape gap is counted
 *   in full when it ends.
 * - After a longer gap the memory group knows P, for a day.
 * - Without P, or restarted in a gap (M < P): L, as the series counted from 0.
 * - But when these rules were not evaluated well before the tile either (first start, long outage), nobody knows what
 *   L already held: only what came after the first sample seen. Two minutes before, because at a start the first
 *   evaluation may precede the first scrape.
 *
 * With an offset the tile is that of an earlier time, and so is whether rules were evaluated before it: what they say is
 * what they would have said then. Lost series are recorded so much later already.
 */
function tile({ selector, offsetSeconds = 0 }: CounterTerm, seconds: number, slo: string): string {
  const over = (f: string, range: number, before = 0) =>
    `${f}_over_time(${readLater(`${selector}[${windowName(range)}]`, before + offsetSeconds)})`
  const [last, largest, smallest] = [over('last', seconds), over('max', seconds), over('min', seconds)]
  const settled = readLater(recorded('slo', 'objective:ratio', slo), seconds + 2 * MINUTE + offsetSeconds)
  const lost = lostCounter(selector, slo)
  return [
    `${last} == ${largest} and ${smallest} < ${over('last', seconds, seconds)}`,
    `(${largest} - ${over('last', HOUR, seconds)} >= 0) + ${last} * (${largest} > bool ${last})`,
    `${last} - ignoring (${LOST_LABEL}) last_over_time(${lost}[${LOST_READ}]) >= 0`,
    `${last} - ${smallest} * scalar(absent(${settled}) or on () vector(0))`,
  ].join(' or ')
}

/** Of our own, because these series keep every label of the raw ones, and a raw one may well have a `service`. */
const LOST_LABEL = 'plimsoll_slo'
/** Evaluated every five minutes, and still needed while a tile holds the first sample after the gap; one may be missed. */
const LOST_READ = '16m'

/**
 * Raw series that are not there, with the last value they had: nothing while everything is scraped, for a day what died.
 * A rule for each metric, as series of two may have the same labels.
 */
export function lostRules(input: RuleInput): RecordingPlan[] {
  const counters = new Map<string, Map<string, CounterTerm>>()
  for (const term of [...input.indicator.total, ...input.indicator.bad]) {
    const metric = metricOf(term.selector)
    counters.set(metric, (counters.get(metric) ?? new Map()).set(term.selector, term))
  }
  return [...counters].map(([metric, same]) => {
    const terms = [...same.values()]
    const lost = lostCounter(terms[0]?.selector ?? '', input.slo)
    const before = ({ selector, offsetSeconds = 0 }: CounterTerm) =>
      `last_over_time(${readLater(`${selector}[15m]`, offsetSeconds)})`
    const now = terms.map((term) => `(${before(term)} unless ${counterText(term)})`).join(' or ')
    const longer = `last_over_time(${lost}[15m]) unless ignoring (${LOST_LABEL}) (${terms.map(counterText).join(' or ')})`
    return {
      record: `slo:lost:${metric}`,
      expr: `${now} or ignoring (${LOST_LABEL}) (${longer} unless count_over_time(${lost}[1d:1h]) >= 24)`,
      labels: { [LOST_LABEL]: input.slo },
    }
  })
}

function lostCounter(selector: string, slo: string): string {
  return `slo:lost:${metricOf(selector)}{${LOST_LABEL}="${slo}"}`
}
