/** The shape of spec files: OpenSLO v1 (https://github.com/OpenSLO/OpenSLO) and our short-form metric sources. */
import { z } from 'zod'

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const name = z
  .string()
  .regex(NAME)
  .meta({ description: 'RFC 1123 name: lower case, digits and dashes, up to 63 characters' })
const description = z.string().max(1050)
const labelKey = z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/)
const annotationKey = z
  .string()
  .max(317)
  .regex(/^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/)

const metadata = z.strictObject({
  name,
  displayName: z.string().min(1).max(200).optional(),
  labels: z.record(labelKey, z.union([z.string(), z.array(z.string())])).optional(),
  annotations: z.record(annotationKey, z.string()).optional(),
})

const text = z.string().min(1).max(200)
const texts = z.array(text).min(1).max(50)
const codes = z.array(z.string().regex(/^[1-5](xx|\d\d)$/)).max(50)

/** `Plimsoll/http`: requests of one service, by the RED histogram. */
const httpSource = z.strictObject({
  serviceName: text.meta({ description: 'label service_name of the RED series' }),
  thresholdSeconds: z
    .number()
    .positive()
    .optional()
    .meta({ description: 'for latency: a bound of the histogram' }),
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
    .meta({ description: 'default: every request of the service' }),
})
/** `Plimsoll/probe`: runs of one probe flow. */
const probeSource = z.strictObject({ flow: text, vantages: texts.optional() })

const metricSource = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('Plimsoll/http'), spec: httpSource }),
  z.strictObject({ type: z.literal('Plimsoll/probe'), spec: probeSource }),
])

/** A short form knows both good and total, so it stands where OpenSLO has the one source of a ratio: `raw`. */
const ratioMetric = z.strictObject({
  counter: z.boolean().optional(),
  rawType: z.enum(['success', 'failure']),
  raw: z.strictObject({ metricSource }),
})

const indicator = z.strictObject({
  metadata,
  spec: z.strictObject({ description: description.optional(), ratioMetric }),
})

const timeWindow = z.strictObject({ duration: z.string(), isRolling: z.literal(true) })

const objective = z.strictObject({
  displayName: z.string().min(1).max(200).optional(),
  target: z.number().optional(),
  targetPercent: z.number().optional(),
})

export const serviceSchema = z.strictObject({
  apiVersion: z.literal('openslo/v1'),
  kind: z.literal('Service'),
  metadata,
  spec: z.strictObject({ description: description.optional() }),
})

export const sloSchema = z.strictObject({
  apiVersion: z.literal('openslo/v1'),
  kind: z.literal('SLO'),
  metadata,
  spec: z.strictObject({
    description: description.optional(),
    service: text,
    indicator,
    timeWindow: z.array(timeWindow).length(1),
    budgetingMethod: z.literal('Occurrences'),
    objectives: z.array(objective).length(1),
  }),
})

export const documentSchemas = { Service: serviceSchema, SLO: sloSchema }

export type Kind = keyof typeof documentSchemas
export type ServiceSpec = z.infer<typeof serviceSchema>
export type SloSpec = z.infer<typeof sloSchema>
export type HttpSource = z.infer<typeof httpSource>
export type ProbeSource = z.infer<typeof probeSource>
