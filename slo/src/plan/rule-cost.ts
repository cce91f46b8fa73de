/** Samples that Prometheus reads to evaluate rules, reckoned from their text. */
import type { RuleInput } from './rule.ts'
import type { RuleGroupPlan } from './types.ts'

const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 }
/** How often raw series are scraped, and how many of them a selector takes. */
export type RawSeries = { scrapeSeconds: number; seriesOf: (selector: string) => number }

/** What a service has more than one series per selector multiplies the raw part. */
const ONE_EACH: RawSeries = { scrapeSeconds: 15, seriesOf: () => 1 }

const RANGE = /([a-z_:0-9A-Z]+\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})(?:\[(\d+)([smhd])(?::(\d+)([smhd]))?\])?/g

/** Rules of one shape differ only in names: their text is read once. A gauge query has a cost of its own. */
const reckoned = new Map<string, number>()

/** Samples per minute for one series per selector. Recorded series have one sample per evaluation of their group. */
export function samplesPerMinute(input: RuleInput, groups: RuleGroupPlan[]): number {
  const { indicator, byRegion, periodSeconds, slices, moreWindows } = input
  // Where `bad` has terms of `total`, rules read what is recorded of them already.
  const shared = indicator.bad.map(({ sign, selector }) =>
    indicator.total.findIndex((term) => term.sign === sign && term.selector === selector),
  )
  const terms = [indicator.total.length, ...shared, slices?.goodRatio !== undefined]
  const shape =
    indicator.badShareExpr ?? [...terms, byRegion, periodSeconds, slices?.seconds, moreWindows].join()
  let cost = reckoned.get(shape)
  if (cost === undefined) {
    cost = groups.reduce((sum, group) => sum + groupSamplesPerMinute(group, ONE_EACH), 0)
    if (indicator.badShareExpr === undefined) reckoned.set(shape, cost)
  }
  return cost
}

/** Of one group. Recorded series count once: regions multiply the recorded part. */
export function groupSamplesPerMinute(
  { recordings, intervalSeconds }: RuleGroupPlan,
  raw = ONE_EACH,
): number {
  const perEvaluation = recordings.reduce((sum, { expr }) => sum + samples(expr, intervalSeconds, raw), 0)
  return Math.round((perEvaluation * 60) / intervalSeconds)
}

function samples(expr: string, intervalSeconds: number, { scrapeSeconds, seriesOf }: RawSeries): number {
  let sum = 0
  for (const [, selector = '', range, unit = '', step, stepUnit = ''] of expr.matchAll(RANGE)) {
    const isRecorded = /^slo(_region)?:/.test(selector)
    const seconds = range === undefined ? 0 : Number(range) * (UNIT_SECONDS[unit] ?? 0)
    const spacing = isRecorded ? intervalSeconds : scrapeSeconds
    const every = step === undefined ? spacing : Number(step) * (UNIT_SECONDS[stepUnit] ?? 1)
    const perSeries = range === undefined ? 1 : Math.ceil(seconds / every)
    sum += isRecorded ? perSeries : perSeries * seriesOf(selector)
  }
  return sum
}
