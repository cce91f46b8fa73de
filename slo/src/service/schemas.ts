/** What the API answers: one source for the types, the checks in tests and the OpenAPI document. */
import { z } from 'zod'

const count = z.number().int()
const unixSeconds = z.number().meta({ description: 'Unix seconds' })
const state = z
  .enum(['healthy', 'at-risk', 'exhausted', 'noData'])
  .meta({ id: 'BudgetState', description: 'noData: no valid event in the window, neither 0 % nor 100 %' })

export const budgetSchema = z
  .object({
    good: count,
    bad: count,
    total: count.meta({ description: 'valid events; bad = total - good' }),
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
    bad: count,
    total: count,
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

const account = {
  state,
  budget: budgetSchema.nullable().meta({ description: 'null: no data' }),
  burn: z.array(burnSchema),
  coverage: coverageSchema,
}

export const regionSchema = z
  .object({ region: z.string(), expected: z.boolean(), ...account })
  .meta({ id: 'RegionStatus' })

export const sloStatusSchema = z
  .object({
    slo: z.string(),
    service: z.string(),
    displayName: z.string(),
    description: z.string(),
    owner: z.string(),
    good: z.string().meta({ description: 'what a good event is, in plain words' }),
    objective: z.object({
      target: z.string().meta({ description: 'exact decimal' }),
      errorBudget: z.string(),
    }),
    window: z.object({ name: z.string(), seconds: count, from: unixSeconds, to: unixSeconds }),
    source: z.object({ kind: z.enum(['prometheus', 'probe', 'deltas']), flow: z.string().optional() }),
    promises: z
      .array(z.object({ revision: z.string(), target: z.string(), effectiveFrom: unixSeconds }))
      .meta({ description: 'oldest first; each minute is measured by the promise valid then' }),
    ...account,
    regions: z.array(regionSchema),
    links: z.object({ console: z.string() }),
  })
  .meta({ id: 'SloStatus' })

export const sloListSchema = z
  .object({ now: unixSeconds, slos: z.array(sloStatusSchema) })
  .meta({ id: 'SloList' })

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
export type RegionStatus = z.infer<typeof regionSchema>
export type Coverage = z.infer<typeof coverageSchema>
export type Receipt = z.infer<typeof receiptSchema>
