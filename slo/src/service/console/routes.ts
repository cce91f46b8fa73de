/** The console: server-rendered pages over the same answers as the API. */
import { readFileSync } from 'node:fs'
import { Router } from 'express'
import { problem } from '../http/problem.ts'
import type { Queries } from '../http/query-routes.ts'
import { sloStatus } from '../status.ts'
import { burnDownOf } from './burn-down-data.ts'
import { probeListPage, probeRunPage } from './probe-runs.ts'
import { sloListPage } from './slo-list.ts'
import { sloPage } from './slo-page.ts'

const ASSETS = { 'console.css': 'text/css', 'refresh.js': 'text/javascript', 'mark.svg': 'image/svg+xml' }
const RUNS_OF_SLO = 20
const RUNS = 50

export function consoleRoutes({ plan, ledger, nowSeconds, consoleBaseUrl }: Queries): Router {
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
    response.send(sloListPage(slos, now))
  })
  router.get('/slos/:id', async (request, response) => {
    const promised = plan.slos.find(({ slo }) => slo === request.params.id)
    if (!promised) return problem(response, 404, 'SLO_UNKNOWN', 'the plan has no such SLO')
    const now = nowSeconds()
    const slo = await sloStatus(ledger, promised, now, consoleBaseUrl)
    const flow = slo.source.kind === 'probe' ? slo.source.flow : undefined
    const runs = flow === undefined ? [] : await ledger.probeRuns({ flow, limit: RUNS_OF_SLO })
    response.send(sloPage({ slo, chart: await burnDownOf(ledger, slo), runs, nowSeconds: now }))
  })
  router.get('/probes', async (_request, response) => {
    response.send(probeListPage(await ledger.probeRuns({ limit: RUNS }), nowSeconds()))
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
    response.send(probeRunPage(run, nowSeconds()))
  })
  return router
}
