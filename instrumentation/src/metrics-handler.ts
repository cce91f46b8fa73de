/**
 * `/metrics`: the process's RED series and everything in prom-client's default register, in the format the
 * scraper asks for. It writes piece by piece and lets the event loop turn in between, so that a scrape of any
 * size delays no request for long.
 */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RequestHandler } from 'express'
import { CONTENT_TYPE, type Format, negotiate, renderRed } from './exposition.ts'
import { announceRoutes, leaveOut, markMetricsHandler } from './express.ts'
import { meter } from './meter.ts'
import { warnOnce } from './warn.ts'

/** Express handler of `/metrics`. Its own requests are no user traffic: they are neither measured nor traced. */
export function metricsHandler(): RequestHandler {
  const serve = metricsServer()
  return markMetricsHandler((request, response) => {
    leaveOut(request)
    serve(request, response)
  })
}

/** The same for `node:http`. Runtime metrics of prom-client are collected from this call on. */
export function metricsServer(): (request: IncomingMessage, response: ServerResponse) => void {
  const runtime = import('./runtime-metrics.ts') // prom-client is loaded only where metrics are served
  runtime.catch((error) => warnOnce('RUNTIME_METRICS', 'prom-client could not be loaded', error))
  return (request, response) => {
    const format = negotiate(request.headers.accept)
    response.setHeader('content-type', CONTENT_TYPE[format])
    send(response, exposition(format, runtime)).catch((error) => {
      warnOnce('SCRAPE_FAILED', 'an answer to a scrape was not completed', error)
      response.destroy()
    })
  }
}

async function* exposition(
  format: Format,
  runtime: Promise<typeof import('./runtime-metrics.ts')>,
): AsyncGenerator<string> {
  announceRoutes()
  yield* renderRed(meter, format)
  yield* (await runtime).renderPromClient(format)
  if (format === 'openmetrics') yield '# EOF\n'
}

async function send(response: ServerResponse, pieces: AsyncIterable<string>): Promise<void> {
  for await (const piece of pieces) {
    if (response.destroyed) return
    if (!response.write(piece)) await Promise.race([once(response, 'drain'), once(response, 'close')])
    await nextTurn()
  }
  response.end()
}
