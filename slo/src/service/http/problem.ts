/** Errors as RFC 9457 problem details. */
import { STATUS_CODES } from 'node:http'
import type { ErrorRequestHandler, RequestHandler, Response } from 'express'
import type { Logger } from 'pino'

export function problem(response: Response, status: number, code: string, detail: string): void {
  response
    .status(status)
    .type('application/problem+json')
    .send(
      JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, code, detail }),
    )
}

export const notFound: RequestHandler = (_request, response) => {
  problem(response, 404, 'NOT_FOUND', 'nothing is here; GET /api/v1/openapi.json lists what is')
}

/** Body parser errors carry a status below 500 and may be told; anything else is ours, and only logged. */
export function problemOfError(logger: Logger): ErrorRequestHandler {
  return (error: Error & { status?: number; type?: string }, _request, response, _next) => {
    const status = error.status ?? 500
    if (status < 500) {
      const code = (error.type ?? 'bad-request').replaceAll(/[^a-z]+/gi, '_').toUpperCase()
      return problem(response, status, code, error.message)
    }
    logger.error({ err: error }, 'a request failed')
    problem(response, 500, 'INTERNAL', 'the service failed to answer; its log says why')
  }
}
