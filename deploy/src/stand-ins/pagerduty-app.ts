/** A stand-in for PagerDuty, and for the other two receivers of Alertmanager: tickets and the dead man's switch. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import express, { type ErrorRequestHandler, type Express, Router } from 'express'
import type { Logger } from 'pino'
import { z } from 'zod'
import { notFound, problem, problemHandler } from '../process/problem.ts'
import { RecentLog } from '../process/recent-log.ts'
import { type ReceivedWebhook, WEBHOOK_MAX_BYTES, webhookSchema } from './alertmanager-webhook.ts'
import {
  describeEventFaults,
  EVENT_MAX_BYTES,
  incidents,
  invalid,
  pagerDutyEventSchema,
  processed,
  type ReceivedEvent,
  throttled,
} from './pagerduty-event.ts'
import { page } from './pagerduty-page.ts'

export type PagerDutyParts = { stateFolder: string; log: Logger; now: () => Date }

const LIMITS = { maxEntries: 1000, maxBytes: 16 * 1024 * 1024 }
/** A heartbeat comes twice a minute: the last hours are enough to see a gap. */
const HEARTBEAT_LIMITS = { maxEntries: 500, maxBytes: 1024 * 1024 }

export function pagerDutyApp({ stateFolder, log, now }: PagerDutyParts): Express {
  const events = new RecentLog<ReceivedEvent>(join(stateFolder, 'events.jsonl'), LIMITS)
  const tickets = new RecentLog<ReceivedWebhook>(join(stateFolder, 'tickets.jsonl'), LIMITS)
  const deadman = new RecentLog<ReceivedWebhook>(join(stateFolder, 'deadman.jsonl'), HEARTBEAT_LIMITS)

  const app = express()
  app.disable('x-powered-by')
  app.use(eventRoutes(events, now, log))
  app.use(webhookRoutes('/tickets', tickets, now, log))
  app.use(webhookRoutes('/deadman', deadman, now, log))
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }))
  app.get('/', (_request, response) => {
    response.set('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
    response.send(
      page({
        incidents: incidents(events.entries()),
        tickets: tickets.entries(),
        deadman: deadman.entries(),
      }),
    )
  })
  app.use(notFound)
  app.use(problemHandler(log))
  return app
}

function eventRoutes(events: RecentLog<ReceivedEvent>, now: () => Date, log: Logger): Router {
  const router = Router()
  let toThrottle = 0

  router.post(
    '/v2/enqueue',
    express.json({ type: () => true, limit: EVENT_MAX_BYTES }),
    (request, response) => {
      if (toThrottle > 0) {
        toThrottle--
        response.status(429).json(throttled)
        return
      }
      const parsed = pagerDutyEventSchema.safeParse(request.body)
      if (!parsed.success) {
        const faults = describeEventFaults(parsed.error)
        log.warn({ faults }, 'event refused')
        response.status(400).json(invalid(faults))
        return
      }
      const event = {
        ...parsed.data,
        routing_key: 'redacted',
        dedup_key: parsed.data.dedup_key ?? randomUUID().replaceAll('-', ''),
        received_at: now().toISOString(),
      }
      events.append([event])
      log.info({ action: event.event_action, dedup_key: event.dedup_key }, 'event received')
      response.status(202).json(processed(event.dedup_key))
    },
  )

  /** `{"requests": 2}`: the next two events are answered 429, to see that a sender tries again. */
  router.put('/throttle', express.json({ limit: 1024 }), (request, response) => {
    const asked = z.strictObject({ requests: z.number().int().min(0).max(1000) }).safeParse(request.body)
    if (!asked.success) return problem(response, 400, 'THROTTLE_INVALID', z.prettifyError(asked.error))
    toThrottle = asked.data.requests
    response.json(asked.data)
  })

  router.get('/events', (_request, response) => void response.json(events.entries()))
  router.get('/incidents', (_request, response) => void response.json(incidents(events.entries())))
  router.use('/v2/enqueue', unreadable(log))
  return router
}

/** A body that is no JSON, or too large, is told in PagerDuty's form too. */
function unreadable(log: Logger): ErrorRequestHandler {
  return (error: { status?: number; message: string }, _request, response, next) => {
    if (!error.status || error.status >= 500) return next(error)
    log.warn({ fault: error.message }, 'event refused')
    response.status(error.status).json(invalid([error.message]))
  }
}

function webhookRoutes(
  path: string,
  received: RecentLog<ReceivedWebhook>,
  now: () => Date,
  log: Logger,
): Router {
  const router = Router()
  router.post(path, express.json({ limit: WEBHOOK_MAX_BYTES }), (request, response) => {
    const webhook = webhookSchema.safeParse(request.body)
    if (!webhook.success) return problem(response, 400, 'WEBHOOK_INVALID', z.prettifyError(webhook.error))
    received.append([{ ...webhook.data, received_at: now().toISOString() }])
    log.info({ path, status: webhook.data.status, groupKey: webhook.data.groupKey }, 'webhook received')
    response.status(202).json({ status: 'stored' })
  })
  router.get(path, (_request, response) => void response.json(received.entries()))
  return router
}
