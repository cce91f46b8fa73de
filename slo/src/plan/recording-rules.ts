/**
 * Recording rules: counts of total and bad events per window, then ratios of them. No rule averages ratios and no
 * rule sums counters to take an increase later; every window is weighted by its events.
 *
 * 1. Tile: exact events of the last 5 minutes (`tile-rules.ts`).
 * 2. `…_events:running`: its value 5 minutes ago plus the newest tile, so ten interleaved sums at 30 s. What it gained
 *    is the count of any window, two samples a window. The last value before an outage of up to an hour meets the
 *    first tile after it, which holds what happened in between.
 * 3. `…_events:lasting`: the same, carried over outages of up to a day by the memory group, for windows of days.
 * 4. `slo:lost:<metric>`: the last values of raw series that are not there, so that a gap in scraping is bridged.
 */
import { DAY, HOUR, MINUTE, windowName } from './duration.ts'
import { sumOfPresent } from './promql.ts'
import { base, baseRule, type Level, type RuleInput, recorded, rule } from './rule.ts'
import { inputOf, type RuleRun, rememberInput, shared, sharedByCounters } from './rule-template.ts'
import { lostRules, tileRules, tileSeconds } from './tile-rules.ts'
import type { RecordedWindow, RecordingPlan, SloPlan } from './types.ts'
import { type PairRow, shortWindow, WORKBOOK_ROWS } from './windows.ts'

export const PAGE_INTERVAL_SECONDS = 30
export const SLOW_INTERVAL_SECONDS = MINUTE
export const MEMORY_INTERVAL_SECONDS = 5 * MINUTE
/** Windows that the page group records; what only tickets use is the slow group's. */
const PAGE_WINDOWS = [5 * MINUTE, 30 * MINUTE, HOUR, 6 * HOUR]
/** Windows up to here are differences of the running sums; longer ones are of the lasting sums. */
const LONGEST_RUNNING_WINDOW = 6 * HOUR

type Count = 'total' | 'bad'
const COUNTS: Count[] = ['total', 'bad']
type Sum = 'running' | 'lasting'
/**
 * Where the last value before an outage is looked for: as far back as the sum itself remembers. An instant takes a sample
 * up to 5 minutes old, so steps of 5 minutes find the very last one; those of an hour, one of the hour before it.
 */
const FALLBACK: Record<Sum, string> = { running: '1h:5m', lasting: '1d:1h' }

/** Seconds of every recorded window, shortest first. */
export function windowSeconds({ periodSeconds, moreWindows = [] }: Windows): number[] {
  const all = [...PAGE_WINDOWS, 2 * HOUR, DAY, 3 * DAY, periodSeconds, ...moreWindows]
  return [...new Set(all)].sort((a, b) => a - b)
}

/** Windows that these rows need and that are not recorded anyway; none with the Workbook's rows. */
export function windowsBeside(periodSeconds: number, rows: PairRow[]): number[] {
  if (rows === WORKBOOK_ROWS) return []
  const recorded = windowSeconds({ periodSeconds })
  const asked = rows.flatMap(({ longSeconds }) => [shortWindow(longSeconds), longSeconds])
  return [...new Set(asked)].filter((seconds) => !recorded.includes(seconds)).sort((a, b) => a - b)
}

type Windows = Pick<RuleInput, 'periodSeconds' | 'moreWindows'>

function pageWindowSeconds(input: RuleInput): number[] {
  const more = (input.moreWindows ?? []).filter((seconds) => seconds <= LONGEST_RUNNING_WINDOW)
  return [...PAGE_WINDOWS, ...more].sort((a, b) => a - b)
}

/** Names and ready selectors of the recorded windows. */
function recordedWindows(input: RuleInput): RecordedWindow[] {
  const { slo, byRegion } = input
  return windowSeconds(input).map((seconds) => {
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

/** The plan of an SLO with its windows: texts, 54 for an SLO of regions, that are made when somebody reads them. */
export function withWindows(input: RuleInput, plan: Omit<SloPlan, 'windows'>): SloPlan {
  const slo = Object.defineProperty(plan, 'windows', WINDOWS) as SloPlan
  rememberInput(slo, input)
  return slo
}

const WINDOWS = {
  enumerable: true,
  configurable: true,
  get(this: SloPlan): RecordedWindow[] {
    const input = inputOf(this)
    return input ? recordedWindows(input) : []
  },
}

/** Rules of the page group, in order: what the SLO is, tiles, running sums, windows, totals and ratios. */
export function pageRules(input: RuleInput): RuleRun[] {
  const rules = [
    rule(input, 'slo:objective:ratio', `vector(${input.target})`),
    { ...rule(input, 'slo:info', 'vector(1)'), labels: infoLabels(input) },
  ]
  return [{ rules }, tiles(input), pageWindows(input)]
}

const tiles = sharedByCounters(tileRules)

/** Rules of the slow group, in order: lasting sums, long windows, totals and ratios, budget left. */
export function slowRules(input: RuleInput): RuleRun[] {
  const levels: Level[] = input.byRegion ? ['slo_region', 'slo'] : ['slo']
  const period = windowName(input.periodSeconds)
  const rules = levels.map((level) =>
    rule(
      input,
      `${level}:error_budget_remaining:ratio`,
      `1 - ${recorded(level, `bad_ratio:${period}`, input.slo)} / ${input.errorBudget}`,
    ),
  )
  return [slowWindows(input), { rules }]
}

/** Rules of the memory group: what the sums held before an outage, and what the raw series did before a gap. */
export function memoryRules(input: RuleInput): RuleRun[] {
  return [sumMemory(input), lost(input)]
}

const lost = sharedByCounters(lostRules)

/** Of the page group after the tiles: running sums, windows, totals and ratios. */
export const pageWindows = shared((input) => {
  const windows = pageWindowSeconds(input)
  const step = windowName(tileSeconds(input))
  return [
    sinceRule(input, 'running', tileSeconds(input)),
    ...COUNTS.map((count) => {
      const running = base(input, `${count}_events:running`)
      const parts = [
        base(input, `${count}_events:${step}`),
        `(${running} offset ${step} or last_over_time(${running}[${FALLBACK.running}] offset ${step}))`,
      ]
      return baseRule(input, `${count}_events:running`, sumOfPresent('sum without (part)', parts))
    }),
    ...windows
      .filter((seconds) => seconds !== tileSeconds(input))
      .flatMap((seconds) => windowRules(input, 'running', seconds)),
    ...windows.flatMap((seconds) => totalsAndRatios(input, windowName(seconds))),
  ]
})

const sumMemory = shared((input) => [
  ...COUNTS.map((count) => carriedRule(input, count)),
  ...COUNTS.map((count) => baseRule(input, `${count}_events:seen`, seenNow(input, count))),
])

/** Of the slow group before the budget left: lasting sums, long windows, totals and ratios. */
export const slowWindows = shared((input) => {
  const page = pageWindowSeconds(input)
  const slow = windowSeconds(input).filter((seconds) => !page.includes(seconds))
  return [
    sinceRule(input, 'lasting', SLOW_INTERVAL_SECONDS),
    ...COUNTS.map((count) => lastingRule(input, count)),
    ...slow.flatMap((seconds) =>
      windowRules(input, seconds <= LONGEST_RUNNING_WINDOW ? 'running' : 'lasting', seconds),
    ),
    ...slow.flatMap((seconds) => totalsAndRatios(input, windowName(seconds))),
  ]
})

/**
 * The running sum and what is carried from before an outage. Right after a long one it is absent, until the memory
 * group has carried over; at the very first start there is nothing to wait for.
 */
function lastingRule(input: RuleInput, count: Count): RecordingPlan {
  const running = base(input, `${count}_events:running`)
  const carried = base(input, `${count}_events:carried`)
  const expr = `${running} + ${carried} or ${running} unless last_over_time(${carried}[${FALLBACK.lasting}])`
  return baseRule(input, `${count}_events:lasting`, expr)
}

/**
 * When the running sums began anew, what they held when last `seen` is `carried`. The total decides for both counts: of
 * few bad events nobody could tell. While nothing runs there is nothing to carry to.
 */
function carriedRule(input: RuleInput, count: Count): RecordingPlan {
  const seen = (of: Count) => `last_over_time(${base(input, `${of}_events:seen`)}[1d])`
  const carried = base(input, `${count}_events:carried`)
  const none = `0 * ${seenNow(input, count)}`
  const anew = `${seen('total')} > 2 * ${seenNow(input, 'total')}`
  const lost = count === 'total' ? anew : `${seen(count)} and ${anew}`
  return baseRule(
    input,
    `${count}_events:carried`,
    `(last_over_time(${carried}[1d]) or ${none}) + (${lost} or ${none})`,
  )
}

/** Read a minute late, when the page group has surely finished, so that each step takes the same one of the ten sums. */
function seenNow(input: RuleInput, count: Count): string {
  return `${base(input, `${count}_events:running`)} offset 1m`
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

/** When a sum began, Unix seconds: as the last evaluation knew, or one before an outage that it remembers, else now. */
function sinceRule(input: RuleInput, sum: Sum, stepSeconds: number): RecordingPlan {
  const since = recorded('slo', `events_${sum}:since`, input.slo)
  const offset = `offset ${windowName(stepSeconds)}`
  const earlier = `${since} ${offset} or last_over_time(${since}[${FALLBACK[sum]}] ${offset})`
  return rule(input, `slo:events_${sum}:since`, `max(${earlier}) or vector(time())`)
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
