/** An OTLP/HTTP receiver of traces that keeps the newest spans as JSON lines and gives them back by trace. */
import { join } from 'node:path'
import express, { type Express } from 'express'
import type { Logger } from 'pino'
import { z } from 'zod'
import { notFound, problem, problemHandler } from '../process/problem.ts'
import { RecentLog } from '../process/recent-log.ts'
import { type Span, spansOf, traceExportSchema } from './otlp-spans.ts'

/** Largest request, bytes after inflation: a batch of 512 spans is well under 1 MiB. */
const REQUEST_MAX_BYTES = 4 * 1024 * 1024
const LIMITS = { maxEntries: 5000, maxBytes: 16 * 1024 * 1024 }

const INVALID_ARGUMENT = 3 // google.rpc.Code, which OTLP answers errors with

const spansQuery = z.object({ limit: z.coerce.number().int().min(1).max(LIMITS.maxEntries).default(100) })

export function otlpApp({ stateFolder, log }: { stateFolder: string; log: Logger }): Express {
  const stored = new RecentLog<Span>(join(stateFolder, 'spans.jsonl'), LIMITS)
  const app = express()
  app.disable('x-powered-by')

  app.post('/v1/traces', express.json({ limit: REQUEST_MAX_BYTES }), (request, response) => {
    if (!request.is('application/json')) {
      const message = 'only JSON is taken here; set OTEL_EXPORTER_OTLP_PROTOCOL=http/json'
      response.status(415).json({ code: INVALID_ARGUMENT, message })
      return
    }
    const parsed = traceExportSchema.safeParse(request.body)
    if (!parsed.success) {
      const message = z.prettifyError(parsed.error)
      log.warn({ fault: message }, 'spans refused')
      response.status(400).json({ code: INVALID_ARGUMENT, message })
      return
    }
    stored.append(spansOf(parsed.data))
    response.json({ partialSuccess: {} })
  })

  app.get('/traces/:traceId', (request, response) => {
    const traceId = request.params.traceId.toLowerCase()
    const spans = stored.entries().filter((span) => span.traceId === traceId)
    if (spans.length === 0) {
      return problem(
        response,
        404,
        'TRACE_UNKNOWN',
        'no span of it among those kept; it may be too old or not sampled',
      )
    }
    response.json({ traceId, spans: spans.sort((one, other) => one.startedAt - other.startedAt) })
  })

  app.get('/spans', (request, response) => {
    const query = spansQuery.safeParse(request.query)
    if (!query.success) return problem(response, 400, 'QUERY_INVALID', z.prettifyError(query.error))
    response.json({ spans: stored.entries().slice(-query.data.limit) })
  })

  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }))
  app.use(notFound)
  app.use(problemHandler(log))
  return app
}
