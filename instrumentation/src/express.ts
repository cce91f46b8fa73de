/**
 * Measures every request of an Express 5 app from the outside: a start when `app.handle` is called, a record when
 * the response closes. `close` and not `finish`: when a client goes away `finish` never comes and the status
 * still reads 200. Nothing here may break the request: what fails is said once and the request goes on.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { context } from '@opentelemetry/api'
import type { Application } from 'express'
import { ExpressRoutes, type Routed, rememberMountedApp } from './express-routes.ts'
import { meter } from './meter.ts'
import { type Outcome, statusErrorType } from './red-meter.ts'
import { endServerSpan, type ServerSpan, sampledTraceId, startServerSpan } from './server-span.ts'
import { ABORTED, SYNTHETIC_HEADER } from './vocabulary.ts'
import { warnOnce } from './warn.ts'

/** What of Express is touched: methods that `express.application` hands to every app it creates. */
type Patchable = {
  handle(request: Request, response: ServerResponse, callback?: unknown): unknown
  use(...parameters: unknown[]): unknown
  init?(): void
  router?: { stack?: object[] }
  parent?: unknown
}

type Measured = { startMs: number; routes: ExpressRoutes; span: ServerSpan; ignored: boolean }
const measured = Symbol('plimsoll.measured')
type Request = IncomingMessage & Routed & { [measured]?: Measured }

/** Errors that router 2.3 saw on their way to an error handler: the only trace of a failure after the headers. */
const ROUTER_ERRORS = Symbol.for('router.tracing.publishedErrors')

const patched = new WeakSet<object>()
const metricsHandlers = new WeakSet<object>()
const routesOf = new WeakMap<object, ExpressRoutes>()
/** Apps that may be announced; weak, so that an app made for one test can go. */
const apps = new Set<WeakRef<Patchable>>()

/** For a service that does not use `--import @plimsoll/instrumentation/register`: call it before anything is mounted. */
export function instrumentExpress(app: Application): void {
  const target = app as unknown as Patchable
  patch(target)
  apps.add(new WeakRef(target))
}

/** For `/register`: `application` is the object whose methods every Express app gets. */
export function instrumentEveryApp(application: object): void {
  const target = application as Patchable
  if (patched.has(target)) return
  patch(target)
  const { init } = target
  if (init)
    target.init = function (this: Patchable) {
      init.call(this)
      apps.add(new WeakRef(this))
    }
}

export function isInstrumented(application: object): boolean {
  return patched.has(application)
}

/** Status classes of every route that is known by now, at 0. Cheap enough for every scrape. */
export function announceRoutes(): void {
  for (const reference of apps) {
    const app = reference.deref()
    if (!app) apps.delete(reference)
    // A mounted app's routes are announced under their mount point, by the app at the root.
    else if (app.parent === undefined) announce(app)
  }
}

function announce(app: Patchable): void {
  try {
    routes(app).announce((handler) => metricsHandlers.has(handler as object))
  } catch (error) {
    warnOnce('ROUTES_NOT_READ', 'the routes of an app are not known before their first request', error)
  }
}

/** Scrapes are no user traffic: their route is not announced. */
export function markMetricsHandler<Handler extends object>(handler: Handler): Handler {
  metricsHandlers.add(handler)
  return handler
}

/** Leaves this request out of metrics and traces. */
export function leaveOut(request: Request): void {
  const record = request[measured]
  if (record) record.ignored = true
}

function patch(target: Patchable): void {
  if (patched.has(target)) return
  patched.add(target)
  const { handle, use } = target
  target.handle = function (this: Patchable, request, response, callback) {
    // An app mounted in another one is called with the same request.
    const record = request[measured] ? undefined : begin(this, request, response)
    if (!record) return handle.call(this, request, response, callback)
    return context.with(record.span.context, handle, this, request, response, callback)
  }
  target.use = function (this: Patchable, ...parameters) {
    const before = this.router?.stack?.length ?? 0
    const result = use.apply(this, parameters)
    // One new layer for each function, in order; an Express app among them is one that has `handle` and `set`.
    const functions = parameters.flat(Number.POSITIVE_INFINITY).filter((one) => typeof one === 'function')
    functions.forEach((one, index) => {
      const layer = this.router?.stack?.[before + index]
      if (layer && 'handle' in one && 'set' in one) rememberMountedApp(layer, one)
    })
    return result
  }
}

function routes(app: Patchable): ExpressRoutes {
  let found = routesOf.get(app)
  if (!found) {
    found = new ExpressRoutes(app, meter)
    routesOf.set(app, found)
  }
  return found
}

function begin(app: Patchable, request: Request, response: ServerResponse): Measured | undefined {
  try {
    const startMs = performance.now()
    const record = { startMs, routes: routes(app), span: startServerSpan(request), ignored: false }
    request[measured] = record
    response.on('close', onClose)
    return record
  } catch (error) {
    notMeasured(error)
    return undefined
  }
}

/** One function for all requests: nothing is allocated to listen. Node sets `response.req`. */
function onClose(this: ServerResponse): void {
  const request = this.req as Request
  const record = request[measured]
  if (!record || record.ignored) return
  try {
    const durationSeconds = (performance.now() - record.startMs) / 1000
    const statusCode = answeredStatus(request, this)
    const outcome: Outcome = {
      method: request.method ?? '',
      statusCode,
      errorType: this.writableFinished ? statusErrorType(statusCode) : brokenOffType(request, statusCode),
      synthetic: request.headers[SYNTHETIC_HEADER] !== undefined,
      durationSeconds,
      traceId: sampledTraceId(record.span),
    }
    const route = record.routes.seriesOf(request)
    meter.record(route, outcome)
    endServerSpan(record.span, route.template, outcome)
  } catch (error) {
    notMeasured(error)
  }
}

/** What the client got: the status; 499 when it left first; 500 when the server broke the answer off. */
function answeredStatus(request: Request, response: ServerResponse): number {
  if (response.writableFinished) return response.statusCode
  return response.headersSent && routerError(request) !== undefined ? 500 : 499
}

function brokenOffType(request: Request, statusCode: number): string {
  return statusCode === 499 ? ABORTED : exceptionType(routerError(request))
}

function routerError(request: Request): unknown {
  const errors = (request as unknown as Record<symbol, unknown>)[ROUTER_ERRORS]
  return errors instanceof Set ? [...errors].at(-1) : undefined
}

/** OTel: the exception's class. A name that is no identifier is free text, which never becomes a label. */
function exceptionType(error: unknown): string {
  const name = error instanceof Error ? error.name : ''
  return /^[A-Za-z_][\w.]{0,63}$/.test(name) ? name : 'Error'
}

function notMeasured(error: unknown): void {
  warnOnce('REQUEST_NOT_MEASURED', 'a request was not measured; the request itself was not touched', error)
}
