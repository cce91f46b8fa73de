/**
 * Names, labels, buckets and verdicts that every part of Plimsoll shares: what is measured is said here once.
 * Sources: OpenTelemetry semantic conventions (HTTP server metrics), Prometheus naming practice.
 */

/** The RED histogram, unit s. Its `_count` is the request counter. OTel `http.server.request.duration`. */
export const HTTP_SERVER_DURATION = 'http_server_request_duration_seconds'

/** OTel's recommended bounds for HTTP durations, seconds. A latency SLO's threshold must be one of them. */
export const HTTP_DURATION_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
] as const

/** Labels of raw service series. `region` is set by the scrape configuration, never by the service itself. */
export const LABEL = {
  serviceName: 'service_name',
  region: 'region',
  method: 'http_request_method',
  route: 'http_route',
  statusCode: 'http_response_status_code',
  errorType: 'error_type',
  /** "true" on canary traffic, absent otherwise: user SLIs select `synthetic=""`. */
  synthetic: 'synthetic',
} as const

/** Header by which a prober marks its own requests, so that they stay out of users' SLIs. */
export const SYNTHETIC_HEADER = 'x-plimsoll-synthetic'

/** OTel's value for a request method that is not a known one. */
export const OTHER_METHOD = '_OTHER'
/** The one route label of everything that matched no route: a scanner must not create series. */
export const UNMATCHED_ROUTE = '_UNMATCHED'
/** Route of what a process counts past its series cap: the status code stays, so that a total stays right. */
export const OVERFLOW_ROUTE = '_OVERFLOW'
/** `error_type` of a request whose client went away before the answer was complete; its status is 499. */
export const ABORTED = 'aborted'

/** Methods that get a label value of their own: RFC 9110 and PATCH (RFC 5789), as OTel knows them. */
export const KNOWN_METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
] as const

/** Requests that a process counted in an overflow series because its series cap was reached. Label service_name. */
export const METRICS_DROPPED = 'plimsoll_metrics_dropped_total'

/**
 * Status codes that say the *request* was not valid or not ours to answer: in neither good nor total.
 * 499 is a client that went away (nginx's code; recorded on abort). 404 on an upload session is the exception: bad.
 */
export const NOT_VALID_STATUS_CODES = [400, 401, 403, 404, 405, 406, 416, 429, 499] as const

/** Series of the probers. `region` is the target's region, `vantage` the prober's own. */
export const PROBE_SERIES = {
  attempts: 'plimsoll_probe_attempts_total', // flow, vantage, region, verdict
  failures: 'plimsoll_probe_failures_total', // flow, vantage, region, step, reason
  duration: 'plimsoll_probe_duration_seconds', // flow, vantage, region; histogram
  stepDuration: 'plimsoll_probe_step_duration_seconds', // flow, vantage, region, step, phase, conn; histogram
  replicationLag: 'plimsoll_replication_lag_seconds', // from, to; histogram; a copy that never came counts past its limit
  lastRun: 'plimsoll_probe_last_run_timestamp_seconds', // flow, vantage, region; gauge, Unix seconds
  healthy: 'plimsoll_prober_healthy', // check; gauge 0 or 1
} as const

/**
 * Bounds of the replication lag, seconds: a fresh tag is visible elsewhere within 30 or 60 s, an object within 15 min.
 * A threshold of a lag SLO must be one of them.
 */
export const REPLICATION_LAG_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 120, 300, 900] as const

/**
 * What one probe run found. The probe SLI counts bad = target_fail and total = ok + target_fail;
 * every other verdict lowers coverage and spends no budget.
 */
export const VERDICTS = ['ok', 'target_fail', 'prober_fail', 'indeterminate', 'skipped'] as const
export type Verdict = (typeof VERDICTS)[number]

/** Why a run was not `ok`: exactly one per failed run. */
export const REASONS = [
  // the target's fault
  'connection_refused',
  'connection_reset',
  'timeout',
  'tls_error',
  'server_error', // 5xx
  'throttled', // 429
  'unauthorized', // good credentials refused
  'unexpected_status',
  'protocol_error', // an answer that OCI or HTTP does not allow
  'digest_mismatch', // the body is not what its digest says
  'truncated', // the body ended early
  'not_found', // what was pushed is not there
  'still_present', // what was deleted is still there
  'not_replicated', // what another region took is not visible in this one in time
  // the prober's own
  'dns_error',
  'prober_overloaded', // event loop too late for the measurement to mean anything
  'internal_error',
  'cancelled',
  // no verdict possible
  'unsupported', // the target lacks this capability
  'network_unreachable', // no route between prober and target: either may be cut off
  'source_failed', // the region that a copy should have come from failed: nothing is known about the target
] as const
export type Reason = (typeof REASONS)[number]

/** Phases of one HTTP exchange, in order. `dns`, `tcp`, `tls` are absent on a reused connection. */
export const PHASES = ['dns', 'tcp', 'tls', 'first_byte', 'transfer'] as const
export type Phase = (typeof PHASES)[number]

/**
 * Web vitals as histograms of what browsers report: seconds, and for CLS no unit. A vital's thresholds (good, poor) are
 * among its bounds, because an SLO's threshold must be one. Source of the thresholds: web.dev, "Web Vitals".
 */
export const WEB_VITALS = {
  /** Largest Contentful Paint: 2.5 and 4 s. */
  lcp: { name: 'web_vital_lcp_seconds', buckets: [0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 4, 6, 10, 20] },
  /** Interaction to Next Paint: 0.2 and 0.5 s. */
  inp: { name: 'web_vital_inp_seconds', buckets: [0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 2.5] },
  /** Cumulative Layout Shift: 0.1 and 0.25. */
  cls: { name: 'web_vital_cls', buckets: [0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.5, 1] },
  /** First Contentful Paint: 1.8 and 3 s. */
  fcp: { name: 'web_vital_fcp_seconds', buckets: [0.1, 0.25, 0.5, 1, 1.8, 2.5, 3, 5, 10] },
  /** Time To First Byte: 0.8 and 1.8 s. */
  ttfb: { name: 'web_vital_ttfb_seconds', buckets: [0.05, 0.1, 0.2, 0.4, 0.8, 1.2, 1.8, 3, 5] },
} as const
export type WebVital = keyof typeof WEB_VITALS

/** Exceptions that browsers report. Labels service_name, http_route, error_type. */
export const WEB_EXCEPTIONS = 'web_exceptions_total'
/** Batches that the Faro receiver was sent. Labels service_name, outcome. */
export const WEB_BATCHES = 'plimsoll_web_batches_total'
