/** The console: server-rendered pages over the same answers as the API. */
import { Router } from 'express'
import type { Queries } from '../http/query-routes.ts'
import { sloStatus } from '../status.ts'
import { html } from './html.ts'

export function consoleRoutes({ plan, ledger, nowSeconds, consoleBaseUrl }: Queries): Router {
  const router = Router()
  router.get('/', async (_request, response) => {
    const now = nowSeconds()
    const slos = await Promise.all(plan.slos.map((slo) => sloStatus(ledger, slo, now, consoleBaseUrl)))
    const rows = slos.map((slo) => html`<li>${slo.displayName}: ${slo.state}</li>`)
    response.send(
      html`<!doctype html><html lang="en"><title>Plimsoll</title><h1>SLOs</h1><ul>${rows}</ul></html>`.html,
    )
  })
  return router
}
