/** The metric sources that an indicator may name: PromQL over counters, and short forms over the RED contract. */
import * as v from 'valibot'
import { DB_BOUNDS, HTTP_BOUNDS, MESSAGING_BOUNDS } from './short-forms.ts'
import { list, number, object, variant } from './strict.ts'

export const text = v.pipe(v.string(), v.minLength(1), v.maxLength(200))
const texts = list(text, { min: 1, max: 50 })
const code = v.pipe(v.string(), v.regex(/^[1-5](xx|\d\d)$/))
const codes = list(code, { min: 1, max: 50 })
const threshold = v.pipe(number, v.gtValue(0))
/** For editors: the validator says more about a latency that no bucket ends at. */
const latency = (bounds: readonly number[]) =>
  v.optional(
    v.pipe(
      threshold,
      v.metadata({ description: 'for latency: a bound of the histogram', enum: [...bounds] }),
    ),
  )
const optional = <S extends v.GenericSchema>(schema: S, description: string) =>
  v.optional(v.pipe(schema, v.description(description)))

/** `Prometheus`: a counter selector, or sums and differences of them. */
const prometheus = object({ query: v.pipe(v.string(), v.minLength(1), v.maxLength(10_000)) })

const requests = object({
  methods: v.optional(texts),
  routes: optional(texts, 'route templates, exactly as the label http_route has them'),
  badStatusCodes: optional(codes, 'default 5xx'),
  notValidStatusCodes: optional(list(code, { max: 50 }), 'in neither good nor total'),
  successStatusCodes: optional(codes, 'latency counts only these; default 2xx, 3xx'),
})
/** `Plimsoll/http`: requests of one service. */
const http = object({
  serviceName: v.pipe(text, v.description('label service_name of the RED series')),
  thresholdSeconds: latency(HTTP_BOUNDS),
  requests: optional(list(requests, { min: 1, max: 20 }), 'which requests; default all of the service'),
})

/** `Plimsoll/probe`: finished runs of one probe flow. */
const probe = object({ flow: text, vantages: v.optional(texts) })

/** `Plimsoll/messaging`: records processed; with a threshold, processed without error and fast enough. */
const messaging = object({
  serviceName: v.optional(text),
  destination: optional(text, 'topic or queue'),
  consumerGroup: v.optional(text),
  notValidErrors: optional(texts, "error_type values that are the sender's fault"),
  thresholdSeconds: latency(MESSAGING_BOUNDS),
})

/** `Plimsoll/db`: client operations; with a threshold, those without error that were fast enough. */
const db = object({
  serviceName: v.optional(text),
  system: v.pipe(text, v.description('db_system_name, such as postgresql')),
  operations: v.optional(texts),
  notValidErrors: optional(texts, "error_type values that are the caller's fault"),
  thresholdSeconds: latency(DB_BOUNDS),
})

/** `Plimsoll/web`: page views whose web vital was within the threshold. */
const web = object({
  serviceName: v.optional(text),
  vital: v.picklist(['lcp', 'inp', 'cls', 'fcp', 'ttfb']),
  threshold: v.pipe(threshold, v.description('a bound of the histogram; seconds, and no unit for cls')),
})

const source = <T extends string, S extends v.GenericSchema>(type: T, spec: S) =>
  object({
    metricSourceRef: optional(v.string(), 'a DataSource; gives the type when it is left out'),
    type: v.literal(type),
    spec,
  })

export const metricSource = variant('type', [
  source('Prometheus', prometheus),
  source('Plimsoll/http', http),
  source('Plimsoll/probe', probe),
  source('Plimsoll/messaging', messaging),
  source('Plimsoll/db', db),
  source('Plimsoll/web', web),
])
export const METRIC_SOURCE_TYPES = metricSource.options.map(({ entries }) => entries.type.literal)

export type MetricSource = v.InferOutput<typeof metricSource>
export type HttpSource = v.InferOutput<typeof http>
export type ProbeSource = v.InferOutput<typeof probe>
export type MessagingSource = v.InferOutput<typeof messaging>
export type DbSource = v.InferOutput<typeof db>
export type WebSource = v.InferOutput<typeof web>
