/**
 * Short forms over the RED contract: what an SLO counts, as sums and differences of raw counters.
 * total = valid events, bad = total − good. Names are OpenTelemetry's, as `@plimsoll/instrumentation` emits them.
 */
import {
  HTTP_DURATION_BUCKETS,
  HTTP_SERVER_DURATION,
  LABEL,
  NOT_VALID_STATUS_CODES,
  PROBE_SERIES,
  WEB_VITALS,
} from '@plimsoll/instrumentation/vocabulary'
import type { DbSource, HttpSource, MessagingSource, ProbeSource, WebSource } from './metric-sources.ts'
import { bucketBound, type Matcher, oneOf, selector, sumOfPresent } from './promql.ts'
import type { CounterTerm, IndicatorPlan } from './types.ts'

/** OTel `messaging.process.duration` and its recommended bounds, seconds. */
const MESSAGING_DURATION = 'messaging_process_duration_seconds'
export const MESSAGING_BOUNDS: readonly number[] = HTTP_DURATION_BUCKETS
/** OTel `db.client.operation.duration` and its recommended bounds, seconds. */
const DB_DURATION = 'db_client_operation_duration_seconds'
export const DB_BOUNDS: readonly number[] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]
export const HTTP_BOUNDS: readonly number[] = HTTP_DURATION_BUCKETS

type Counted = { total: CounterTerm[]; bad: CounterTerm[] }

/** Requests answered without a server fault; with a threshold, successful requests that were fast enough. */
export function httpIndicator(source: HttpSource): IndicatorPlan {
  const sets = (source.requests ?? [{}]).map((set) => httpTerms(source, set))
  const bad = sets.flatMap((set) => set.bad)
  const perRoute = bad.map(({ sign, selector }) => `${sign < 0 ? '-1 * ' : ''}increase(${selector}[5m])`)
  return {
    kind: 'http',
    good:
      source.thresholdSeconds === undefined
        ? 'a valid request answered without a server fault'
        : `a successful request answered within ${source.thresholdSeconds} s`,
    total: sets.flatMap((set) => set.total),
    bad,
    ...threshold(source.thresholdSeconds),
    serviceName: source.serviceName,
    topRouteExpr: `topk(1, ${sumOfPresent(`sum by (${LABEL.route})`, perRoute)})`,
  }
}

type RequestSet = NonNullable<HttpSource['requests']>[number]

function httpTerms(source: HttpSource, set: RequestSet): Counted {
  const which: Matcher[] = [
    { label: LABEL.serviceName, op: '=', value: source.serviceName },
    // Canary traffic is not a user's request.
    { label: LABEL.synthetic, op: '=', value: '' },
    ...(set.methods ? [oneOf(LABEL.method, set.methods)] : []),
    ...(set.routes ? [oneOf(LABEL.route, set.routes)] : []),
  ]
  const codes = (op: '=~' | '!~', patterns: readonly string[]): Matcher => ({
    label: LABEL.statusCode,
    op,
    value: patterns.map((pattern) => pattern.replaceAll('x', '.')).join('|'),
  })
  if (source.thresholdSeconds !== undefined) {
    // Only successes: a fast 5xx is not a fast answer.
    const success = [...which, codes('=~', set.successStatusCodes ?? ['2xx', '3xx'])]
    return slowerThan(HTTP_SERVER_DURATION, success, source.thresholdSeconds)
  }
  const notValid = set.notValidStatusCodes ?? NOT_VALID_STATUS_CODES.map(String)
  const valid = notValid.length === 0 ? which : [...which, codes('!~', notValid)]
  const faults = [...which, codes('=~', set.badStatusCodes ?? ['5xx'])]
  return countsOf(`${HTTP_SERVER_DURATION}_count`, valid, faults)
}

/** Runs of one probe flow. Only verdicts about the target count; the others lower coverage. */
export function probeIndicator(source: ProbeSource): IndicatorPlan {
  const which: Matcher[] = [
    { label: 'flow', op: '=', value: source.flow },
    ...(source.vantages ? [oneOf('vantage', source.vantages)] : []),
  ]
  const verdicts = (...verdict: string[]) => [...which, oneOf('verdict', verdict)]
  return {
    kind: 'probe',
    good: `a finished run of the ${source.flow} probe in which the target did everything asked of it`,
    ...countsOf(PROBE_SERIES.attempts, verdicts('ok', 'target_fail'), verdicts('target_fail')),
  }
}

export function messagingIndicator(source: MessagingSource): IndicatorPlan {
  const which: Matcher[] = [
    ...named(LABEL.serviceName, source.serviceName),
    ...named('messaging_destination_name', source.destination),
    ...named('messaging_consumer_group_name', source.consumerGroup),
  ]
  return {
    kind: 'messaging',
    good: `a record processed without error${within(source.thresholdSeconds)}`,
    ...errorsOrSlow(MESSAGING_DURATION, which, source.notValidErrors, source.thresholdSeconds),
  }
}

export function dbIndicator(source: DbSource): IndicatorPlan {
  const which: Matcher[] = [
    ...named(LABEL.serviceName, source.serviceName),
    ...named('db_system_name', source.system),
    ...(source.operations ? [oneOf('db_operation_name', source.operations)] : []),
  ]
  return {
    kind: 'db',
    good: `a ${source.system} operation without error${within(source.thresholdSeconds)}`,
    ...errorsOrSlow(DB_DURATION, which, source.notValidErrors, source.thresholdSeconds),
  }
}

export function webIndicator(source: WebSource): IndicatorPlan {
  const unit = source.vital === 'cls' ? '' : '_seconds'
  const which: Matcher[] = [
    ...named(LABEL.serviceName, source.serviceName),
    // A browser of ours is no user's.
    { label: LABEL.synthetic, op: '=', value: '' },
  ]
  return {
    kind: 'web',
    good: `a page view whose ${source.vital.toUpperCase()} was at most ${source.threshold}${unit && ' s'}`,
    ...slowerThan(WEB_VITALS[source.vital].name, which, source.threshold),
    ...(unit ? threshold(source.threshold) : {}),
  }
}

/** Errors are bad; with a threshold, only operations without error count, and the slow ones are bad. */
function errorsOrSlow(
  metric: string,
  which: Matcher[],
  notValidErrors: string[] | undefined,
  seconds: number | undefined,
) {
  const others = notValidErrors && oneOf(LABEL.errorType, notValidErrors)
  const valid: Matcher[] = others ? [...which, { ...others, op: others.op === '=' ? '!=' : '!~' }] : which
  const error = (op: '=' | '!='): Matcher => ({ label: LABEL.errorType, op, value: '' })
  return seconds === undefined
    ? countsOf(`${metric}_count`, valid, [...valid, error('!=')])
    : { ...slowerThan(metric, [...which, error('=')], seconds), thresholdSeconds: seconds }
}

function slowerThan(histogram: string, which: Matcher[], bound: number): Counted {
  const all: CounterTerm = { sign: 1, selector: selector(`${histogram}_count`, which) }
  const fast = selector(`${histogram}_bucket`, [...which, bucketBound(bound)])
  return { total: [all], bad: [all, { sign: -1, selector: fast }] }
}

function countsOf(counter: string, total: Matcher[], bad: Matcher[]): Counted {
  return {
    total: [{ sign: 1, selector: selector(counter, total) }],
    bad: [{ sign: 1, selector: selector(counter, bad) }],
  }
}

function named(label: string, value: string | undefined): Matcher[] {
  return value === undefined ? [] : [{ label, op: '=', value }]
}

function threshold(seconds: number | undefined): { thresholdSeconds?: number } {
  return seconds === undefined ? {} : { thresholdSeconds: seconds }
}

function within(seconds: number | undefined): string {
  return seconds === undefined ? '' : `, within ${seconds} s`
}
