/** An OpenSLO indicator → what is counted: counters of total and bad events, or the bad share of each time slice. */
import { WEB_VITALS } from '@plimsoll/instrumentation/vocabulary'
import { type GaugeQuery, parseCounterQuery, parseGaugeQuery } from './counter-query.ts'
import { windowName } from './duration.ts'
import { type FaultCode, fault } from './fault.ts'
import type { MetricSource } from './metric-sources.ts'
import { longestOffset, offsetsAtOdds } from './offset.ts'
import type { Path } from './read-yaml.ts'
import type { Objective, SliSpec, SloBody } from './schema.ts'
import {
  DB_BOUNDS,
  dbIndicator,
  HTTP_BOUNDS,
  httpIndicator,
  MESSAGING_BOUNDS,
  messagingIndicator,
  probeIndicator,
  webIndicator,
} from './short-forms.ts'
import type { CounterTerm, Fault, IndicatorPlan, LedgerSource } from './types.ts'

export type Measured = { indicator: IndicatorPlan; source: LedgerSource }
type Method = SloBody['budgetingMethod']
/** Where an indicator was written: inline, or in a document of its own. */
export type Written = { spec: SliSpec; locate: (path: Path) => string }

export function planIndicator(
  written: Written,
  objective: Objective,
  method: Method,
): Measured | { faults: Fault[] } {
  const { spec } = written
  const faults = checkSli(written)
  if (faults.length > 0) return { faults }
  if (spec.thresholdMetric)
    return thresholdIndicator(written, spec.thresholdMetric.metricSource, objective, method)
  const raw = spec.ratioMetric?.raw
  return raw ? rawIndicator(written, raw.metricSource, method) : countsIndicator(written)
}

/** What OpenSLO says about the fields of an SLI whatever refers to it: faults, or none. */
export function checkSli(written: Written): Fault[] {
  const { ratioMetric, thresholdMetric } = written.spec
  if ((ratioMetric === undefined) === (thresholdMetric === undefined)) {
    const saw = ratioMetric
      ? 'both ratioMetric and thresholdMetric'
      : 'neither ratioMetric nor thresholdMetric'
    return refuse(written, [], 'SPEC_FIELD_VALUE', saw, 'exactly one of them', 'choose one').faults
  }
  if (!ratioMetric) return []
  const { raw, rawType, good, bad, total } = ratioMetric
  if (raw && (good ?? bad ?? total)) {
    const at: Path = ['ratioMetric', 'raw']
    return refuse(written, at, 'SPEC_FIELD_VALUE', 'raw beside counts', 'one of the two', 'choose one').faults
  }
  if (raw && rawType === undefined) {
    const at: Path = ['ratioMetric', 'rawType']
    return refuse(written, at, 'SPEC_FIELD_MISSING', 'no rawType', 'success or failure', 'add it').faults
  }
  if (rawType !== undefined && !raw) {
    const at: Path = ['ratioMetric', 'rawType']
    const fix = 'remove it: good or bad says which they are'
    return refuse(written, at, 'SPEC_FIELD_VALUE', 'rawType without raw', 'rawType with raw', fix).faults
  }
  if (raw || (total && (good === undefined) !== (bad === undefined))) return []
  const saw = ['good', 'bad', 'total'].filter((name) => ({ good, bad, total })[name] !== undefined).join(', ')
  const fix = 'give total and one of good and bad, or raw with a short form'
  const expected = 'total with either good or bad'
  return refuse(written, ['ratioMetric'], 'SPEC_FIELD_VALUE', saw || 'no metric', expected, fix).faults
}

/** A short form, which knows both counts; or with `Prometheus` a ratio that somebody computed. */
function rawIndicator(
  written: Written,
  source: MetricSource,
  method: Method,
): Measured | { faults: Fault[] } {
  const path: Path = ['ratioMetric', 'raw', 'metricSource']
  const rawType = written.spec.ratioMetric?.rawType
  if (source.type === 'Prometheus') {
    if (method === 'Occurrences') {
      const fix = 'give total with good or bad, or use Timeslices or RatioTimeslices'
      return refuse(
        written,
        path,
        'SPEC_NOT_SUPPORTED',
        'a precomputed ratio with Occurrences',
        'counts of events',
        fix,
      )
    }
    const query = parseGaugeQuery(source.spec.query)
    if ('refused' in query)
      return refuseQuery(written, [...path, 'spec', 'query'], query.refused, 'a ratio in [0, 1]')
    const [badShare, goodValue] =
      rawType === 'success' ? [`1 - (${query.value.query})`, 1] : [`(${query.value.query})`, 0]
    const good = 'the share of good events in a time slice, as Prometheus has it'
    return gauge(good, badShare, query.value, { goodValue, badValue: 1 - goodValue })
  }
  if (rawType === 'failure') {
    const at: Path = ['ratioMetric', 'rawType']
    return refuse(written, at, 'SPEC_NOT_SUPPORTED', 'failure with a short form', 'success', 'write success')
  }
  return shortForm(written, path, source)
}

function shortForm(
  written: Written,
  path: Path,
  source: Exclude<MetricSource, { type: 'Prometheus' }>,
): Measured | { faults: Fault[] } {
  const bounded = (
    bounds: readonly number[],
    seconds: number | undefined,
    indicator: () => IndicatorPlan,
    { field, unit } = { field: 'thresholdSeconds', unit: ' s' },
  ) => {
    if (seconds === undefined || bounds.includes(seconds)) return counted(indicator())
    const at = [...path, 'spec', field]
    const expected = `a bound of the histogram (${bounds.join(', ')})`
    return refuse(written, at, 'SPEC_LATENCY_THRESHOLD', `${seconds}${unit}`, expected, 'choose one of them')
  }
  switch (source.type) {
    case 'Plimsoll/http':
      return bounded(HTTP_BOUNDS, source.spec.thresholdSeconds, () => httpIndicator(source.spec))
    case 'Plimsoll/messaging':
      return bounded(MESSAGING_BOUNDS, source.spec.thresholdSeconds, () => messagingIndicator(source.spec))
    case 'Plimsoll/db':
      return bounded(DB_BOUNDS, source.spec.thresholdSeconds, () => dbIndicator(source.spec))
    case 'Plimsoll/web': {
      const { vital, threshold } = source.spec
      const written = { field: 'threshold', unit: vital === 'cls' ? '' : ' s' }
      return bounded(WEB_VITALS[vital].buckets, threshold, () => webIndicator(source.spec), written)
    }
    case 'Plimsoll/probe':
      return { indicator: probeIndicator(source.spec), source: { kind: 'probe', flow: source.spec.flow } }
  }
}

function countsIndicator(written: Written): Measured | { faults: Fault[] } {
  const { good, bad, total, counter } = written.spec.ratioMetric ?? {}
  const at: Path = ['ratioMetric']
  if (counter === false) {
    const fix = 'use thresholdMetric with Timeslices for gauges'
    return refuse(written, [...at, 'counter'], 'SPEC_NOT_SUPPORTED', 'counter: false', 'counter: true', fix)
  }
  const faults: Fault[] = []
  const read = (field: 'good' | 'bad' | 'total', source: MetricSource | undefined): CounterTerm[] => {
    if (!source) return []
    const path: Path = [...at, field, 'metricSource']
    if (source.type !== 'Prometheus') {
      const fix = 'put a short form under raw, with rawType: success'
      faults.push(...refuse(written, path, 'SPEC_NOT_SUPPORTED', source.type, 'Prometheus', fix).faults)
      return []
    }
    const query = parseCounterQuery(source.spec.query)
    if ('value' in query) return query.value
    const expected = 'a counter selector, or sums and differences of them'
    faults.push(...refuseQuery(written, [...path, 'spec', 'query'], query.refused, expected).faults)
    return []
  }
  const totals = read('total', total?.metricSource)
  const goods = read('good', good?.metricSource)
  const bads = read('bad', bad?.metricSource)
  if (faults.length > 0) return { faults }
  const rest: CounterTerm[] = goods.map((term) => ({ ...term, sign: term.sign === 1 ? -1 : 1 }))
  const counts = { total: totals, bad: good ? [...totals, ...rest] : bads }
  const atOdds = offsetsAtOdds(counts.total, counts.bad)
  if (atOdds !== undefined) return refuseQuery(written, at, atOdds, 'offsets at which each event counts once')
  const words = good ? 'an event that the good query counts' : 'an event that the bad query does not count'
  return counted({
    kind: 'prometheus',
    ...later(words, longestOffset([...totals, ...rest, ...bads])),
    ...counts,
  })
}

/** What is good in words, and how much later it is counted. */
function later(good: string, offsetSeconds: number): Pick<IndicatorPlan, 'good' | 'offsetSeconds'> {
  if (offsetSeconds === 0) return { good }
  return { good: `${good}, counted ${windowName(offsetSeconds)} later`, offsetSeconds }
}

/** Each sample of a gauge is good or bad; slices are judged by the share of bad ones. */
function thresholdIndicator(
  written: Written,
  source: MetricSource,
  { op, value }: Objective,
  method: Method,
): Measured | { faults: Fault[] } {
  const path: Path = ['thresholdMetric', 'metricSource']
  if (source.type !== 'Prometheus') {
    return refuse(written, [...path, 'type'], 'SPEC_NOT_SUPPORTED', source.type, 'Prometheus', 'write PromQL')
  }
  if (method === 'Occurrences') {
    const fix = 'use Timeslices or RatioTimeslices: samples of a gauge are not events'
    return refuse(
      written,
      ['thresholdMetric'],
      'SPEC_NOT_SUPPORTED',
      'thresholdMetric with Occurrences',
      'time slices',
      fix,
    )
  }
  if (op === undefined || value === undefined) {
    const fix = 'add both to the objective'
    return refuse(
      written,
      ['thresholdMetric'],
      'SPEC_FIELD_MISSING',
      'no op or no value',
      'op and value',
      fix,
    )
  }
  const query = parseGaugeQuery(source.spec.query)
  if ('refused' in query) return refuseQuery(written, [...path, 'spec', 'query'], query.refused, 'a gauge')
  const [sign, words, goodBy, badBy] = COMPARISON[op]
  const badShare = `1 - ((${query.value.query}) ${sign} bool ${value})`
  const values = { goodValue: value + goodBy, badValue: value + badBy }
  return gauge(`a sample that is ${words} ${value}`, badShare, query.value, values)
}

/** Operator, words, and how far from the threshold the nearest whole steps are that are good and bad. */
const COMPARISON = {
  lt: ['<', 'below', -1, 0],
  lte: ['<=', 'at most', 0, 1],
  gt: ['>', 'above', 1, 0],
  gte: ['>=', 'at least', 0, -1],
} as const

function gauge(
  good: string,
  badShareExpr: string,
  { query, offsetSeconds, furthestSeconds }: GaugeQuery,
  values: { goodValue: number; badValue: number },
): Measured {
  const furthest = furthestSeconds > 0 && { furthestSeconds }
  return counted({
    kind: 'threshold',
    ...later(good, offsetSeconds),
    total: [],
    bad: [],
    badShareExpr,
    gauge: { query, ...values, ...furthest },
  })
}

function counted(indicator: IndicatorPlan): Measured {
  return { indicator, source: { kind: 'prometheus' } }
}

function refuseQuery(written: Written, path: Path, saw: string, expected: string): { faults: Fault[] } {
  return refuse(written, path, 'SPEC_QUERY', saw, expected, 'rewrite the query')
}

function refuse(written: Written, path: Path, code: FaultCode, saw: string, expected: string, fix: string) {
  return { faults: [fault(code, written.locate(path), saw, expected, fix)] }
}
