/**
 * The shape of spec files: OpenSLO v1, https://github.com/OpenSLO/OpenSLO. Field names, optionality and limits are the
 * standard's; `schema/openslo.schema.json` is generated from here. What one field says about another is checked later.
 */
import { z } from 'zod'
import { metricSource } from './metric-sources.ts'

/** RFC 1123, as the standard asks; capitals too, because its own examples have them. SLO ids are stricter. */
const name = z
  .string()
  .regex(/^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/)
  .meta({ description: 'up to 63 letters, digits and dashes; of an SLO or Service in lower case' })
const description = z.string().max(1050).optional()
const displayName = z.string().min(1).max(200).optional()
const duration = z
  .string()
  .regex(/^[1-9]\d{0,5}[mhdwMQY]$/)
  .meta({ description: 'such as 28d, 1M or 5m' })
const labelKey = z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/)
const annotationKey = z
  .string()
  .max(317)
  .regex(/^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/)

const metadata = z
  .strictObject({
    name,
    displayName,
    labels: z.record(labelKey, z.union([z.string(), z.array(z.string())])).optional(),
    annotations: z.record(annotationKey, z.string()).optional(),
  })
  .meta({ id: 'Metadata' })

const apiVersion = z.literal('openslo/v1')
const metric = z.strictObject({ metricSource })

/** Either counts (total with good or bad) or one source that knows both: `raw`. The short forms are such sources. */
const ratioMetric = z.strictObject({
  counter: z.boolean().optional(),
  good: metric.optional(),
  bad: metric.optional(),
  total: metric.optional(),
  rawType: z.enum(['success', 'failure']).optional(),
  raw: metric.optional(),
})
const sliSpec = z.strictObject({
  description,
  thresholdMetric: metric.optional(),
  ratioMetric: ratioMetric.optional(),
})
const indicator = z
  .strictObject({
    apiVersion: apiVersion.optional(),
    kind: z.literal('SLI').optional(),
    metadata,
    spec: sliSpec,
  })
  .meta({ id: 'Indicator' })

const timeWindow = z.strictObject({
  duration,
  isRolling: z.boolean().optional(),
  calendar: z
    .strictObject({
      startTime: z.string().regex(/^\d{4}-\d\d-\d\d([ T]\d\d:\d\d:\d\d)?$/),
      timeZone: z.string().min(1).max(64).meta({ description: 'IANA name' }),
    })
    .optional(),
})

const objective = z.strictObject({
  displayName,
  op: z.enum(['lte', 'gte', 'lt', 'gt']).optional(),
  value: z.number().optional(),
  // The limits are for editors: the validator says more about a target outside of them.
  target: z.number().optional().meta({ exclusiveMinimum: 0, exclusiveMaximum: 1 }),
  targetPercent: z.number().optional().meta({ exclusiveMinimum: 0, exclusiveMaximum: 100 }),
  timeSliceTarget: z.number().optional(),
  timeSliceWindow: z.union([duration, z.number().positive()]).optional(),
  indicator: indicator.optional(),
  indicatorRef: z.string().optional(),
  // Weights are relative: what is a millionth of another does not count, and exact decimals have their limits.
  compositeWeight: z.number().min(1e-6).max(1e6).optional(),
})

const conditionSpec = z.strictObject({
  description,
  severity: z
    .string()
    .min(1)
    .max(200)
    .meta({ examples: ['page', 'ticket'] }),
  condition: z.strictObject({
    kind: z.literal('burnrate').optional(),
    op: z.enum(['lte', 'gte', 'lt', 'gt']),
    threshold: z.number(),
    lookbackWindow: duration,
    alertAfter: z.union([duration, z.literal('0m')]).optional(),
  }),
})
const targetSpec = z.strictObject({ description, target: z.string().min(1).max(200) })

/** An object in place, or a reference to a document of its own: exactly one of the two, which is checked later. */
const inline = <R extends string, S extends z.ZodType>(ref: R, kind: string, spec: S) =>
  z.strictObject({
    [ref]: z.string().optional(),
    apiVersion: apiVersion.optional(),
    kind: z.literal(kind).optional(),
    metadata: metadata.optional(),
    spec: spec.optional(),
  } as { [key in R]: z.ZodOptional<z.ZodString> } & {
    apiVersion: z.ZodOptional<typeof apiVersion>
    kind: z.ZodOptional<z.ZodLiteral<string>>
    metadata: z.ZodOptional<typeof metadata>
    spec: z.ZodOptional<S>
  })

const policySpec = z.strictObject({
  description,
  alertWhenNoData: z.boolean().optional(),
  alertWhenResolved: z.boolean().optional(),
  alertWhenBreaching: z.boolean().optional(),
  conditions: z.array(inline('conditionRef', 'AlertCondition', conditionSpec)).length(1),
  notificationTargets: z
    .array(inline('targetRef', 'AlertNotificationTarget', targetSpec))
    .min(1)
    .max(20),
})

const sloSpec = z.strictObject({
  description,
  service: z.string().min(1).max(200),
  indicator: indicator.optional(),
  indicatorRef: z.string().optional(),
  timeWindow: z.array(timeWindow).length(1).optional().meta({ description: 'default 28 rolling days' }),
  budgetingMethod: z.enum(['Occurrences', 'Timeslices', 'RatioTimeslices']),
  objectives: z.array(objective).min(1).max(50),
  alertPolicies: z
    .array(inline('alertPolicyRef', 'AlertPolicy', policySpec))
    .max(20)
    .nullish(),
})
const dataSourceSpec = z.strictObject({
  description,
  type: z.string().min(1).max(200),
  connectionDetails: z.unknown().optional(),
})

const document = <K extends string, S extends z.ZodType>(kind: K, spec: S) =>
  z.strictObject({ apiVersion, kind: z.literal(kind), metadata, spec }).meta({ id: kind })

export const documentSchemas = {
  Service: document('Service', z.strictObject({ description }).nullish()),
  SLO: document('SLO', sloSpec),
  SLI: document('SLI', sliSpec),
  AlertPolicy: document('AlertPolicy', policySpec),
  AlertCondition: document('AlertCondition', conditionSpec),
  AlertNotificationTarget: document('AlertNotificationTarget', targetSpec),
  DataSource: document('DataSource', dataSourceSpec),
}

export type Kind = keyof typeof documentSchemas
export type Documents = { [K in Kind]: z.infer<(typeof documentSchemas)[K]> }
export type SloBody = z.infer<typeof sloSpec>
export type Objective = z.infer<typeof objective>
export type SliSpec = z.infer<typeof sliSpec>
export type AlertPolicySpec = z.infer<typeof policySpec>
export type AlertConditionSpec = z.infer<typeof conditionSpec>
