/** POST /api/v1/envelopes: counts and probe results from senders, each applied exactly once. */
import { ENVELOPE_MAX_BYTES, envelopeSchema } from '@plimsoll/instrumentation/envelope'
import express, { Router } from 'express'
import { z } from 'zod'
import type { Ledger } from '../../ledger/index.ts'
import type { CountedPlan } from '../counted-plan.ts'
import { metrics } from '../metrics.ts'
import type { Receipt } from '../schemas.ts'
import { batchOf } from '../sources/envelopes.ts'
import { requireToken } from './bearer-token.ts'
import { problem } from './problem.ts'

const DETAIL_MAX_CHARS = 1000

export function envelopeRoutes(
  plan: CountedPlan,
  ledger: Ledger,
  tokenFile: string,
  nowSeconds: () => number,
): Router {
  const router = Router()
  router.post(
    '/api/v1/envelopes',
    requireToken(tokenFile),
    express.json({ limit: ENVELOPE_MAX_BYTES }),
    async (request, response) => {
      const parsed = envelopeSchema.safeParse(request.body)
      if (!parsed.success) {
        metrics.envelopes.inc({ outcome: 'invalid' })
        const detail = z.prettifyError(parsed.error).slice(0, DETAIL_MAX_CHARS)
        return problem(response, 422, 'ENVELOPE_INVALID', detail)
      }
      const { batch, refused } = batchOf(plan, parsed.data)
      const { status, quarantined } = await ledger.apply(batch, nowSeconds())
      if (status === 'stale') throw new Error('an envelope has no position to be stale')
      metrics.envelopes.inc({ outcome: status })
      metrics.quarantined.inc(quarantined)
      metrics.refused.inc(refused.length)
      const receipt: Receipt = { status, quarantined, refused }
      response.json(receipt)
    },
  )
  return router
}
