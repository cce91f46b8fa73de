/** The JSON Schema of spec files, for editors: generated from what the validator itself uses. */
import { type JsonSchema, type OverrideSchemaContext, toJsonSchemaDefs } from '@valibot/to-json-schema'
import { ANNOTATIONS } from './annotations.ts'
import { documentSchemas, type Kind, partSchemas, SLO_NAME } from './schema.ts'

export const SPEC_SCHEMA_ID = 'https://plimsoll.dev/schema/openslo.schema.json'

/** JSON Schema 2020-12 of one document of a spec file, or of a list of them. */
export function specSchema(): object {
  const { Service, SLO, ...others } = documentSchemas
  const { Metadata, ...parts } = partSchemas
  const $defs: Record<string, JsonSchema> = toJsonSchemaDefs(
    { Service, Metadata, SLO, ...parts, ...others },
    { target: 'draft-2020-12', overrideSchema },
  )
  for (const kind of ['Service', 'SLO'] as const) withAnnotations($defs[kind], kind)
  $defs.MetricSource = withInferredType($defs.MetricSource)
  const documents = Object.keys(documentSchemas).map((kind) => ({ $ref: `#/$defs/${kind}` }))
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: SPEC_SCHEMA_ID,
    title: 'OpenSLO v1 as Plimsoll reads it',
    if: { type: 'array' },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { items: { $ref: '#/$defs/Document' } },
    else: { $ref: '#/$defs/Document' },
    $defs: { ...$defs, Document: { oneOf: documents } },
  }
}

/** A literal is a text for editors too, and of fields that are required nothing is said when none are. */
function overrideSchema({ valibotSchema, jsonSchema }: OverrideSchemaContext): JsonSchema {
  const { type, required = [], additionalProperties, ...schema } = jsonSchema
  return {
    type: valibotSchema.type === 'literal' ? 'string' : type,
    ...schema,
    ...(required.length > 0 && { required }),
    additionalProperties,
  }
}

/** Ours on documents of this kind: which must be there, what they may say, and no other of our prefix. */
function withAnnotations(schema: unknown, kind: Kind): void {
  const { properties } = schema as { properties: Record<string, unknown> }
  const known = Object.values(ANNOTATIONS).filter(({ on }) => on === kind)
  const required = known.filter(({ required }) => required).map(({ name }) => name)
  const annotations = {
    properties: Object.fromEntries(
      known.map(({ name, pattern, expected }) => [name, { pattern: pattern.source, description: expected }]),
    ),
    propertyNames: {
      anyOf: [{ not: { pattern: '^plimsoll\\.dev/' } }, { enum: known.map(({ name }) => name) }],
    },
    ...(required.length > 0 && { required }),
  }
  properties.metadata = {
    allOf: [{ $ref: '#/$defs/Metadata' }],
    properties: { ...(kind === 'SLO' && { name: { pattern: SLO_NAME.source } }), annotations },
    ...(required.length > 0 && { required: ['annotations'] }),
  }
}

/** Without a `type` it is that of the DataSource, which may be any of them. */
function withInferredType(schema: unknown): Record<string, unknown> {
  const { oneOf } = schema as { oneOf: object[] }
  const specs = oneOf.map((_, index) => ({
    $ref: `#/$defs/MetricSource/else/oneOf/${index}/properties/spec`,
  }))
  return {
    if: { required: ['metricSourceRef'], not: { required: ['type'] } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: {
      type: 'object',
      properties: { metricSourceRef: { type: 'string' }, spec: { anyOf: specs } },
      required: ['metricSourceRef', 'spec'],
      additionalProperties: false,
    },
    else: { oneOf },
  }
}
