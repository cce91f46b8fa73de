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
  .meta({ description: 'up to 63 letters, digits and dashes; of an SLO in lower case' })
/** SLO ids are in URLs, labels and dashboard UIDs: lower case. */
export const SLO_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/

/**
 * For editors: which fields go together, in JSON Schema. The validator checks the same where it reads the fields, and says
 * more about it; spec-schema.test.ts holds the two together.
 */
const has = (...required: string[]) => ({ required })
const hasNot = (...fields: string[]) => ({ not: { anyOf: fields.map((field) => has(field)) } })
const exactlyOne = (...fields: string[]) => ({ oneOf: fields.map((field) => has(field)) })
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
const ratioMetric = z
  .strictObject({
    counter: z.boolean().optional(),
    good: metric.optional(),
    bad: metric.optional(),
    total: metric.optional(),
    rawType: z.enum(['success', 'failure']).optional(),
    raw: metric.optional(),
  })
  .meta({
    oneOf: [
      { ...has('raw', 'rawType'), ...hasNot('good', 'bad', 'total') },
      { ...has('total', 'good'), ...hasNot('bad', 'raw', 'rawType') },
      { ...has('total', 'bad'), ...hasNot('good', 'raw', 'rawType') },
    ],
  })
const sliSpec = z
  .strictObject({
    description,
    thresholdMetric: metric.optional(),
    ratioMetric: ratioMetric.optional(),
  })
  .meta(exactlyOne('thresholdMetric', 'ratioMetric'))
const indicator = z
  .strictObject({
    apiVersion: apiVersion.optional(),
    kind: z.literal('SLI').optional(),
    metadata,
    spec: sliSpec,
  })
  .meta({ id: 'Indicator' })

const timeWindow = z
  .strictObject({
    duration,
    isRolling: z.boolean().optional(),
    calendar: z
      .strictObject({
        startTime: z.string().regex(/^\d{4}-\d\d-\d\d([ T]\d\d:\d\d:\d\d)?$/),
        timeZone: z.string().min(1).max(64).meta({ description: 'IANA name' }),
      })
      .optional(),
  })
  .meta({
    oneOf: [
      { ...has('calendar'), properties: { isRolling: { const: false } } },
      { ...has('isRolling'), properties: { isRolling: { const: true } }, ...hasNot('calendar') },
    ],
  })

const objective = z
  .strictObject({
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
  .meta(exactlyOne('target', 'targetPercent'))

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
  z
    .strictObject({
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
    .meta(exactlyOne(ref, 'spec'))

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

/** A composite has an indicator in each objective, and none of its own. */
const ofObjectives = (items: object) => ({ properties: { objectives: { items } } })
const NO_INDICATOR = hasNot('indicator', 'indicatorRef')
const ofMethod = (budgetingMethod: string, required: string[]) => ({
  if: { properties: { budgetingMethod: { const: budgetingMethod } } },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: ofObjectives({
    required,
    properties: {
      timeSliceTarget: { exclusiveMinimum: 0, maximum: 1 },
      timeSliceWindow: { enum: ['1m', '5m', 1, 5] },
    },
  }),
})

const sloSpec = z
  .strictObject({
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
  .meta({
    oneOf: [
      { ...has('indicator'), ...hasNot('indicatorRef'), ...ofObjectives(NO_INDICATOR) },
      { ...has('indicatorRef'), ...hasNot('indicator'), ...ofObjectives(NO_INDICATOR) },
      { ...NO_INDICATOR, ...ofObjectives(exactlyOne('indicator', 'indicatorRef')) },
    ],
    allOf: [
      {
        if: {
          ...has('indicator'),
          properties: { indicator: { properties: { spec: has('thresholdMetric') } } },
        },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { properties: { objectives: { items: has('op', 'value'), maxItems: 1 } } },
      },
      ofMethod('Timeslices', ['timeSliceTarget', 'timeSliceWindow']),
      ofMethod('RatioTimeslices', ['timeSliceWindow']),
    ],
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
