/** GET /api/v1/…: what the ledger says. */
import { VERDICTS } from '@plimsoll/instrumentation'
import { Router } from 'express'
import { z } from 'zod'
import type { Ledger } from '../../ledger/index.ts'
import type { CountedPlan } from '../counted-plan.ts'
import { sloStatus } from '../status.ts'
import { problem } from './problem.ts'

const name = z.string().min(1).max(200)

export const probeQuerySchema = z.strictObject({
  flow: name.optional(),
  region: name.optional().meta({ description: "the target's region" }),
  verdict: z.enum(VERDICTS).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

export type Queries = {
  plan: CountedPlan
  ledger: Ledger
  nowSeconds: () => number
  consoleBaseUrl: string
}

export function queryRoutes({ plan, ledger, nowSeconds, consoleBaseUrl }: Queries): Router {
  const router = Router()
  router.get('/api/v1/slos', async (_request, response) => {
    const now = nowSeconds()
    const slos = await Promise.all(plan.slos.map((slo) => sloStatus(ledger, slo, now, consoleBaseUrl)))
    response.json({ now, slos })
  })
  router.get('/api/v1/slos/:id', async (request, response) => {
    const slo = plan.slos.find((candidate) => candidate.slo === request.params.id)
    if (!slo)
      return problem(response, 404, 'SLO_UNKNOWN', 'the plan has no such SLO; GET /api/v1/slos lists them')
    response.json(await sloStatus(ledger, slo, nowSeconds(), consoleBaseUrl))
  })
  router.get('/api/v1/probes', async (request, response) => {
    const query = probeQuerySchema.safeParse(request.query)
    if (!query.success) return problem(response, 400, 'QUERY_INVALID', z.prettifyError(query.error))
    const { flow, region, verdict, limit } = query.data
    const filter = { limit, ...(flow && { flow }), ...(region && { region }), ...(verdict && { verdict }) }
    response.json({ runs: await ledger.probeRuns(filter) })
  })
  router.get('/api/v1/probes/:runId', async (request, response) => {
    const run = await ledger.probeRun(request.params.runId)
    if (!run)
      return problem(
        response,
        404,
        'RUN_UNKNOWN',
        'no such run, or it is no longer kept; only its counts are',
      )
    response.json(run)
  })
  return router
}
