/**
 * Errors over HTTP as problem details (RFC 9457), each with a stable `code`. The SLO service has its own few lines of it:
 * what is imported from there brings the ledger into every process of the stack.
 */
import { STATUS_CODES } from 'node:http'
import type { ErrorRequestHandler, RequestHandler, Response } from 'express'
import type { Logger } from 'pino'
import { hasBearer } from './bearer.ts'

export const PROBLEM_TYPE = 'application/problem+json'

export function problemBody(status: number, code: string, detail: string) {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Unknown', status, code, detail }
}

export function problem(response: Response, status: number, code: string, detail: string): void {
  response
    .status(status)
    .type(PROBLEM_TYPE)
    .json(problemBody(status, code, detail))
}

/** Answers 401 unless the request carries the bearer token. */
export function requireBearer(token: string): RequestHandler {
  return (request, response, next) => {
    if (hasBearer(request.get('authorization'), token)) return next()
    response.set('www-authenticate', 'Bearer')
    problem(response, 401, 'UNAUTHORIZED', 'saw no valid bearer token; send Authorization: Bearer <token>')
  }
}

/** The last route: what matched no other. */
export const notFound: RequestHandler = (request, response) => {
  problem(response, 404, 'ROUTE_UNKNOWN', `${request.method} ${request.path} is not served here`)
}

/** What a body parser throws: its status and a message that is safe to show. */
type HttpError = { status: number; type?: string; message: string }

/** Faults of the request are told to the client; everything else is logged and answered with a bare 500. */
export function problemHandler(log: Logger): ErrorRequestHandler {
  return (error: HttpError, request, response, next) => {
    if (response.headersSent) return next(error)
    if (error.status >= 400 && error.status < 500) {
      const code = (error.type ?? 'request.invalid').replaceAll('.', '_').toUpperCase()
      return problem(response, error.status, code, error.message)
    }
    log.error({ err: error, method: request.method, path: request.path }, 'request failed')
    problem(response, 500, 'INTERNAL', 'the request failed; the log of this process says why')
  }
}
