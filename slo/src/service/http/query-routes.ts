/** GET /api/v1/…: what the ledger says. */
import { VERDICTS } from '@plimsoll/instrumentation'
import { Router } from 'express'
import { z } from 'zod'
import type { Ledger, ProbeRunFilter } from '../../ledger/index.ts'
import { burnDownPoints } from '../../report/burn-down.ts'
import { burnDownOf } from '../burn-down-data.ts'
import { compositesOf } from '../composites.ts'
import type { CountedPlan } from '../counted-plan.ts'
import { probeMatrix } from '../probe-matrix.ts'
import { probeRunOf } from '../probe-runs.ts'
import type { BurnDownAnswer, ProbeMatrix } from '../schemas.ts'
import { sloStatus } from '../status.ts'
import { problem } from './problem.ts'

const name = z.string().min(1).max(200)

export const probeQuerySchema = z.strictObject({
  slo: name.optional().meta({ description: 'runs that count in this SLO, or would with another verdict' }),
  flow: name.optional(),
  vantage: name.optional().meta({ description: "the prober's own region" }),
  region: name.optional().meta({ description: "the target's region" }),
  verdict: z.enum(VERDICTS).optional(),
  since: z.coerce.number().min(0).optional().meta({ description: 'ended then or later, Unix seconds' }),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

export const burnDownQuerySchema = z.strictObject({
  region: name.optional().meta({ description: 'one region; default all' }),
})

export type Queries = {
  plan: CountedPlan
  ledger: Ledger
  nowSeconds: () => number
  consoleBaseUrl: string
  traceUrl?: string | undefined
}

const SLO_UNKNOWN = 'the plan has no such SLO; GET /api/v1/slos lists them'

export function queryRoutes(queries: Queries): Router {
  const { plan, ledger, nowSeconds, consoleBaseUrl } = queries
  const router = Router()
  const promised = (id: string | undefined) => plan.slos.find(({ slo }) => slo === id)
  router.get('/api/v1/slos', async (_request, response) => {
    const now = nowSeconds()
    const slos = await Promise.all(plan.slos.map((slo) => sloStatus(ledger, slo, now, consoleBaseUrl)))
    response.json({ now, slos, composites: compositesOf(plan.composites, slos) })
  })
  router.get('/api/v1/slos/:id', async (request, response) => {
    const slo = promised(request.params.id)
    if (!slo) return problem(response, 404, 'SLO_UNKNOWN', SLO_UNKNOWN)
    response.json(await sloStatus(ledger, slo, nowSeconds(), consoleBaseUrl))
  })
  router.get('/api/v1/slos/:id/burn-down', async (request, response) => {
    const slo = promised(request.params.id)
    if (!slo) return problem(response, 404, 'SLO_UNKNOWN', SLO_UNKNOWN)
    const query = burnDownQuerySchema.safeParse(request.query)
    if (!query.success) return problem(response, 400, 'QUERY_INVALID', z.prettifyError(query.error))
    const { region } = query.data
    const status = await sloStatus(ledger, slo, nowSeconds(), consoleBaseUrl)
    if (region !== undefined && !status.regions.some((one) => one.region === region))
      return problem(response, 404, 'REGION_UNKNOWN', 'the SLO has no such region; its own answer lists them')
    const chart = await burnDownOf(ledger, status, region)
    const answer: BurnDownAnswer = {
      slo: slo.slo,
      region: region ?? null,
      from: chart?.from ?? status.window.from,
      to: status.window.to,
      sliceSeconds: chart?.sliceSeconds ?? 60,
      allowedBad: chart?.allowedBad ?? null,
      points: chart ? burnDownPoints(chart) : [],
      marks: chart?.marks ?? [],
    }
    response.json(answer)
  })
  router.get('/api/v1/probe-matrix', async (_request, response) => {
    const answer: ProbeMatrix = await probeMatrix(ledger, queries, nowSeconds())
    response.json(answer)
  })
  router.get('/api/v1/probes', async (request, response) => {
    const query = probeQuerySchema.safeParse(request.query)
    if (!query.success) return problem(response, 400, 'QUERY_INVALID', z.prettifyError(query.error))
    const { slo } = query.data
    if (slo !== undefined && !promised(slo)) return problem(response, 404, 'SLO_UNKNOWN', SLO_UNKNOWN)
    const filter = probeFilterOf(plan, query.data)
    const runs = filter ? await ledger.probeRuns(filter) : []
    response.json({ runs: runs.map((run) => probeRunOf(run, queries)) })
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
    response.json(probeRunOf(run, queries))
  })
  return router
}

/** Undefined when no run can match: the SLO does not count by probes, or by those of another flow. */
export function probeFilterOf(
  plan: CountedPlan,
  { slo, ...filter }: z.infer<typeof probeQuerySchema>,
): ProbeRunFilter | undefined {
  if (slo === undefined) return defined(filter)
  const source = plan.slos.find((one) => one.slo === slo)?.source
  if (source?.kind !== 'probe' || (filter.flow ?? source.flow) !== source.flow) return undefined
  return defined({ ...filter, flow: source.flow })
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** Without the fields that are undefined. */
export function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>
}
