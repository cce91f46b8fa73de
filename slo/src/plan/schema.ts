/**
 * The shape of spec files: OpenSLO v1, https://github.com/OpenSLO/OpenSLO. Field names, optionality and limits are the
 * standard's; `schema/openslo.schema.json` is generated from here. What one field says about another is checked later.
 */
import * as v from 'valibot'
import { metricSource, text } from './metric-sources.ts'
import { list, number, object, record } from './strict.ts'

/** RFC 1123, as the standard asks; capitals too, because its own examples have them. SLO ids are stricter. */
const name = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/),
  v.description('up to 63 letters, digits and dashes; of an SLO in lower case'),
)
/** SLO ids are in URLs, labels and dashboard UIDs: lower case. */
export const SLO_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/

/**
 * For editors: which fields go together, in JSON Schema. The validator checks the same where it reads the fields, and says
 * more about it; spec-schema.test.ts holds the two together.
 */
const has = (...required: string[]) => ({ required })
const hasNot = (...fields: string[]) => ({ not: { anyOf: fields.map((field) => has(field)) } })
const exactlyOne = (...fields: string[]) => ({ oneOf: fields.map((field) => has(field)) })
const description = v.optional(v.pipe(v.string(), v.maxLength(1050)))
const displayName = v.optional(text)
const duration = v.pipe(
  v.string(),
  v.regex(/^[1-9]\d{0,5}[mhdwMQY]$/),
  v.description('such as 28d, 1M or 5m'),
)
const labelKey = v.pipe(v.string(), v.regex(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/))
const annotationKey = v.pipe(
  v.string(),
  v.maxLength(317),
  v.regex(/^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/),
)

const metadata = object({
  name,
  displayName,
  labels: v.optional(record(labelKey, v.union([v.string(), v.array(v.string())]))),
  annotations: v.optional(record(annotationKey, v.string())),
})

const apiVersion = v.literal('openslo/v1')
const metric = object({ metricSource })

/** Either counts (total with good or bad) or one source that knows both: `raw`. The short forms are such sources. */
const ratioMetric = v.pipe(
  object({
    counter: v.optional(v.boolean()),
    good: v.optional(metric),
    bad: v.optional(metric),
    total: v.optional(metric),
    rawType: v.optional(v.picklist(['success', 'failure'])),
    raw: v.optional(metric),
  }),
  v.metadata({
    oneOf: [
      { ...has('raw', 'rawType'), ...hasNot('good', 'bad', 'total') },
      { ...has('total', 'good'), ...hasNot('bad', 'raw', 'rawType') },
      { ...has('total', 'bad'), ...hasNot('good', 'raw', 'rawType') },
    ],
  }),
)
const sliSpec = v.pipe(
  object({
    description,
    thresholdMetric: v.optional(metric),
    ratioMetric: v.optional(ratioMetric),
  }),
  v.metadata(exactlyOne('thresholdMetric', 'ratioMetric')),
)
const indicator = object({
  apiVersion: v.optional(apiVersion),
  kind: v.optional(v.literal('SLI')),
  metadata,
  spec: sliSpec,
})

const timeWindow = v.pipe(
  object({
    duration,
    isRolling: v.optional(v.boolean()),
    calendar: v.optional(
      object({
        startTime: v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\d([ T]\d\d:\d\d:\d\d)?$/)),
        timeZone: v.pipe(v.string(), v.minLength(1), v.maxLength(64), v.description('IANA name')),
      }),
    ),
  }),
  v.metadata({
    oneOf: [
      { ...has('calendar'), properties: { isRolling: { const: false } } },
      { ...has('isRolling'), properties: { isRolling: { const: true } }, ...hasNot('calendar') },
    ],
  }),
)

const objective = v.pipe(
  object({
    displayName,
    op: v.optional(v.picklist(['lte', 'gte', 'lt', 'gt'])),
    value: v.optional(number),
    // The limits are for editors: the validator says more about a target outside of them.
    target: v.optional(v.pipe(number, v.metadata({ exclusiveMinimum: 0, exclusiveMaximum: 1 }))),
    targetPercent: v.optional(v.pipe(number, v.metadata({ exclusiveMinimum: 0, exclusiveMaximum: 100 }))),
    timeSliceTarget: v.optional(number),
    timeSliceWindow: v.optional(v.union([duration, v.pipe(number, v.gtValue(0))])),
    indicator: v.optional(indicator),
    indicatorRef: v.optional(v.string()),
    // Weights are relative: what is a millionth of another does not count, and exact decimals have their limits.
    compositeWeight: v.optional(v.pipe(number, v.minValue(1e-6), v.maxValue(1e6))),
  }),
  v.metadata(exactlyOne('target', 'targetPercent')),
)

const conditionSpec = object({
  description,
  severity: v.pipe(text, v.examples(['page', 'ticket'])),
  condition: object({
    kind: v.optional(v.literal('burnrate')),
    op: v.picklist(['lte', 'gte', 'lt', 'gt']),
    threshold: number,
    lookbackWindow: duration,
    alertAfter: v.optional(v.union([duration, v.literal('0m')])),
  }),
})
const targetSpec = object({ description, target: text })

/** An object in place, or a reference to a document of its own: exactly one of the two, which is checked later. */
const inline = <R extends string, S extends v.GenericSchema>(ref: R, kind: string, spec: S) =>
  v.pipe(
    object({
      [ref]: v.optional(v.string()),
      apiVersion: v.optional(apiVersion),
      kind: v.optional(v.literal(kind)),
      metadata: v.optional(metadata),
      spec: v.optional(spec),
    } as { [key in R]: v.OptionalSchema<v.StringSchema<undefined>, undefined> } & {
      apiVersion: v.OptionalSchema<typeof apiVersion, undefined>
      kind: v.OptionalSchema<v.LiteralSchema<string, undefined>, undefined>
      metadata: v.OptionalSchema<typeof metadata, undefined>
      spec: v.OptionalSchema<S, undefined>
    }),
    v.metadata(exactlyOne(ref, 'spec')),
  )

const policySpec = object({
  description,
  alertWhenNoData: v.optional(v.boolean()),
  alertWhenResolved: v.optional(v.boolean()),
  alertWhenBreaching: v.optional(v.boolean()),
  conditions: list(inline('conditionRef', 'AlertCondition', conditionSpec), { min: 1, max: 1 }),
  notificationTargets: list(inline('targetRef', 'AlertNotificationTarget', targetSpec), { min: 1, max: 20 }),
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

const sloSpec = v.pipe(
  object({
    description,
    service: text,
    indicator: v.optional(indicator),
    indicatorRef: v.optional(v.string()),
    timeWindow: v.optional(
      v.pipe(list(timeWindow, { min: 1, max: 1 }), v.description('default 28 rolling days')),
    ),
    budgetingMethod: v.picklist(['Occurrences', 'Timeslices', 'RatioTimeslices']),
    objectives: list(objective, { min: 1, max: 50 }),
    alertPolicies: v.nullish(list(inline('alertPolicyRef', 'AlertPolicy', policySpec), { max: 20 })),
  }),
  v.metadata({
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
  }),
)
const dataSourceSpec = object({ description, type: text, connectionDetails: v.optional(v.unknown()) })

const document = <K extends string, S extends v.GenericSchema>(kind: K, spec: S) =>
  object({ apiVersion, kind: v.literal(kind), metadata, spec })

export const documentSchemas = {
  Service: document('Service', v.nullish(object({ description }))),
  SLO: document('SLO', sloSpec),
  SLI: document('SLI', sliSpec),
  AlertPolicy: document('AlertPolicy', policySpec),
  AlertCondition: document('AlertCondition', conditionSpec),
  AlertNotificationTarget: document('AlertNotificationTarget', targetSpec),
  DataSource: document('DataSource', dataSourceSpec),
}
/** What documents have in common has a name of its own in JSON Schema. */
export const partSchemas = { Metadata: metadata, Indicator: indicator, MetricSource: metricSource }

export type Kind = keyof typeof documentSchemas
export type Documents = { [K in Kind]: v.InferOutput<(typeof documentSchemas)[K]> }
export type SloBody = v.InferOutput<typeof sloSpec>
export type Objective = v.InferOutput<typeof objective>
export type SliSpec = v.InferOutput<typeof sliSpec>
export type AlertPolicySpec = v.InferOutput<typeof policySpec>
export type AlertConditionSpec = v.InferOutput<typeof conditionSpec>
