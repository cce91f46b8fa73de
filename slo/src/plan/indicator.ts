/**
 * Short forms over the RED contract: what an SLO counts, as sums and differences of raw counters.
 * total = valid events, bad = total − good. Labels and series are those of `@plimsoll/instrumentation`.
 */
import {
  HTTP_DURATION_BUCKETS,
  HTTP_SERVER_DURATION,
  LABEL,
  NOT_VALID_STATUS_CODES,
  PROBE_SERIES,
} from '@plimsoll/instrumentation'
import { bucketBound, escapeRegex, type Matcher, oneOf, selector, sumOfPresent } from './promql.ts'
import type { HttpSource, ProbeSource } from './schema.ts'
import type { CounterTerm, IndicatorPlan } from './types.ts'

/** Seconds that a latency indicator may promise: the bounds of the histogram, or nothing could count it. */
export const LATENCY_THRESHOLDS: readonly number[] = HTTP_DURATION_BUCKETS

/** Requests answered without a server fault; with a threshold, successful requests that were fast enough. */
export function httpIndicator(source: HttpSource): IndicatorPlan {
  const sets = source.requests ?? [{}]
  const terms = sets.map((set) => httpTerms(source, set))
  const bad = terms.flatMap((term) => term.bad)
  const perRoute = bad.map(({ sign, selector }) => `${sign < 0 ? '-1 * ' : ''}increase(${selector}[5m])`)
  return {
    kind: 'http',
    good:
      source.thresholdSeconds === undefined
        ? 'a valid request answered without a server fault'
        : `a successful request answered within ${source.thresholdSeconds} s`,
    total: terms.flatMap((term) => term.total),
    bad,
    ...(source.thresholdSeconds === undefined ? {} : { thresholdSeconds: source.thresholdSeconds }),
    serviceName: source.serviceName,
    topRouteExpr: `topk(1, ${sumOfPresent(`sum by (${LABEL.route})`, perRoute)})`,
  }
}

type RequestSet = NonNullable<HttpSource['requests']>[number]

function httpTerms(source: HttpSource, set: RequestSet): { total: CounterTerm[]; bad: CounterTerm[] } {
  const which: Matcher[] = [
    { label: LABEL.serviceName, op: '=', value: source.serviceName },
    // Canary traffic is not a user's request.
    { label: LABEL.synthetic, op: '=', value: '' },
    ...(set.methods ? [oneOf(LABEL.method, set.methods)] : []),
    ...(set.routes ? [oneOf(LABEL.route, set.routes)] : []),
  ]
  const count = `${HTTP_SERVER_DURATION}_count`
  const codes = (op: '=~' | '!~', patterns: readonly string[]): Matcher => ({
    label: LABEL.statusCode,
    op,
    value: patterns.map((pattern) => pattern.replaceAll('x', '.')).join('|'),
  })
  if (source.thresholdSeconds !== undefined) {
    // Only successes: a fast 5xx is not a fast answer.
    const success = [...which, codes('=~', set.successStatusCodes ?? ['2xx', '3xx'])]
    const all = selector(count, success)
    const fast = selector(`${HTTP_SERVER_DURATION}_bucket`, [
      ...success,
      bucketBound(source.thresholdSeconds),
    ])
    return {
      total: [{ sign: 1, selector: all }],
      bad: [
        { sign: 1, selector: all },
        { sign: -1, selector: fast },
      ],
    }
  }
  const notValid = set.notValidStatusCodes ?? NOT_VALID_STATUS_CODES.map(String)
  const total = notValid.length === 0 ? which : [...which, codes('!~', notValid)]
  return {
    total: [{ sign: 1, selector: selector(count, total) }],
    bad: [{ sign: 1, selector: selector(count, [...which, codes('=~', set.badStatusCodes ?? ['5xx'])]) }],
  }
}

/** Runs of one probe flow. Only verdicts about the target count; the others lower coverage. */
export function probeIndicator(source: ProbeSource): IndicatorPlan {
  const which: Matcher[] = [
    { label: 'flow', op: '=', value: source.flow },
    ...(source.vantages ? [oneOf('vantage', source.vantages)] : []),
  ]
  const attempts = (verdicts: string[]) =>
    selector(PROBE_SERIES.attempts, [
      ...which,
      verdicts.length === 1
        ? { label: 'verdict', op: '=', value: verdicts[0] ?? '' }
        : { label: 'verdict', op: '=~', value: verdicts.map(escapeRegex).join('|') },
    ])
  return {
    kind: 'probe',
    good: `a finished run of the ${source.flow} probe in which the target did everything asked of it`,
    total: [{ sign: 1, selector: attempts(['ok', 'target_fail']) }],
    bad: [{ sign: 1, selector: attempts(['target_fail']) }],
  }
}
