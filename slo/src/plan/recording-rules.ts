/**
 * Recording rules: counts of total and bad events per window, then ratios of them. No rule averages ratios and no
 * rule sums counters to take an increase later; every window is weighted by its events.
 *
 * 1. Tile: events of the last 5 minutes, per raw series, by differences at the tile's boundaries. Tiles touch and
 *    never overlap, so their sums are exact whatever the phase of scrapes and evaluations.
 * 2. `…_events:running`: its value 5 minutes ago plus the newest tile, so ten interleaved sums at 30 s. What it gained
 *    is the count of any window, two samples a window. The last value before an outage of up to an hour meets the
 *    first tile after it, which holds what happened in between.
 * 3. `…_events:lasting`: the same in the slow group, carried over outages of up to a day, for windows of days.
 */
import { subtract } from './decimal.ts'
import { DAY, HOUR, MINUTE, windowName } from './duration.ts'
import { selector, sumOfPresent } from './promql.ts'
import type { CounterTerm, Decimal, IndicatorPlan, RecordedWindow, RecordingPlan } from './types.ts'

export const PAGE_INTERVAL_SECONDS = 30
export const SLOW_INTERVAL_SECONDS = 5 * MINUTE
/** Tiles of events. A tile of slices is as long as a slice, one of these. */
const TILE_SECONDS = 5 * MINUTE
export const SLICE_SECONDS = [MINUTE, TILE_SECONDS]

/** Windows that the page group records; longer ones are the slow group's. */
const PAGE_WINDOWS = [5 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR]

export type RuleInput = {
  slo: string
  service: string
  displayName: string
  owner: string
  target: Decimal
  errorBudget: Decimal
  periodSeconds: number
  byRegion: boolean
  indicator: IndicatorPlan
  /** With time slices a tile is one slice, and the events of every window are slices. */
  slices?: { seconds: number; goodRatio?: Decimal }
}

type Level = 'slo' | 'slo_region'
type Count = 'total' | 'bad'
const COUNTS: Count[] = ['total', 'bad']
type Sum = 'running' | 'lasting'
/** Where the last value before an outage is looked for: as far back as the sum itself remembers, in few steps. */
const FALLBACK: Record<Sum, string> = { running: '1h:10m', lasting: '1d:1h' }

/** Seconds of every recorded window, shortest first. */
export function windowSeconds(periodSeconds: number): number[] {
  return [...new Set([...PAGE_WINDOWS, DAY, 3 * DAY, periodSeconds])].sort((a, b) => a - b)
}

/** Names and ready selectors of the recorded windows. */
export function recordedWindows({ slo, periodSeconds, byRegion }: RuleInput): RecordedWindow[] {
  return windowSeconds(periodSeconds).map((seconds) => {
    const name = windowName(seconds)
    return {
      name,
      seconds,
      totalEvents: recorded('slo', `total_events:${name}`, slo),
      badEvents: recorded('slo', `bad_events:${name}`, slo),
      badRatio: recorded('slo', `bad_ratio:${name}`, slo),
      ...(byRegion && {
        regionTotalEvents: recorded('slo_region', `total_events:${name}`, slo),
        regionBadEvents: recorded('slo_region', `bad_events:${name}`, slo),
        regionBadRatio: recorded('slo_region', `bad_ratio:${name}`, slo),
      }),
    }
  })
}

/** Rules of the page group, in order: what the SLO is, tiles, running sums, windows, totals and ratios. */
export function pageRules(input: RuleInput): RecordingPlan[] {
  const step = windowName(tileSeconds(input))
  return [
    rule(input, 'slo:objective:ratio', `vector(${input.target})`),
    { ...rule(input, 'slo:info', 'vector(1)'), labels: infoLabels(input) },
    ...tileRules(input),
    sinceRule(input, 'running', `[1h] offset ${step}`),
    ...COUNTS.map((count) => {
      const running = base(input, `${count}_events:running`)
      const parts = [base(input, `${count}_events:${step}`), `last_over_time(${running}[1h] offset ${step})`]
      return baseRule(input, `${count}_events:running`, sumOfPresent('sum without (part)', parts))
    }),
    ...PAGE_WINDOWS.filter((seconds) => seconds !== tileSeconds(input)).flatMap((seconds) =>
      windowRules(input, 'running', seconds),
    ),
    ...PAGE_WINDOWS.flatMap((seconds) => totalsAndRatios(input, windowName(seconds))),
  ]
}

/** Rules of the slow group, in order: lasting sums, long windows, totals and ratios, budget left. */
export function slowRules(input: RuleInput): RecordingPlan[] {
  const long = windowSeconds(input.periodSeconds).filter((seconds) => !PAGE_WINDOWS.includes(seconds))
  const levels: Level[] = input.byRegion ? ['slo_region', 'slo'] : ['slo']
  const period = windowName(input.periodSeconds)
  return [
    sinceRule(input, 'lasting', '[1d]'),
    ...COUNTS.flatMap((count) => lastingRules(input, count)),
    ...long.flatMap((seconds) => windowRules(input, 'lasting', seconds)),
    ...long.flatMap((seconds) => totalsAndRatios(input, windowName(seconds))),
    ...levels.map((level) =>
      rule(
        input,
        `${level}:error_budget_remaining:ratio`,
        `1 - ${recorded(level, `bad_ratio:${period}`, input.slo)} / ${input.errorBudget}`,
      ),
    ),
  ]
}

/** A recorded series of one SLO, ready to query. */
export function recorded(level: Level, name: string, slo: string): string {
  return selector(`${level}:${name}`, [{ label: 'slo', op: '=', value: slo }])
}

function tileSeconds({ slices }: RuleInput): number {
  return slices?.seconds ?? TILE_SECONDS
}

/** Events of the newest tile; or with time slices, whether the newest slice was bad: 1 slice in total, 0 to 1 bad. */
function tileRules(input: RuleInput): RecordingPlan[] {
  const step = windowName(tileSeconds(input))
  if (!input.slices) return countRules(input, `total_events:${step}`, `bad_events:${step}`)
  const { badShareExpr } = input.indicator
  const aggregation = input.byRegion ? 'avg by (region)' : 'avg'
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
      : [
          baseRule(
            input,
            `slice_bad_ratio:${step}`,
            `${aggregation} (avg_over_time((${badShareExpr})[${step}:30s]))`,
          ),
        ]
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

function countRules(input: RuleInput, totalName: string, badName: string): RecordingPlan[] {
  const seconds = tileSeconds(input)
  const total = base(input, totalName)
  const aggregation = input.byRegion ? 'sum by (region)' : 'sum'
  const settled = `${recorded('slo', 'objective:ratio', input.slo)} offset ${windowName(seconds + 2 * MINUTE)}`
  const tiles = (terms: CounterTerm[]) =>
    terms.map(
      ({ sign, selector }) => `${sign < 0 ? '-1 * ' : ''}(${tile(selector, windowName(seconds), settled)})`,
    )
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
  if (parts.length === 1) return `${aggregation} (${parts[0]})`
  // Two counters that restart in one tile can each lose a little: never report less than none.
  return `clamp_min(${sumOfPresent(aggregation, parts)}, 0)`
}

/**
 * Events that the counter `x` counted in the tile, per raw series. With L and M the last and largest value
 * in the tile and P the last value before it:
 * - M − P, plus L when the counter restarted inside the tile. P may be up to an hour old, so a scrape gap is counted
 *   in full when it ends; a longer one makes the series new.
 * - Without P, or restarted in a gap (M < P): L, as the series counted from 0.
 * - But when these rules were not evaluated well before the tile either (first start, long outage), nobody knows what
 *   L already held: only what came after the first sample seen. Two minutes before, because at a start the first
 *   evaluation may precede the first scrape.
 */
function tile(x: string, length: string, settled: string): string {
  const last = `last_over_time(${x}[${length}])`
  const gained = `max_over_time(${x}[${length}]) - last_over_time(${x}[1h] offset ${length})`
  return (
    `(${gained} >= 0) + ${last} * (resets(${x}[${length}]) > bool 0)` +
    ` or ${last} and on () ${settled}` +
    ` or ${last} - min_over_time(${x}[${length}])`
  )
}

/**
 * The running sum, kept over longer outages. When it began anew, what it held when last `seen` is `carried`. Read a
 * minute late, when the page group has surely finished, so that each step takes the same one of the ten sums.
 */
function lastingRules(input: RuleInput, count: Count): RecordingPlan[] {
  const running = `${base(input, `${count}_events:running`)} offset 1m`
  const carried = base(input, `${count}_events:carried`)
  const seen = `last_over_time(${base(input, `${count}_events:seen`)}[1d])`
  const carry = [
    `last_over_time(${carried}[1d])`,
    `${seen} * (${running} < bool 0.5 * ${seen})`,
    `0 * ${running}`,
  ]
  return [
    baseRule(input, `${count}_events:carried`, sumOfPresent('sum without (part)', carry)),
    baseRule(input, `${count}_events:seen`, running),
    baseRule(input, `${count}_events:lasting`, `${running} + ${carried}`),
  ]
}

/**
 * What a sum gained in a window. When Prometheus was down at the window's start, the last value before is taken: the
 * window reaches back to it. A sum that began inside the window, or whose region did, is taken whole.
 * It can step back a little when a missed evaluation left one of the interleaved sums behind, hence the clamp.
 */
function windowRules(input: RuleInput, sum: Sum, seconds: number): RecordingPlan[] {
  const window = windowName(seconds)
  const since = recorded('slo', `events_${sum}:since`, input.slo)
  return COUNTS.map((count) => {
    const now = base(input, `${count}_events:${sum}`)
    const before = `(${now} offset ${window} or last_over_time(${now}[${FALLBACK[sum]}] offset ${window}))`
    const start = `(${before} and on () ${since} <= time() - ${seconds} or 0 * ${now})`
    return baseRule(input, `${count}_events:${window}`, `clamp_min(${now} - ${start}, 0)`)
  })
}

/** When a sum began, Unix seconds: as it remembers, else now. */
function sinceRule(input: RuleInput, sum: Sum, memory: string): RecordingPlan {
  const record = `slo:events_${sum}:since`
  const earlier = `last_over_time(${recorded('slo', `events_${sum}:since`, input.slo)}${memory})`
  return rule(input, record, `max(${earlier}) or vector(time())`)
}

function totalsAndRatios(input: RuleInput, window: string): RecordingPlan[] {
  const ratio = (level: Level) =>
    rule(
      input,
      `${level}:bad_ratio:${window}`,
      // No events, no ratio: 0/0 would stand in every later sum as NaN.
      `${recorded(level, `bad_events:${window}`, input.slo)} / (${recorded(level, `total_events:${window}`, input.slo)} > 0)`,
    )
  if (!input.byRegion) return [ratio('slo')]
  const totals = COUNTS.map((count) => {
    const name = `${count}_events:${window}`
    return rule(input, `slo:${name}`, `sum without (region) (${recorded('slo_region', name, input.slo)})`)
  })
  return [...totals, ratio('slo_region'), ratio('slo')]
}

/** A rule, and a series, of the finest level that is recorded: regions, or the whole SLO when it has none. */
function baseRule(input: RuleInput, name: string, expr: string): RecordingPlan {
  return rule(input, `${input.byRegion ? 'slo_region' : 'slo'}:${name}`, expr)
}

function base(input: RuleInput, name: string): string {
  return recorded(input.byRegion ? 'slo_region' : 'slo', name, input.slo)
}

function rule(input: RuleInput, record: string, expr: string): RecordingPlan {
  return { record, expr, labels: { slo: input.slo, service: input.service } }
}

function infoLabels(input: RuleInput): Record<string, string> {
  return {
    slo: input.slo,
    service: input.service,
    owner: input.owner,
    display_name: input.displayName,
    target: input.target,
    period: windowName(input.periodSeconds),
  }
}
