/** The HTTP side of the service: API, console, health and metrics. */
import { metricsHandler } from '@plimsoll/instrumentation'
import express, { type Express } from 'express'
import type { Logger } from 'pino'
import { consoleRoutes } from './console/routes.ts'
import { envelopeRoutes } from './http/envelope-routes.ts'
import { notFound, problem, problemOfError } from './http/problem.ts'
import { type Queries, queryRoutes } from './http/query-routes.ts'
import { runbookRoutes } from './http/runbook-routes.ts'
import { securityHeaders } from './http/security.ts'
import { metrics } from './metrics.ts'
import { openApiDocument } from './openapi.ts'

export type AppOptions = Queries & { tokenFile: string; logger: Logger; runbooksFolder?: string | undefined }

export function createApp(options: AppOptions): Express {
  const { plan, ledger, nowSeconds, tokenFile, logger, consoleBaseUrl } = options
  const document = openApiDocument(consoleBaseUrl)
  const app = express()
  app.disable('x-powered-by')
  app.use(securityHeaders)
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' })
  })
  app.get('/readyz', async (_request, response) => {
    try {
      response.json({ status: 'ready', slos: plan.slos.length, ledger: await ledger.health() })
    } catch (error) {
      logger.error({ err: error }, 'the ledger does not answer')
      problem(response, 503, 'LEDGER_UNAVAILABLE', 'the ledger does not answer')
    }
  })
  app.get(
    '/metrics',
    async (_request, _response, next) => {
      metrics.missingEnvelopes.set((await ledger.health()).missingEnvelopes)
      next()
    },
    metricsHandler(),
  )
  app.get('/api/v1/openapi.json', (_request, response) => {
    response.json(document)
  })
  app.use(envelopeRoutes(plan, ledger, tokenFile, nowSeconds))
  app.use(queryRoutes(options))
  app.use(consoleRoutes(options))
  if (options.runbooksFolder) app.use(runbookRoutes(options.runbooksFolder))
  app.use(notFound)
  app.use(problemOfError(logger))
  return app
}
