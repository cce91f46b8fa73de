/**
 * Receives what Grafana Faro sends from browsers, and turns it into histograms of web vitals and counts of exceptions.
 * Anybody can send anything here: the key stands in the page. So everything is bounded: how often an app may call, how
 * large a body is once it is unpacked, which labels there can be, and how often one view counts.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import express, { type Request, type Response, Router } from 'express'
import { warnOnce } from '../warn.ts'
import { RateLimit, Seen } from './limits.ts'
import { pageTemplates } from './pages.ts'
import { type FaroReport, parseFaroBatch } from './payload.ts'
import { announceApp, type BatchOutcome, countBatch, countException, countVital } from './web-metrics.ts'

export type FaroApp = {
  /** Becomes `service_name`; what a batch calls itself is ignored. */
  name: string
  /** What the page sends as `x-api-key`. No secret: it keeps strangers' noise out, and can be changed. */
  key: string
  /** Templates of the app's pages, such as `/repositories/{name}`; any other page is `_UNMATCHED`. */
  pages: readonly string[]
  /** Origins other than the receiver's own that may send, such as `https://hub.example`. */
  origins?: readonly string[]
  /** Batches in the long run, and at once; default 20 and 100. */
  perSecond?: number
  burst?: number
}

export type FaroReceiverOptions = {
  apps: readonly FaroApp[]
  /** Largest body, unpacked. Default 256 KiB: a full batch of Faro's is about 50. */
  maxBytes?: number
  nowSeconds?: () => number
}

/** What Faro's transport sends; one that is missing here and every batch is blocked by the browser. */
const ALLOWED_HEADERS = 'content-type, x-api-key, x-faro-session-id, idempotency-key, traceparent, tracestate'
const PREFLIGHT_SECONDS = 7200
const SEEN_KEYS = 20_000
const MAX_KEY_LENGTH = 100

type Known = FaroApp & { limit: RateLimit; digest: Buffer; template: (url: string) => string }

/** `POST /` takes a batch and answers 202; mount it where the page's Faro sends to. */
export function faroReceiver(options: FaroReceiverOptions): Router {
  const nowSeconds = options.nowSeconds ?? (() => performance.now() / 1000)
  const apps = options.apps.map((app): Known => {
    announceApp(app.name, app.pages)
    const limit = new RateLimit(app.perSecond ?? 20, app.burst ?? 100, nowSeconds())
    return { ...app, limit, digest: digest(app.key), template: pageTemplates(app.pages) }
  })
  const seen = new Seen(SEEN_KEYS)
  const readBody = express.json({ limit: options.maxBytes ?? 256 * 1024, type: () => true })
  const router = Router()

  router.use((request, response, next) => {
    allowOrigin(apps, request, response)
    next()
  })
  router.options('/', (_request, response) => void response.status(204).end())
  router.post('/', (request, response) => {
    const app = appOf(apps, request.get('x-api-key') ?? '')
    if (!app) return refuse(response, 401, 'KEY_UNKNOWN', 'send the key of an app as x-api-key')
    const waitSeconds = app.limit.take(nowSeconds())
    if (waitSeconds > 0) {
      response.set('retry-after', String(Math.ceil(waitSeconds)))
      countBatch(app.name, 'rate_limited')
      return refuse(response, 429, 'RATE_LIMITED', `app ${app.name} sends too often`)
    }
    readBody(request, response, (error?: unknown) => {
      if (error !== undefined) return refuseBody(app, response, error)
      const report = parseFaroBatch(request.body)
      if (!report) {
        countBatch(app.name, 'malformed')
        return refuse(
          response,
          400,
          'BATCH_MALFORMED',
          'send what Faro sends: meta, measurements, exceptions',
        )
      }
      try {
        countBatch(app.name, count(app, report, request.get('idempotency-key') ?? '', seen))
      } catch (cause) {
        warnOnce('FARO_NOT_COUNTED', 'a batch was taken and not counted', cause)
      }
      response.status(202).json({})
    })
  })
  return router
}

/** Counts what was not counted before. */
function count(app: Known, report: FaroReport, idempotencyKey: string, seen: Seen): BatchOutcome {
  const again = (kind: string, key: string) =>
    key !== '' && key.length <= MAX_KEY_LENGTH && seen.again(`${app.name} ${kind} ${key}`)
  if (again('batch', idempotencyKey)) return 'duplicate'
  if (report.bot) return 'bot'
  const page = app.template(report.pageUrl)
  for (const { vital, value, id } of report.vitals)
    if (!again(vital, id)) countVital(app.name, page, vital, value)
  for (const type of report.exceptionTypes) countException(app.name, page, type)
  return 'accepted'
}

/** Compares with every app's key, each in constant time, whatever was found before. */
function appOf(apps: readonly Known[], key: string): Known | undefined {
  const sent = digest(key)
  return apps.filter((app) => timingSafeEqual(app.digest, sent))[0]
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

/** CORS (Fetch standard): a preflight carries no key yet, so an origin of any app will do. */
function allowOrigin(apps: readonly Known[], request: Request, response: Response): void {
  response.vary('origin')
  const origin = request.get('origin')
  if (origin === undefined || !apps.some(({ origins }) => origins?.includes(origin))) return
  response.set({
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': ALLOWED_HEADERS,
    'access-control-expose-headers': 'retry-after',
    'access-control-max-age': String(PREFLIGHT_SECONDS),
  })
}

function refuseBody(app: Known, response: Response, error: unknown): void {
  const { status = 400 } = error as { status?: number }
  const tooLarge = status === 413
  countBatch(app.name, tooLarge ? 'too_large' : 'malformed')
  if (tooLarge) refuse(response, 413, 'BATCH_TOO_LARGE', 'send smaller batches')
  else refuse(response, status >= 400 && status < 500 ? status : 400, 'BATCH_MALFORMED', 'send JSON')
}

/** Problem details (RFC 9457). */
function refuse(response: Response, status: number, code: string, detail: string): void {
  response.status(status).type('application/problem+json').json({ type: 'about:blank', status, code, detail })
}
