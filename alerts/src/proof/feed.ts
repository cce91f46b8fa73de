/** How the traffic of a case reaches Prometheus, and what the rules count of it. */
import { type Effect, type IndicatorPlan, metricOf, type SloPlan } from '@plimsoll/slo/plan'
import { eventSeries, type Series, seriesTaking } from './event-series.ts'
import { laterSeconds, type Offsets } from './later.ts'
import {
  badAt,
  type Counted,
  type Counts,
  countsOf,
  lastSeen,
  promtoolSamples,
  promtoolValues,
  type Traffic,
} from './traffic.ts'

/** Sampled and evaluated at these times, from 0. */
export type Clock = { sampleSeconds: number; stepSeconds: number; endSeconds: number }

/** What traffic does to series: to each counter what one good and one bad event add, or the values of one gauge. */
export type Feed =
  | { kind: 'counters'; perEvent: Counts[] }
  | {
      kind: 'gauge'
      isAge: boolean
      goodValue: number
      badValue: number
      sliceSeconds: number
      looks: number
    }

/** The feed and its series, in the same order; `offsets` when they are read later. */
export type Source = { feed: Feed; series: Series[]; offsets?: Offsets }

/** What a feed is read with. */
type Feeding = { feed: Feed; offsets?: Offsets } & Pick<SloPlan, 'slices'>

/** One case, fed. */
export type FedCase = {
  /** promtool's notation of each series of the feed. */
  values: () => string[]
  /** What an evaluation adds to what the one `everySeconds` before knew; undefined when there is nothing to see. */
  gained: (seconds: number) => Effect | undefined
}

/** How long what is fed is seen after its last sample, at most: a gauge by looks before the scrape that does not find it. */
export function outlastsSeconds({ feed }: Feeding, { sampleSeconds }: Pick<Clock, 'sampleSeconds'>): number {
  return feed.kind === 'gauge' ? sampleSeconds + (feed.looks - 1) * GAUGE_SECONDS : Number.POSITIVE_INFINITY
}

/** Gauges are looked at so often within a slice. */
const GAUGE_SECONDS = 30

/** `neighbours`: indicators of the same file, whose series it may share. */
export function sourceOf(slo: SloPlan, neighbours: IndicatorPlan[]): Source {
  if (slo.indicator.badShareExpr !== undefined) return gaugeSource(slo)
  const { good, bad } = eventSeries(slo.indicator, neighbours)
  const all = new Map([...good, ...bad].map((series) => [JSON.stringify(series), series]))
  const has = (events: Series[], key: string) =>
    Number(events.some((series) => JSON.stringify(series) === key))
  const perEvent = [...all.keys()].map((key) => ({ good: has(good, key), bad: has(bad, key) }))
  const series = [...all.values()]
  return { feed: { kind: 'counters', perEvent }, series, ...offsetsOf(slo.indicator, series) }
}

function offsetsOf({ offsetSeconds, total, bad }: IndicatorPlan, series: Series[]): Pick<Source, 'offsets'> {
  if (offsetSeconds === undefined) return {}
  const terms = [...total, ...bad]
  const of = ({ metric }: Series) =>
    terms.find(({ selector }) => metricOf(selector) === metric)?.offsetSeconds ?? 0
  return { offsets: { longest: offsetSeconds, series: series.map(of) } }
}

/**
 * A gauge whose value is that of one series, or its age, is fed by that series. For any other query nobody knows which
 * samples make it good: its slices are fed instead, and the query itself stays unproven.
 */
function gaugeSource({ slo, service, indicator, slices, regions }: SloPlan): Source {
  const sliceSeconds = slices?.seconds ?? 60
  const gauge = indicator.gauge && gaugeSeries(indicator.gauge.query)
  const level = regions.length > 0 ? 'slo_region' : 'slo'
  const share = { metric: `${level}:slice_bad_ratio:${sliceSeconds / 60}m`, labels: { slo, service } }
  const { goodValue = 0, badValue = 1 } = (gauge && indicator.gauge) ?? {}
  const looks = gauge ? sliceSeconds / GAUGE_SECONDS : 1
  const longest = indicator.offsetSeconds
  return {
    // What is fed behind the query is not read later.
    ...(longest !== undefined && { offsets: { longest, series: [gauge ? longest : 0] } }),
    feed: { kind: 'gauge', isAge: gauge?.isAge ?? false, goodValue, badValue, sliceSeconds, looks },
    series: [gauge?.series ?? share],
  }
}

/** How far back the evaluation is to whose counts the next one adds what it gained. */
export function everySeconds({ feed, slices }: Feeding, { stepSeconds }: Clock): number {
  return Math.max(feed.kind === 'gauge' ? feed.sliceSeconds : (slices?.seconds ?? 0), stepSeconds)
}

export function feedCase({ feed, offsets, slices }: Feeding, traffic: Traffic, clock: Clock): FedCase {
  if (feed.kind === 'gauge') {
    return gaugeCase(feed, slices?.goodRatio, traffic, clock, laterSeconds(offsets, clock))
  }
  const { sampleSeconds, stepSeconds, endSeconds } = clock
  const counted = countsOf(traffic, sampleSeconds, endSeconds)
  const values = () => feed.perEvent.map((events) => promtoolValues(traffic, counted, events, sampleSeconds))
  if (!slices) {
    return { values, gained: (seconds) => between(counted, sampleSeconds, seconds - stepSeconds, seconds) }
  }
  return {
    values,
    gained: (seconds) => {
      const since = seconds - Math.max(slices.seconds, sampleSeconds)
      const { total, bad } = between(counted, sampleSeconds, since, seconds)
      return total === 0 ? undefined : { total: 1, bad: judged(slices.goodRatio, bad / total) }
    },
  }
}

function gaugeCase(
  { isAge, goodValue, badValue, looks }: Extract<Feed, { kind: 'gauge' }>,
  goodRatio: string | undefined,
  traffic: Traffic,
  { sampleSeconds, endSeconds }: Clock,
  later: number,
): FedCase {
  // The value of the series at a sample, and what the query makes of it when it looks.
  const value = (sample: number) => {
    const reading = badAt(traffic, sample) ? badValue : goodValue
    return isAge ? sample - reading : reading
  }
  const isBad = (sample: number, at: number) => {
    const reading = isAge ? at - value(sample) : value(sample)
    return badValue > goodValue ? reading >= badValue : reading <= badValue
  }
  return {
    // A time, of which the age is taken, is that of a world in which everything is later.
    values: () => [
      promtoolSamples(traffic, sampleSeconds, endSeconds, (at) => value(at) + (isAge ? later : 0)),
    ],
    gained: (seconds) => {
      const seen: number[] = []
      for (let look = 0; look < looks; look++) {
        const at = seconds - look * GAUGE_SECONDS
        const sample = Math.floor(lastSeen(traffic, at) / sampleSeconds) * sampleSeconds
        if (at >= 0 && at - sample < sampleSeconds) seen.push(Number(isBad(sample, at)))
      }
      const bad = seen.reduce((sum, one) => sum + one, 0) / seen.length
      return seen.length === 0 ? undefined : { total: 1, bad: judged(goodRatio, bad) }
    },
  }
}

/** With a ratio that makes it good, a slice is bad or not; without one, as bad as its share. */
function judged(goodRatio: string | undefined, badShare: number): number {
  if (goodRatio === undefined) return badShare
  // 1 - 0.9 is a little less than the 0.1 of the rules.
  return Number(badShare > Number((1 - Number(goodRatio)).toPrecision(12)))
}

function between({ good, bad }: Counted, sampleSeconds: number, from: number, to: number): Effect {
  const last = good.length - 1
  const before = Math.min(last, Math.max(0, Math.floor(from / sampleSeconds)))
  const now = Math.min(last, Math.max(0, Math.floor(to / sampleSeconds)))
  const gainedBad = (bad[now] ?? 0) - (bad[before] ?? 0)
  return { total: (good[now] ?? 0) - (good[before] ?? 0) + gainedBad, bad: gainedBad }
}

/** The one series of `metric{…}`, an aggregate of it, or `time() -` one of them, with an offset or none; undefined for other queries. */
function gaugeSeries(query: string): { series: Series; isAge: boolean } | undefined {
  const age = /^\s*time\(\)\s*-(.*)$/s.exec(query)
  let inner = (age?.[1] ?? query).trim()
  for (;;) {
    const [, body] =
      /^(?:(?:max|min|avg|sum)\s*(?:(?:by|without)\s*\([^()]*\)\s*)?)?\((.*)\)$/s.exec(inner) ?? []
    if (body === undefined) break
    inner = body.trim()
  }
  const plain = /^([a-zA-Z_:][\w:]*(?:\{(?:[^"{}]|"(?:[^"\\]|\\.)*")*\})?)(?:\s+offset\s+\w+)?$/i.exec(inner)
  const series = plain?.[1] === undefined ? undefined : seriesTaking(plain[1])
  return series && { series, isAge: age !== null }
}
