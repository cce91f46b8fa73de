/** The console: server-rendered pages over the same answers as the API. */
import { readFileSync } from 'node:fs'
import { Router } from 'express'
import { z } from 'zod'
import { burnDownOf } from '../burn-down-data.ts'
import { compositesOf } from '../composites.ts'
import { problem } from '../http/problem.ts'
import { defined, probeFilterOf, probeQuerySchema, type Queries } from '../http/query-routes.ts'
import { probeMatrix } from '../probe-matrix.ts'
import { probeRunOf } from '../probe-runs.ts'
import { ALL_REGIONS } from '../sources/counter-reader.ts'
import { sloStatus } from '../status.ts'
import { probesPage } from './probe-matrix-page.ts'
import { probeRunPage } from './probe-runs.ts'
import { sloListPage } from './slo-list.ts'
import { sloPage } from './slo-page.ts'

const ASSETS = { 'console.css': 'text/css', 'refresh.js': 'text/javascript', 'mark.svg': 'image/svg+xml' }
const RUNS_OF_SLO = 10
const FAILED_RUNS_OF_SLO = 20

export function consoleRoutes(queries: Queries): Router {
  const { plan, ledger, nowSeconds, consoleBaseUrl } = queries
  const names = new Map(plan.slos.map(({ slo, displayName }) => [slo, displayName]))
  const router = Router()
  for (const [file, type] of Object.entries(ASSETS)) {
    const content = readFileSync(new URL(`assets/${file}`, import.meta.url))
    router.get(`/assets/${file}`, (_request, response) => {
      response.set('Cache-Control', 'no-cache').type(type).send(content)
    })
  }
  router.get('/', async (_request, response) => {
    const now = nowSeconds()
    const slos = await Promise.all(plan.slos.map((slo) => sloStatus(ledger, slo, now, consoleBaseUrl)))
    response.send(sloListPage(slos, compositesOf(plan.composites, slos), now))
  })
  router.get('/slos/:id', async (request, response) => {
    const { id } = request.params
    // Tables of dashboards link rows of both kinds alike.
    if (plan.composites?.some(({ slo }) => slo === id)) return response.redirect(`/#composite-${id}`)
    const promised = plan.slos.find(({ slo }) => slo === id)
    if (!promised) return problem(response, 404, 'SLO_UNKNOWN', 'the plan has no such SLO')
    const now = nowSeconds()
    const slo = await sloStatus(ledger, promised, now, consoleBaseUrl)
    const asked = request.query.region
    const region = slo.regions.find((one) => one.region === asked)?.region
    if (asked !== undefined && region === undefined)
      return problem(response, 404, 'REGION_UNKNOWN', 'the SLO has no such region')
    const flow = slo.source.kind === 'probe' ? slo.source.flow : undefined
    const where = region === undefined || region === ALL_REGIONS ? {} : { region }
    const runsOf = async (more: { verdict?: 'target_fail'; since?: number; limit: number }) =>
      flow === undefined
        ? []
        : (await ledger.probeRuns({ flow, ...where, ...more })).map((run) => probeRunOf(run, queries))
    const page = {
      slo,
      region,
      chart: await burnDownOf(ledger, slo, region),
      runs: await runsOf({ limit: RUNS_OF_SLO }),
      failedRuns: await runsOf({ verdict: 'target_fail', since: slo.window.from, limit: FAILED_RUNS_OF_SLO }),
      nowSeconds: now,
    }
    response.send(sloPage(page))
  })
  router.get('/probes', async (request, response) => {
    const query = probeQuerySchema.safeParse(request.query)
    if (!query.success) return problem(response, 400, 'QUERY_INVALID', z.prettifyError(query.error))
    const filter = probeFilterOf(plan, query.data)
    const { limit: _, since: __, ...shown } = query.data
    const now = nowSeconds()
    const runs = filter ? await ledger.probeRuns(filter) : []
    const page = {
      matrix: await probeMatrix(ledger, queries, now),
      runs: runs.map((run) => probeRunOf(run, queries)),
      filter: defined(shown),
      names,
      nowSeconds: now,
    }
    response.send(probesPage(page))
  })
  router.get('/probes/:runId', async (request, response) => {
    const run = await ledger.probeRun(request.params.runId)
    if (!run)
      return problem(
        response,
        404,
        'RUN_UNKNOWN',
        'no such run, or it is no longer kept; only its counts are',
      )
    response.send(probeRunPage(probeRunOf(run, queries), names, nowSeconds()))
  })
  return router
}
