/** The prober's HTTP server: GET /metrics, /healthz and /runs. */
import type { ProbeResult } from '@plimsoll/instrumentation/envelope'
import express, { type Express } from 'express'
import type { Registry } from 'prom-client'
import type { Check } from './health.ts'

export type Pages = {
  metrics: Registry
  checks: () => Record<Check, boolean>
  /** The newest last. */
  runs: readonly ProbeResult[]
}

export function pages({ metrics, checks, runs }: Pages): Express {
  const app = express()
  app.disable('x-powered-by')
  app.get('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.metrics())
  })
  // Only `schedule` decides: a restart helps a prober that does not probe, not one whose ledger is away.
  app.get('/healthz', (_request, response) => {
    const all = checks()
    response.status(all.schedule ? 200 : 503).json({ status: all.schedule ? 'ok' : 'failing', checks: all })
  })
  app.get('/runs', (_request, response) => {
    response.json({ runs: runs.toReversed() })
  })
  return app
}
