/** The budget day by day, and the time that nobody saw. */
import { DAY } from '../plan/duration.ts'
import type { SloPlan } from '../plan/types.ts'
import { ALL_REGIONS } from '../service/sources/counter-reader.ts'
import { type History, viewOf } from './history.ts'
import { allowedBad } from './incidents.ts'
import type { Range } from './replay.ts'

export type DayBudget = {
  fromSeconds: number
  untilSeconds: number
  total: number
  bad: number
  /** Budget left at the day's end over the period up to it, 1 to −∞; absent without any traffic in the period. */
  remainingRatio?: number
}

/** UTC days; the first and the last may be parts. */
export function budgetByDay(
  slo: Pick<SloPlan, 'errorBudget' | 'period'>,
  history: History,
  { fromSeconds, toSeconds }: Range,
): DayBudget[] {
  const view = viewOf(history, ALL_REGIONS)
  const days: DayBudget[] = []
  for (let from = fromSeconds; from < toSeconds; ) {
    const until = Math.min((Math.floor(from / DAY) + 1) * DAY, toSeconds)
    const remainingRatio = remainingAt(slo, history, until)
    days.push({
      fromSeconds: from,
      untilSeconds: until,
      ...view.events(until, until - from),
      ...(remainingRatio !== undefined && { remainingRatio }),
    })
    from = until
  }
  return days
}

/**
 * Undefined without any traffic in the period. The rolling period may begin before the history: then the budget is
 * that of a whole period at the traffic seen, and the time before counts as spotless.
 */
export function remainingAt(
  slo: Pick<SloPlan, 'errorBudget' | 'period'>,
  history: History,
  atSeconds: number,
): number | undefined {
  const view = viewOf(history, ALL_REGIONS)
  const allowed = allowedBad(slo, history, view, atSeconds)
  return Number.isNaN(allowed) ? undefined : 1 - view.events(atSeconds, slo.period.seconds).bad / allowed
}

export type Gap = { region: string; fromSeconds: number; untilSeconds: number }

const GAP_SECONDS = 300

/** Five minutes or more without a sample, by expected region (or in total); the edges of the range included. */
export function gapsIn(slo: Pick<SloPlan, 'regions' | 'series'>, history: History, range: Range): Gap[] {
  const regions = slo.regions.length > 0 ? slo.regions : [ALL_REGIONS]
  // What is seen of a gauge outlasts its last sample.
  const gapSeconds = history.seenSeconds === undefined ? GAP_SECONDS : slo.series.seenForSeconds
  return regions.flatMap((region) => {
    const view = viewOf(history, region)
    const gaps: Gap[] = []
    const { stepSeconds } = history
    for (let at = range.fromSeconds + stepSeconds; at <= range.toSeconds; at += stepSeconds) {
      if (view.scraped(at, GAP_SECONDS)) continue
      const current = gaps.at(-1)
      // A step without a fresh sample: the last one is that old, so the gap began then.
      if (current?.untilSeconds === at - stepSeconds) current.untilSeconds = at
      else gaps.push({ region, fromSeconds: Math.max(range.fromSeconds, at - gapSeconds), untilSeconds: at })
    }
    return gaps
  })
}
