/**
 * Spans out of an OTLP/HTTP request in JSON, flattened to one plain object each.
 * Source: OpenTelemetry protocol 1.x, ExportTraceServiceRequest and "JSON Protobuf Encoding" (ids in hexadecimal,
 * 64-bit integers as strings). Unknown fields are ignored, as the protocol asks of a receiver.
 */
import { z } from 'zod'

/** Nesting is bounded, or a hostile value could exhaust the stack. */
const MAX_DEPTH = 8

const integer = z.union([z.string().regex(/^-?\d{1,20}$/), z.number().int()]).transform(String)
const unixNano = z
  .union([z.string().regex(/^\d{1,20}$/), z.number().int().min(0)])
  .transform((value) => BigInt(value))

/** A scalar as itself, an integer as a number, lists and maps as JSON would have them. */
type Value = string | number | boolean | null | Value[] | { [key: string]: Value }

const attributes = z
  .array(z.object({ key: z.string(), value: z.unknown().optional() }))
  .max(1000)
  .default([])
  .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, plainValue(value, 0)])))

const scalarSchema = z.object({
  stringValue: z.string().optional(),
  boolValue: z.boolean().optional(),
  intValue: integer.optional(),
  doubleValue: z.number().optional(),
  bytesValue: z.string().optional(),
  arrayValue: z.object({ values: z.array(z.unknown()).default([]) }).optional(),
  kvlistValue: z
    .object({ values: z.array(z.object({ key: z.string(), value: z.unknown().optional() })).default([]) })
    .optional(),
})

function plainValue(input: unknown, depth: number): Value {
  const parsed = scalarSchema.safeParse(input)
  if (!parsed.success || depth > MAX_DEPTH) return null
  const { stringValue, boolValue, intValue, doubleValue, bytesValue, arrayValue, kvlistValue } = parsed.data
  if (arrayValue) return arrayValue.values.map((value) => plainValue(value, depth + 1))
  if (kvlistValue) {
    return Object.fromEntries(kvlistValue.values.map(({ key, value }) => [key, plainValue(value, depth + 1)]))
  }
  return (
    stringValue ??
    boolValue ??
    (intValue === undefined ? undefined : Number(intValue)) ??
    doubleValue ??
    bytesValue ??
    null
  )
}

const traceId = z
  .string()
  .regex(/^(?!0{32})[0-9a-f]{32}$/i)
  .toLowerCase()
const spanId = z
  .string()
  .regex(/^(?!0{16})[0-9a-f]{16}$/i)
  .toLowerCase()

const SPAN_KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const
const SPAN_STATUSES = ['unset', 'ok', 'error'] as const

const spanSchema = z.object({
  traceId,
  spanId,
  parentSpanId: spanId.or(z.literal('')).optional(),
  name: z.string().max(10_000),
  kind: z.number().int().min(0).max(5).default(0),
  startTimeUnixNano: unixNano,
  endTimeUnixNano: unixNano,
  attributes,
  status: z
    .object({ code: z.number().int().min(0).max(2).default(0), message: z.string().optional() })
    .default({ code: 0 }),
  events: z.array(z.object({ name: z.string(), timeUnixNano: unixNano, attributes })).default([]),
})

export const traceExportSchema = z.object({
  resourceSpans: z
    .array(
      z.object({
        resource: z.object({ attributes }).default({ attributes: {} }),
        scopeSpans: z
          .array(
            z.object({
              scope: z.object({ name: z.string().default('') }).default({ name: '' }),
              spans: z.array(spanSchema).default([]),
            }),
          )
          .default([]),
      }),
    )
    .max(1000)
    .default([]),
})

export type Span = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: (typeof SPAN_KINDS)[number]
  /** Instrumentation scope: which library made it. */
  scope: string
  /** Unix seconds. */
  startedAt: number
  durationSeconds: number
  status: (typeof SPAN_STATUSES)[number]
  statusMessage?: string
  attributes: Record<string, Value>
  /** Of the process that made it: `service.name`, … */
  resource: Record<string, Value>
  events: { name: string; at: number; attributes: Record<string, Value> }[]
}

export function spansOf(request: z.infer<typeof traceExportSchema>): Span[] {
  return request.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        ...(span.parentSpanId ? { parentSpanId: span.parentSpanId } : {}),
        name: span.name,
        kind: SPAN_KINDS[span.kind] ?? 'unspecified',
        scope: scope.name,
        startedAt: seconds(span.startTimeUnixNano),
        durationSeconds: seconds(span.endTimeUnixNano - span.startTimeUnixNano),
        status: SPAN_STATUSES[span.status.code] ?? 'unset',
        ...(span.status.message ? { statusMessage: span.status.message } : {}),
        attributes: span.attributes,
        resource: resource.attributes,
        events: span.events.map((event) => ({
          name: event.name,
          at: seconds(event.timeUnixNano),
          attributes: event.attributes,
        })),
      })),
    ),
  )
}

function seconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e9
}
