/** What the API answers: one source for the types, the checks in tests and the OpenAPI document. */
import { VERDICTS } from '@plimsoll/instrumentation'
import { probeResultSchema } from '@plimsoll/instrumentation/envelope'
import { z } from 'zod'

const count = z.number().int()
const unixSeconds = z.number().meta({ description: 'Unix seconds' })
const state = z
  .enum(['healthy', 'at-risk', 'exhausted', 'noData'])
  .meta({ id: 'BudgetState', description: 'noData: no valid event in the window, neither 0 % nor 100 %' })

/** Integers, except where RatioTimeslices makes a slice partly bad. */
const counted = z.number()
const decimal = z.string().meta({ description: 'exact decimal' })

export const budgetSchema = z
  .object({
    good: counted,
    bad: counted,
    total: counted.meta({ description: 'valid events, or slices with one; bad = total - good' }),
    goodRatio: z.number().meta({ description: 'the SLI, 0..1' }),
    allowedBad: z.number().meta({ description: 'bad events that the promise allows for this total' }),
    remainingBad: z.number(),
    spentRatio: z.number(),
    remainingRatio: z.number().meta({ description: 'share of the budget left; negative when overspent' }),
  })
  .meta({ id: 'Budget' })

export const burnSchema = z
  .object({
    window: z.string().meta({ description: 'e.g. 1h' }),
    seconds: count,
    rate: z
      .number()
      .nullable()
      .meta({ description: '1 spends the budget exactly in the period; null: no data' }),
    bad: counted,
    total: counted,
  })
  .meta({ id: 'Burn' })

export const coverageSchema = z
  .object({
    seenMinutes: count.meta({ description: 'minutes in which the source reported' }),
    promisedMinutes: count.meta({ description: 'whole minutes of the window since the first promise' }),
    windowMinutes: count,
    ratio: z.number().nullable().meta({ description: 'seen / promised; null before the first whole minute' }),
    smearedMinutes: count.meta({ description: 'seen minutes that also hold events of unseen ones before' }),
    brokenMinutes: count.meta({
      description: 'minutes in which a counter restarted: a few events may be missing',
    }),
    lastSeenMinute: unixSeconds.nullable(),
    blind: z.boolean().meta({ description: 'nothing seen for ten minutes' }),
  })
  .meta({ id: 'Coverage' })

const standing = { state, budget: budgetSchema.nullable().meta({ description: 'null: no data' }) }
const account = {
  ...standing,
  burn: z.array(burnSchema),
  coverage: coverageSchema,
}

export const regionSchema = z
  .object({ region: z.string(), expected: z.boolean(), ...account })
  .meta({ id: 'RegionStatus' })

export const calendarSchema = z
  .object({
    duration: z.string().meta({ description: 'e.g. 1M, 1Q' }),
    timeZone: z.string().meta({ description: 'IANA name' }),
    startTime: z.string().meta({ description: 'local; windows begin at it plus whole durations' }),
    from: unixSeconds,
    to: unixSeconds.meta({ description: 'when the window ends; the budget is of what has been of it' }),
    seenRatio: z.number().meta({
      description: 'seen share of what has been of the window, the time before the first promise included',
    }),
    ...standing,
  })
  .meta({ id: 'CalendarBudget', description: 'the window on the calendar that holds now' })

export const sloStatusSchema = z
  .object({
    slo: z.string(),
    service: z.string(),
    displayName: z.string(),
    description: z.string(),
    owner: z.string(),
    good: z.string().meta({ description: 'what a good event is, in plain words' }),
    objective: z.object({
      target: decimal.meta({ description: 'exact decimal: the promise in force now' }),
      errorBudget: decimal,
    }),
    counts: z.enum(['events', 'slices']).meta({ description: 'what good, bad and total count' }),
    slices: z
      .object({
        seconds: count,
        goodRatio: decimal
          .optional()
          .meta({ description: 'share of good events that makes a slice good; absent: partly bad slices' }),
      })
      .optional(),
    window: z.object({ name: z.string(), seconds: count, from: unixSeconds, to: unixSeconds }),
    source: z.object({ kind: z.enum(['prometheus', 'probe', 'deltas']), flow: z.string().optional() }),
    promises: z
      .array(z.object({ revision: z.string(), target: z.string(), effectiveFrom: unixSeconds }))
      .meta({ description: 'oldest first; each minute is measured by the promise valid then' }),
    ...account,
    regions: z.array(regionSchema),
    calendars: z.array(calendarSchema),
    composite: z
      .object({ slo: z.string(), weight: decimal })
      .optional()
      .meta({ description: 'the composite that this objective is a part of' }),
    links: z.object({ console: z.string() }),
  })
  .meta({ id: 'SloStatus' })

export const compositeSchema = z
  .object({
    slo: z.string(),
    service: z.string(),
    displayName: z.string(),
    description: z.string(),
    owner: z.string(),
    window: z.object({ name: z.string(), seconds: count }),
    state: standing.state,
    parts: z.array(
      z.object({
        slo: z.string(),
        displayName: z.string(),
        weight: decimal,
        state: standing.state,
        spentRatio: z.number().nullable().meta({ description: 'of the budget of the whole' }),
        burn: z
          .array(z.object({ window: z.string(), seconds: count, rate: z.number().nullable() }))
          .meta({ description: 'what it adds to the burn rate of the whole' }),
      }),
    ),
    remainingRatio: z
      .number()
      .nullable()
      .meta({ description: 'what the parts spent, added up as OpenSLO says; null: a part has no data' }),
    burn: z.array(z.object({ window: z.string(), seconds: count, rate: z.number().nullable() })),
  })
  .meta({ id: 'CompositeStatus' })

export const sloListSchema = z
  .object({ now: unixSeconds, slos: z.array(sloStatusSchema), composites: z.array(compositeSchema) })
  .meta({ id: 'SloList' })

export const burnDownSchema = z
  .object({
    slo: z.string(),
    region: z.string().nullable().meta({ description: 'null: all regions' }),
    from: unixSeconds,
    to: unixSeconds,
    sliceSeconds: count,
    allowedBad: z.number().nullable().meta({ description: 'null: no data, and no points' }),
    points: z
      .array(
        z.object({
          at: unixSeconds,
          remainingRatio: z
            .number()
            .meta({ description: 'share of the budget left; negative when overspent' }),
          seen: z.boolean().meta({ description: 'whether the source reported in the time that ends here' }),
        }),
      )
      .meta({ description: 'oldest first' }),
    marks: z
      .array(z.object({ at: unixSeconds, label: z.string() }))
      .meta({ description: 'promises that began' }),
  })
  .meta({ id: 'BurnDown' })

export const probeRunSchema = probeResultSchema
  .extend({
    slos: z.array(z.string()).meta({ description: 'SLOs that this run counts in' }),
    links: z.object({ console: z.string(), trace: z.string().optional() }),
  })
  .meta({ id: 'ProbeRun' })

export const probeListSchema = z.object({ runs: z.array(probeRunSchema) }).meta({ id: 'ProbeRunList' })

export const probeCellSchema = z
  .object({
    vantage: z.string(),
    region: z.string(),
    last: probeRunSchema,
    ageSeconds: z.number(),
    intervalSeconds: z
      .number()
      .nullable()
      .meta({ description: 'usual time between two runs; null: one run' }),
    stale: z
      .boolean()
      .meta({ description: 'no run for three intervals: the last verdict says nothing of now' }),
    recent: z.object({
      runs: count,
      ok: count,
      failed: count.meta({ description: 'target_fail' }),
      okRatio: z.number().nullable().meta({ description: 'ok / (ok + failed); null: neither' }),
      verdicts: z
        .array(z.object({ runId: z.string(), verdict: z.enum(VERDICTS), endedAt: unixSeconds }))
        .meta({ description: 'newest first' }),
    }),
  })
  .meta({ id: 'ProbeCell' })

export const probeMatrixSchema = z
  .object({
    now: unixSeconds,
    flows: z.array(
      z.object({
        flow: z.string(),
        slos: z.array(z.string()),
        vantages: z.array(z.string()),
        regions: z.array(z.string()).meta({ description: 'targets: those of the SLOs, and those with runs' }),
        cells: z.array(probeCellSchema).meta({ description: 'pairs with runs; a pair without is absent' }),
      }),
    ),
  })
  .meta({ id: 'ProbeMatrix' })

export const receiptSchema = z
  .object({
    status: z.enum(['applied', 'duplicate']),
    quarantined: count.meta({ description: 'counts whose minute is in the future: kept, not counted' }),
    refused: z.array(z.object({ slo: z.string(), reason: z.string() })),
  })
  .meta({ id: 'Receipt' })

export const problemSchema = z
  .object({ type: z.string(), title: z.string(), status: count, code: z.string(), detail: z.string() })
  .meta({ id: 'Problem', description: 'RFC 9457' })

export type SloStatus = z.infer<typeof sloStatusSchema>
export type CompositeStatus = z.infer<typeof compositeSchema>
export type RegionStatus = z.infer<typeof regionSchema>
export type Coverage = z.infer<typeof coverageSchema>
export type Receipt = z.infer<typeof receiptSchema>
export type BurnDownAnswer = z.infer<typeof burnDownSchema>
export type ProbeRun = z.infer<typeof probeRunSchema>
export type ProbeCell = z.infer<typeof probeCellSchema>
export type ProbeMatrix = z.infer<typeof probeMatrixSchema>
