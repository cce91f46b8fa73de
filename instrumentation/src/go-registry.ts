/**
 * Go services under the contract, without a change to them. A Go service instrumented with promhttp counts requests by
 * status in one metric and times them in another that has no status. Relabelling at scrape renames both into the RED
 * histogram:
 *
 *     requests_total{code}            → http_server_request_duration_seconds_count, with the status
 *     request_duration_seconds_bucket → …_bucket, request_duration_seconds_sum → …_sum, without one
 *     request_duration_seconds_count  → dropped: it would count every request a second time
 *
 * So `_count` is the request counter, as for every service, and each request is in it once; what cannot be known, the
 * status of a duration, is a label that is not there. A latency SLI counts buckets only: good `le="0.5"`, total
 * `le="+Inf"`, errors included. Nothing is ever added up: a recorded sum of counters would be wrong after a restart.
 */
import type { RelabelRule } from './relabel.ts'
import {
  HTTP_DURATION_BUCKETS,
  HTTP_SERVER_DURATION,
  KNOWN_METHODS,
  LABEL,
  OTHER_METHOD,
} from './vocabulary.ts'

/** How a Go service names what it measures; labels are promhttp's `code`, `method` (lower case) and its own `handler`. */
export type GoService = {
  serviceName: string
  /** The counter that has the status, label `code`. */
  requests: string
  /** The histogram that has none. */
  durations: string
  /** Each value of `handler` and its route template: no template twice, as two series cannot become one. */
  routes: Readonly<Record<string, string>>
  /** Bounds of the histogram that are not the contract's, as the exposition writes them. */
  foreignBounds: readonly string[]
}

/** docker-registry 2.8 and 3.0 (measured on 2.8.2). Paths that match no route are not counted by it. */
export const GO_REGISTRY: GoService = {
  serviceName: 'registry',
  requests: 'registry_http_requests_total',
  durations: 'registry_http_request_duration_seconds',
  routes: {
    base: '/v2/',
    blob: '/v2/{name}/blobs/{digest}',
    blob_upload: '/v2/{name}/blobs/uploads/',
    blob_upload_chunk: '/v2/{name}/blobs/uploads/{uuid}',
    catalog: '/v2/_catalog',
    manifest: '/v2/{name}/manifests/{reference}',
    tags: '/v2/{name}/tags/list',
  },
  foreignBounds: ['25', '60'],
}

/** Bounds that are left: those that the service and the contract share. */
export const GO_DURATION_BUCKETS: readonly number[] = HTTP_DURATION_BUCKETS.filter(
  (bound) => ![0.075, 0.75, 7.5].includes(bound), // promhttp's default bounds, prometheus.DefBuckets, have no such ones
)

const RED = `${HTTP_SERVER_DURATION}_(?:bucket|sum|count)`

/** `metric_relabel_configs` of the scrape of a Go service. Other metrics of the target pass untouched. */
export function goServiceRelabelling(service: GoService): RelabelRule[] {
  const { serviceName, requests, durations, routes, foreignBounds } = service
  const rename = (regex: string, replacement: string): RelabelRule => ({
    source_labels: ['__name__'],
    regex,
    target_label: '__name__',
    replacement,
  })
  /** Sets a label of the RED series whose label `from` matches; `$1` is its first group. */
  const set = (name: string, replacement: string, from = '', value = ''): RelabelRule => ({
    source_labels: from ? ['__name__', from] : ['__name__'],
    regex: from ? `${RED};${value}` : RED,
    target_label: name,
    replacement,
  })
  return [
    { source_labels: ['__name__'], regex: `${durations}_count`, action: 'drop' },
    {
      source_labels: ['__name__', 'le'],
      regex: `${durations}_bucket;(?:${foreignBounds.join('|')})(?:\\.0)?`, // Prometheus 3 writes 25.0
      action: 'drop',
    },
    // promhttp knows NOTIFY, OTel does not. As _OTHER it would be a second series beside `unknown`.
    {
      source_labels: ['__name__', 'method'],
      regex: `(?:${requests}|${durations}_(?:bucket|sum));notify`,
      action: 'drop',
    },
    rename(`${durations}_(bucket|sum)`, `${HTTP_SERVER_DURATION}_$1`),
    rename(requests, `${HTTP_SERVER_DURATION}_count`),
    set(LABEL.serviceName, serviceName),
    ...Object.entries(routes).map(([handler, route]) => set(LABEL.route, route, 'handler', handler)),
    set(LABEL.method, OTHER_METHOD),
    set(LABEL.method, '$1', 'method', `(${KNOWN_METHODS.join('|').toLowerCase()})`),
    { source_labels: [LABEL.method], target_label: LABEL.method, action: 'uppercase' },
    set(LABEL.statusCode, '$1', 'code', '([1-5][0-9][0-9])'),
    set(LABEL.errorType, '$1', 'code', '(5[0-9][0-9])'),
    ...['code', 'handler', 'method'].map((label) => set(label, '')),
  ]
}
