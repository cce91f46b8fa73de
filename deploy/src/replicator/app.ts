/**
 * Webhook replication between regions: each registry's notifications are answered once what they tell of is in every
 * other region. Until then the registry keeps them, in order, and sends them again: its queue is the only one.
 * What a restarted registry forgot is found by comparing tags (`reconcile.ts`).
 *
 * Only canaries that look for replication are copied: the others are pushed by a prober of every region anyway.
 */
import express, { type Express, type RequestHandler } from 'express'
import type { Logger } from 'pino'
import { Counter, Histogram } from 'prom-client'
import { z } from 'zod'
import {
  NOTIFICATION_MAX_BYTES,
  NOTIFICATION_TYPE,
  notificationSchema,
  parseEvent,
  type RegistryEvent,
} from '../process/notification.ts'
import { notFound, problem, problemHandler, requireBearer } from '../process/problem.ts'
import { type Copied, copyManifest, deleteManifest, USER_AGENT } from './copy.ts'
import type { StopSwitch } from './stop-switch.ts'

/** Region → origin of its registry, as clients reach it. */
export type Registries = Map<string, string>

export type ReplicatorParts = {
  registries: Registries
  stop: StopSwitch
  /** What a registry must send to be believed. */
  notificationsToken: string
  /** What it takes to stop replication. */
  faultsToken: string
  metrics: RequestHandler
  log: Logger
}

const copies = new Counter({
  name: 'plimsoll_replicator_copies_total',
  help: 'Changes of one registry brought to another, by outcome: copied, gone at the source, failed (to be sent again)',
  labelNames: ['from', 'to', 'outcome'] as const,
})
const lag = new Histogram({
  name: 'plimsoll_replicator_event_age_seconds',
  help: 'Age of a change when it had been brought to the other region',
  labelNames: ['from', 'to'] as const,
  buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300, 900],
})

export function replicatorApp(parts: ReplicatorParts): Express {
  const { registries, stop, notificationsToken, faultsToken, metrics, log } = parts
  for (const from of registries.keys())
    for (const to of others(registries, from))
      for (const outcome of ['copied', 'gone', 'failed']) copies.inc({ from, to, outcome }, 0)

  const app = express()
  app.disable('x-powered-by')
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }))
  app.get('/metrics', metrics)

  const body = express.json({ type: NOTIFICATION_TYPE, limit: NOTIFICATION_MAX_BYTES })
  app.post('/notifications', requireBearer(notificationsToken), body, async (request, response) => {
    const from = String(request.query.region)
    if (!registries.has(from)) {
      const expected = [...registries.keys()].join(', ')
      return problem(response, 400, 'REGION_INVALID', `saw region ${from}, expected one of ${expected}`)
    }
    const notification = notificationSchema.safeParse(request.body)
    if (!notification.success) {
      return problem(response, 400, 'NOTIFICATION_INVALID', z.prettifyError(notification.error))
    }
    if (stop.stopped) return problem(response, 503, 'STOPPED', 'replication is stopped on purpose')
    const events = notification.data.events.filter((event) => !isOwn(event)).map(parseEvent)
    const useful = events.filter((event) => event !== undefined).filter(isReplicated)
    const failed = await replicate(registries, from, useful, log)
    if (failed) return problem(response, 503, 'NOT_COPIED', 'a registry did not do its part; send it again')
    response.status(202).json({ replicated: useful.length })
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

/** Canaries of `replication` ask whether copying works; all other canaries stay where they are. */
export function isReplicated({ repository }: { repository: string }): boolean {
  return !repository.startsWith('plimsoll/canary-') || repository.startsWith('plimsoll/canary-replication-')
}

export function others(registries: Registries, region: string): string[] {
  return [...registries.keys()].filter((other) => other !== region)
}

/** One event after the other, as they happened. True when one of them has to come again. */
async function replicate(registries: Registries, from: string, events: RegistryEvent[], log: Logger) {
  let again = false
  for (const event of events)
    for (const to of others(registries, from)) {
      const outcome = await bring(event, registries.get(from) ?? '', registries.get(to) ?? '').catch(
        (error) => {
          log.warn({ from, to, repository: event.repository, err: error }, 'not replicated')
          return 'failed' as const
        },
      )
      copies.inc({ from, to, outcome })
      if (outcome === 'failed') again = true
      else lag.observe({ from, to }, Math.max(0, Date.now() / 1000 - event.at / 1e6))
    }
  return again
}

function bring(event: RegistryEvent, from: string, to: string): Promise<Copied> {
  const { repository } = event
  switch (event.kind) {
    case 'manifest-pushed':
      return copyManifest({ from, to, repository }, event.digest, event.tag)
    case 'manifest-deleted':
      return deleteManifest({ to, repository }, event.digest)
    case 'tag-deleted':
      // Registries of this kind delete tags only with their manifest.
      return Promise.resolve('gone')
  }
}

const ownEvent = z.object({ request: z.object({ useragent: z.string().startsWith(USER_AGENT) }) })

function isOwn(event: unknown): boolean {
  return ownEvent.safeParse(event).success
}
