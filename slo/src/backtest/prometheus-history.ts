/** An SLO's history from Prometheus: raw samples piece by piece, several asked for ahead, in order. */
import { DAY } from '../plan/duration.ts'
import { sliceBadShare } from '../plan/tile-rules.ts'
import type { CountedSlo } from '../service/counted-plan.ts'
import type { RawSeries } from '../service/sources/boundary.ts'
import {
  CounterReader,
  offsetOf,
  regionOf,
  selectorsOf,
  seriesKey,
  type Weight,
  weightOf,
} from '../service/sources/counter-reader.ts'
import type { RawSamples, ValuesAt } from '../service/sources/prometheus-client.ts'
import { type HistoryBuilder, STEP_SECONDS } from './history.ts'
import type { Range } from './replay.ts'
import type { SliceBuilder } from './slices.ts'

/** What is asked for first. Longer when answers are small, so that a quiet SLO takes few questions. */
const FIRST_SECONDS = 3600
const MOST_SECONDS = 86_400
/** About 1 MB; bounds what is held at once. */
const ANSWER_SAMPLES = 10_000
/** Answers asked for ahead: while one is counted the next are on their way. */
const AHEAD = 2

type Selector = { text: string; weight: Weight; offsetSeconds: number }
type Asked = { seconds: number; answers: Promise<RawSeries[][]> }

/**
 * Of a range of time as the rules see it: with an offset, what happened before. Several offsets are read from the same
 * moment on, so that what was there from the start is told from what was born. Throws when Prometheus does not answer.
 */
export async function readPrometheus(
  slo: Pick<CountedSlo, 'regions' | 'indicator'>,
  rawSamples: RawSamples,
  { fromSeconds, toSeconds }: Range,
  builder: HistoryBuilder,
): Promise<void> {
  const selectors = selectorsOf(slo).map(
    (text): Selector => ({ text, weight: weightOf(slo, text), offsetSeconds: offsetOf(slo, text) }),
  )
  const readers = new Map<string, CounterReader>()
  let length = FIRST_SECONDS
  let askedTo = fromSeconds - Math.max(0, ...selectors.map(({ offsetSeconds }) => offsetSeconds))
  const asked: Asked[] = []
  const askAhead = () => {
    while (asked.length < AHEAD && askedTo < toSeconds) {
      const seconds = Math.min(length, toSeconds - askedTo)
      askedTo += seconds
      const at = askedTo
      const answers = Promise.all(selectors.map(({ text }) => rawSamples(text, seconds, at)))
      answers.catch(() => undefined) // thrown where it is awaited, which may be never when an earlier one failed
      asked.push({ seconds, answers })
    }
  }
  for (askAhead(); asked.length > 0; askAhead()) {
    const { seconds = 0, answers } = asked.shift() ?? {}
    let samples = 0
    for (const [index, series] of ((await answers) ?? []).entries()) {
      const selector = selectors[index]
      if (selector) samples += count(slo, selector, series, readers, builder)
    }
    length = nextLength(seconds, samples)
  }
}

/** Prometheus refuses answers of more than 11,000 points a series. */
const GAUGE_SECONDS = DAY

/** Like `readPrometheus`, of a gauge: the bad share of the slice that ends at each evaluation. */
export async function readGaugePrometheus(
  slo: Pick<CountedSlo, 'slo' | 'regions' | 'indicator' | 'slices'>,
  valuesAt: ValuesAt,
  { fromSeconds, toSeconds }: Range,
  builder: SliceBuilder,
): Promise<void> {
  const { slices, indicator } = slo
  if (!slices || indicator.badShareExpr === undefined)
    throw new Error(`${slo.slo}: saw a gauge without time slices, expected a plan of plimsoll build`)
  const expr = sliceBadShare(indicator.badShareExpr, slices.seconds, slo.regions.length > 0)
  for (let at = Math.ceil(fromSeconds / STEP_SECONDS) * STEP_SECONDS; at <= toSeconds; ) {
    const until = Math.min(at + GAUGE_SECONDS - STEP_SECONDS, toSeconds)
    for (const { labels, samples } of await valuesAt(expr, at, until, STEP_SECONDS))
      for (const { timestampMs, value } of samples)
        builder.add(regionOf(slo, labels), timestampMs / 1000, value)
    at += GAUGE_SECONDS
  }
}

/** Time without samples says nothing of how many come next. */
function nextLength(seconds: number, samples: number): number {
  if (samples === 0) return FIRST_SECONDS
  const hours = Math.floor((ANSWER_SAMPLES * seconds) / samples / FIRST_SECONDS)
  return Math.min(Math.max(hours * FIRST_SECONDS, FIRST_SECONDS), MOST_SECONDS)
}

/** Returns how many samples there were. */
function count(
  slo: Pick<CountedSlo, 'regions' | 'indicator'>,
  { text, weight, offsetSeconds }: Selector,
  series: RawSeries[],
  readers: Map<string, CounterReader>,
  builder: HistoryBuilder,
): number {
  for (const { labels, samples } of series) {
    const key = seriesKey(text, labels)
    const reader = readers.get(key) ?? new CounterReader(key)
    readers.set(key, reader)
    const region = regionOf(slo, labels)
    for (const { timestampMs, value } of samples) {
      const change = reader.next(timestampMs, value)
      if (change) builder.add(region, weight, timestampMs, change, offsetSeconds * 1000)
    }
  }
  return series.reduce((sum, { samples }) => sum + samples.length, 0)
}
