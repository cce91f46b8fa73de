/** How the traffic of a case reaches Prometheus, and what the rules count of it. */
import type { IndicatorPlan, SloPlan } from '@plimsoll/slo/plan'
import { type EventSeries, eventSeries, type Series, seriesTaking } from './event-series.ts'
import { badAt, countsAt, promtoolSamples, promtoolValues, type Traffic } from './traffic.ts'

/** Sampled and evaluated at these times, from 0. */
export type Clock = { sampleSeconds: number; stepSeconds: number; endSeconds: number }
type Input = { series: Series; values: string }
type Counted = { total: number; bad: number }

export type Feed = {
  input: (traffic: Traffic, clock: Clock) => Input[]
  /** What an evaluation adds to what the one `everySeconds` before knew; undefined when there is nothing to see. */
  gained: (traffic: Traffic, clock: Clock, seconds: number) => Counted | undefined
  everySeconds: (clock: Clock) => number
}

/** Prometheus's default: how old the sample may be that an instant takes. */
const STALE_SECONDS = 300
/** Gauges are looked at so often within a slice. */
const GAUGE_SECONDS = 30

/** `neighbours`: indicators of the same file, whose series it may share. */
export function feedOf(slo: SloPlan, neighbours: IndicatorPlan[]): Feed {
  const { indicator, slices } = slo
  if (indicator.badShareExpr !== undefined) return gaugeFeed(slo)
  const counted = neighbours.filter(({ total }) => total.length > 0)
  const events = eventSeries(indicator, counted)
  const input = (traffic: Traffic, clock: Clock) => counterInput(events, traffic, clock)
  if (!slices) {
    return {
      input,
      gained: (traffic, { sampleSeconds, stepSeconds }, seconds) =>
        between(traffic, sampleSeconds, seconds - stepSeconds, seconds),
      everySeconds: ({ stepSeconds }) => stepSeconds,
    }
  }
  return {
    input,
    gained: (traffic, clock, seconds) => {
      const since = seconds - Math.max(slices.seconds, clock.sampleSeconds)
      const { total, bad } = between(traffic, clock.sampleSeconds, since, seconds)
      return total === 0 ? undefined : { total: 1, bad: judged(slices, bad / total) }
    },
    everySeconds: ({ stepSeconds }) => Math.max(slices.seconds, stepSeconds),
  }
}

/**
 * A gauge whose value is that of one series, or its age, is fed by that series. For any other query nobody knows which
 * samples make it good: its slices are fed instead, and the query itself stays unproven.
 */
function gaugeFeed({ slo, service, indicator, slices, regions }: SloPlan): Feed {
  const { seconds: sliceSeconds, goodRatio } = slices ?? { seconds: 60 }
  const gauge = indicator.gauge && gaugeSeries(indicator.gauge.query)
  const level = regions.length > 0 ? 'slo_region' : 'slo'
  const share = { metric: `${level}:slice_bad_ratio:${sliceSeconds / 60}m`, labels: { slo, service } }
  const { goodValue = 0, badValue = 1 } = (gauge && indicator.gauge) ?? {}
  // The value of the series at a sample, and what the query makes of it when it looks.
  const value = (traffic: Traffic, sample: number) => {
    const reading = badAt(traffic, sample) ? badValue : goodValue
    return gauge?.isAge ? sample - reading : reading
  }
  const isBad = (traffic: Traffic, sample: number, at: number) => {
    const reading = gauge?.isAge ? at - value(traffic, sample) : value(traffic, sample)
    return badValue > goodValue ? reading >= badValue : reading <= badValue
  }
  const looks = gauge ? sliceSeconds / GAUGE_SECONDS : 1
  return {
    input: (traffic, { sampleSeconds, endSeconds }) => [
      {
        series: gauge?.series ?? share,
        values: promtoolSamples(traffic, sampleSeconds, endSeconds, (sample) => value(traffic, sample)),
      },
    ],
    gained: (traffic, { sampleSeconds }, seconds) => {
      const seen: number[] = []
      for (let look = 0; look < looks; look++) {
        const at = seconds - look * GAUGE_SECONDS
        const sample =
          Math.floor(Math.min(at, traffic.vanishesAtSeconds ?? at) / sampleSeconds) * sampleSeconds
        if (at >= 0 && at - sample < STALE_SECONDS) seen.push(Number(isBad(traffic, sample, at)))
      }
      const bad = seen.reduce((sum, one) => sum + one, 0) / seen.length
      return seen.length === 0 ? undefined : { total: 1, bad: judged({ goodRatio }, bad) }
    },
    everySeconds: ({ stepSeconds }) => Math.max(sliceSeconds, stepSeconds),
  }
}

/** With a ratio that makes it good, a slice is bad or not; without one, as bad as its share. */
function judged({ goodRatio }: { goodRatio?: string | undefined }, badShare: number): number {
  return goodRatio === undefined ? badShare : Number(badShare > 1 - Number(goodRatio))
}

function between(traffic: Traffic, sampleSeconds: number, from: number, to: number): Counted {
  const [before, now] = [countsAt(traffic, sampleSeconds, from), countsAt(traffic, sampleSeconds, to)]
  const bad = now.bad - before.bad
  return { total: now.good - before.good + bad, bad }
}

function counterInput({ good, bad }: EventSeries, traffic: Traffic, clock: Clock): Input[] {
  const all = new Map([...good, ...bad].map((series) => [JSON.stringify(series), series]))
  const has = (events: Series[], key: string) =>
    Number(events.some((series) => JSON.stringify(series) === key))
  return [...all].map(([key, series]) => ({
    series,
    values: promtoolValues(
      traffic,
      { good: has(good, key), bad: has(bad, key) },
      clock.sampleSeconds,
      clock.endSeconds,
    ),
  }))
}

/** The one series of `metric{…}`, an aggregate of it, or `time() -` one of them; undefined for other queries. */
function gaugeSeries(query: string): { series: Series; isAge: boolean } | undefined {
  const age = /^\s*time\(\)\s*-(.*)$/s.exec(query)
  let inner = (age?.[1] ?? query).trim()
  for (;;) {
    const [, body] =
      /^(?:(?:max|min|avg|sum)\s*(?:(?:by|without)\s*\([^()]*\)\s*)?)?\((.*)\)$/s.exec(inner) ?? []
    if (body === undefined) break
    inner = body.trim()
  }
  const plain = /^[a-zA-Z_:][\w:]*(?:\{(?:[^"{}]|"(?:[^"\\]|\\.)*")*\})?$/.test(inner)
  const series = plain ? seriesTaking(inner) : undefined
  return series && { series, isAge: age !== null }
}
