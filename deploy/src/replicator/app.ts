/**
 * Webhook replication between regions: takes the registries' notifications into a queue on disk, from which they are
 * worked off. While this process is down, a registry keeps its events and sends them again.
 */
import express, { type Express, type RequestHandler } from 'express'
import type { Logger } from 'pino'
import { z } from 'zod'
import {
  NOTIFICATION_MAX_BYTES,
  NOTIFICATION_TYPE,
  notificationSchema,
  parseEvent,
  type RegistryEvent,
} from '../process/notification.ts'
import { notFound, problem, problemHandler, requireBearer } from '../process/problem.ts'
import { USER_AGENT } from './copy.ts'
import type { Queue } from './queue.ts'
import type { StopSwitch } from './stop-switch.ts'

export type ReplicatorParts = {
  queue: Queue
  regions: string[]
  stop: StopSwitch
  /** What a registry must send to be believed. */
  notificationsToken: string
  /** What it takes to stop replication. */
  faultsToken: string
  metrics: RequestHandler
  log: Logger
}

export function replicatorApp(parts: ReplicatorParts): Express {
  const { queue, regions, stop, notificationsToken, faultsToken, metrics, log } = parts
  const app = express()
  app.disable('x-powered-by')
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }))
  app.get('/metrics', metrics)

  /** `POST /notifications?region=us-east`. 202 says that what is to be done is on disk. */
  const body = express.json({ type: NOTIFICATION_TYPE, limit: NOTIFICATION_MAX_BYTES })
  app.post('/notifications', requireBearer(notificationsToken), body, (request, response) => {
    const from = String(request.query.region)
    if (!regions.includes(from)) {
      const expected = regions.join(', ')
      return problem(response, 400, 'REGION_INVALID', `saw region ${from}, expected one of ${expected}`)
    }
    const notification = notificationSchema.safeParse(request.body)
    if (!notification.success) {
      return problem(response, 400, 'NOTIFICATION_INVALID', z.prettifyError(notification.error))
    }
    const events = notification.data.events.map(replicableEvent).filter((event) => event !== undefined)
    if (!queue.add(from, events))
      return problem(response, 503, 'QUEUE_FULL', 'too much waits to be copied; send it again later')
    response.status(202).json({ queued: events.length })
  })

  /** `GET` and `PUT /faults`: `{ "stopped": true }`. */
  app.use('/faults', requireBearer(faultsToken))
  app.get('/faults', (_request, response) => void response.json({ stopped: stop.stopped }))
  app.put('/faults', express.json({ limit: 1024 }), (request, response) => {
    const asked = z.strictObject({ stopped: z.boolean().default(false) }).safeParse(request.body)
    if (!asked.success) return problem(response, 400, 'FAULTS_INVALID', z.prettifyError(asked.error))
    stop.set(asked.data.stopped)
    log.warn(asked.data, 'fault switch set')
    response.json(asked.data)
  })
  app.use(notFound)
  app.use(problemHandler(log))
  return app
}

/**
 * Canaries of `replication` ask whether copying works; all others stay where they are, or every probe would cost every
 * region a copy. The names are those of `defaultRepository` in @plimsoll/synthetic.
 */
export function isReplicated(repository: string): boolean {
  return !repository.startsWith('plimsoll/canary-') || repository.startsWith('plimsoll/canary-replication-')
}

const ownEvent = z.object({ request: z.object({ useragent: z.string().startsWith(USER_AGENT) }) })

/** What there is to do after an event: nothing when the replicator itself wrote it, or it would copy for ever. */
function replicableEvent(input: unknown): RegistryEvent | undefined {
  if (ownEvent.safeParse(input).success) return undefined
  const event = parseEvent(input)
  return event && isReplicated(event.repository) ? event : undefined
}
