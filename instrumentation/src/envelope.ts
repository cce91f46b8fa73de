/**
 * The one envelope in which counts travel to the ledger, over HTTP and over Kafka.
 * A sender (`producer`) starts an `epoch` when it starts and numbers its envelopes `sequence` = 0, 1, 2, …
 * An envelope never changes once numbered: it is re-sent whole until it is acknowledged, and the ledger applies
 * each (producer, epoch, sequence) at most once, in the same transaction as the counts.
 */
import { z } from 'zod'
import { PHASES, REASONS, VERDICTS } from './vocabulary.ts'

/** Largest envelope the ledger reads, bytes after inflation. */
export const ENVELOPE_MAX_BYTES = 1_048_576

const name = z.string().min(1).max(200)
const label = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/)
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const unixSeconds = z.number().min(0).max(4_102_444_800) // the year 2100
const seconds = z.number().min(0).max(86_400)

/** One HTTP exchange of a probe. Durations in seconds. */
export const probeStepSchema = z
  .strictObject({
    step: label.meta({ description: 'what was asked, e.g. push-blob' }),
    durationSeconds: seconds,
    statusCode: z.number().int().min(100).max(599).optional(),
    connection: z.enum(['new', 'reused']).optional(),
    phases: z.partialRecord(z.enum(PHASES), seconds).meta({ description: 'seconds spent in each phase' }),
    bytes: count.optional(),
  })
  .meta({ id: 'ProbeStep' })

/** One finished run of a probe flow. `endedAt` decides the minute it is counted in. */
export const probeResultSchema = z
  .strictObject({
    runId: name,
    flow: label,
    vantage: label.meta({ description: "the prober's own region" }),
    region: label.meta({ description: "the target's region" }),
    startedAt: unixSeconds,
    endedAt: unixSeconds,
    verdict: z.enum(VERDICTS),
    reason: z.enum(REASONS).optional(),
    failedStep: label.optional(),
    message: z.string().max(500).optional(),
    traceId: z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .optional(),
    replicationLagSeconds: seconds.optional().meta({
      description: 'from the push in `vantage` until visible in `region`; at least this when it never was',
    }),
    steps: z.array(probeStepSchema).max(64),
  })
  .meta({ id: 'ProbeResult' })

/** Counts of one SLI in one region and UTC minute, by the sender's clock when the event ended. */
export const deltaSchema = z
  .strictObject({
    slo: label,
    region: label,
    minute: z
      .number()
      .int()
      .min(0)
      .multipleOf(60)
      .meta({ description: 'Unix seconds, start of the UTC minute' }),
    good: count,
    total: count,
  })
  .refine((delta) => delta.good <= delta.total, { message: 'good must not exceed total' })
  .meta({ id: 'Delta' })

const key = {
  schema: z.literal('plimsoll/envelope/1'),
  producer: name,
  epoch: count.meta({
    description: 'milliseconds since 1970 when the producer started; grows with each start',
  }),
  sequence: count,
}

export const envelopeSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      ...key,
      kind: z.literal('probe-results'),
      results: z.array(probeResultSchema).min(1).max(500),
    }),
    z.strictObject({ ...key, kind: z.literal('deltas'), deltas: z.array(deltaSchema).min(1).max(2000) }),
  ])
  .meta({ id: 'Envelope' })

export type ProbeStep = z.infer<typeof probeStepSchema>
export type ProbeResult = z.infer<typeof probeResultSchema>
export type Delta = z.infer<typeof deltaSchema>
export type Envelope = z.infer<typeof envelopeSchema>
