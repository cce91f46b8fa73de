/** The metric sources that an indicator may name: PromQL over counters, and short forms over the RED contract. */
import { z } from 'zod'
import { DB_BOUNDS, HTTP_BOUNDS, MESSAGING_BOUNDS } from './short-forms.ts'

const text = z.string().min(1).max(200)
const texts = z.array(text).min(1).max(50)
const codes = z.array(z.string().regex(/^[1-5](xx|\d\d)$/)).max(50)
const threshold = z.number().positive()
/** For editors: the validator says more about a latency that no bucket ends at. */
const latency = (bounds: readonly number[]) =>
  threshold.optional().meta({ description: 'for latency: a bound of the histogram', enum: [...bounds] })

/** `Prometheus`: a counter selector, or sums and differences of them. */
const prometheus = z.strictObject({ query: z.string().min(1).max(10_000) })

/** `Plimsoll/http`: requests of one service. */
const http = z.strictObject({
  serviceName: text.meta({ description: 'label service_name of the RED series' }),
  thresholdSeconds: latency(HTTP_BOUNDS),
  requests: z
    .array(
      z.strictObject({
        methods: texts.optional(),
        routes: texts
          .optional()
          .meta({ description: 'route templates, exactly as the label http_route has them' }),
        badStatusCodes: codes.min(1).optional().meta({ description: 'default 5xx' }),
        notValidStatusCodes: codes.optional().meta({ description: 'in neither good nor total' }),
        successStatusCodes: codes
          .min(1)
          .optional()
          .meta({ description: 'latency counts only these; default 2xx, 3xx' }),
      }),
    )
    .min(1)
    .max(20)
    .optional()
    .meta({ description: 'which requests; default all of the service' }),
})

/** `Plimsoll/probe`: finished runs of one probe flow. */
const probe = z.strictObject({ flow: text, vantages: texts.optional() })

/** `Plimsoll/messaging`: records processed; with a threshold, processed without error and fast enough. */
const messaging = z.strictObject({
  serviceName: text.optional(),
  destination: text.optional().meta({ description: 'topic or queue' }),
  consumerGroup: text.optional(),
  notValidErrors: texts.optional().meta({ description: "error_type values that are the sender's fault" }),
  thresholdSeconds: latency(MESSAGING_BOUNDS),
})

/** `Plimsoll/db`: client operations; with a threshold, those without error that were fast enough. */
const db = z.strictObject({
  serviceName: text.optional(),
  system: text.meta({ description: 'db_system_name, such as postgresql' }),
  operations: texts.optional(),
  notValidErrors: texts.optional().meta({ description: "error_type values that are the caller's fault" }),
  thresholdSeconds: latency(DB_BOUNDS),
})

/** `Plimsoll/web`: page views whose web vital was within the threshold. */
const web = z.strictObject({
  serviceName: text.optional(),
  vital: z.enum(['lcp', 'inp', 'cls', 'fcp', 'ttfb']),
  threshold: threshold.meta({ description: 'a bound of the histogram; seconds, and no unit for cls' }),
})

const ref = {
  metricSourceRef: z
    .string()
    .optional()
    .meta({ description: 'a DataSource; gives the type when it is left out' }),
}

export const metricSource = z
  .discriminatedUnion('type', [
    z.strictObject({ ...ref, type: z.literal('Prometheus'), spec: prometheus }),
    z.strictObject({ ...ref, type: z.literal('Plimsoll/http'), spec: http }),
    z.strictObject({ ...ref, type: z.literal('Plimsoll/probe'), spec: probe }),
    z.strictObject({ ...ref, type: z.literal('Plimsoll/messaging'), spec: messaging }),
    z.strictObject({ ...ref, type: z.literal('Plimsoll/db'), spec: db }),
    z.strictObject({ ...ref, type: z.literal('Plimsoll/web'), spec: web }),
  ])
  .meta({ id: 'MetricSource' })
export const METRIC_SOURCE_TYPES = metricSource.options.map((option) => option.shape.type.value)

export type MetricSource = z.infer<typeof metricSource>
export type HttpSource = z.infer<typeof http>
export type ProbeSource = z.infer<typeof probe>
export type MessagingSource = z.infer<typeof messaging>
export type DbSource = z.infer<typeof db>
export type WebSource = z.infer<typeof web>
