/**
 * The hub: repositories, tags and search over what the registries' notifications tell it, as an API and as pages.
 * A repository's name has slashes; a client that asks for one that ends in `/tags` writes them as %2F.
 */
import express, { type Express, type RequestHandler, Router } from 'express'
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
import { region } from '../process/settings.ts'
import type { Catalogue } from './catalogue.ts'
import { after as cursor, nextCursor } from './cursor.ts'
import { type FaultSwitch, hubFaultsSchema } from './fault-switch.ts'

import { pageRoutes } from './pages/routes.ts'

export type HubParts = {
  catalogue: Catalogue
  faults: FaultSwitch
  /** Region of the events of a registry that names none. */
  region: string
  /** What a registry must send to be believed. */
  notificationsToken: string
  /** What it takes to break the hub. */
  faultsToken: string
  metrics: RequestHandler
  /** The bundle of `@plimsoll/web` that the pages load; without it they report nothing. */
  webClient?: string
  log: Logger
}

export function hubApp(parts: HubParts): Express {
  const app = express()
  app.disable('x-powered-by')
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }))
  app.get('/metrics', parts.metrics)
  app.use(notificationRoutes(parts))
  app.use(faultRoutes(parts))
  app.use('/api/v1', apiRoutes(parts))
  app.use(pageRoutes(parts))
  app.use(notFound)
  app.use(problemHandler(parts.log))
  return app
}

/** `POST /notifications?region=us-east`: what changed in a registry. 202 says it is stored. */
function notificationRoutes({ catalogue, notificationsToken, region: ownRegion, log }: HubParts): Router {
  const router = Router()
  const body = express.json({ type: NOTIFICATION_TYPE, limit: NOTIFICATION_MAX_BYTES })
  const query = z.object({ region: region.default(ownRegion) })
  router.post('/notifications', requireBearer(notificationsToken), body, (request, response) => {
    if (!request.is(NOTIFICATION_TYPE)) {
      return problem(response, 415, 'MEDIA_TYPE_UNSUPPORTED', `send ${NOTIFICATION_TYPE}`)
    }
    const from = query.safeParse(request.query)
    const notification = notificationSchema.safeParse(request.body)
    if (!from.success) return problem(response, 400, 'REGION_INVALID', z.prettifyError(from.error))
    if (!notification.success) {
      return problem(response, 400, 'NOTIFICATION_INVALID', z.prettifyError(notification.error))
    }
    // What is of no use here is passed over, not refused: the registry would send it again for ever.
    const { events } = notification.data
    const useful = events.map(parseEvent).filter((event): event is RegistryEvent => event !== undefined)
    catalogue.merge(from.data.region, useful)
    log.info({ region: from.data.region, events: events.length, stored: useful.length }, 'notified')
    response.status(202).json({ stored: useful.length, ignored: events.length - useful.length })
  })
  return router
}

/** `GET` and `PUT /faults`: `{ "errors": 0.5, "delaySeconds": 0 }`. */
function faultRoutes({ faults, faultsToken, log }: HubParts): Router {
  const router = Router()
  router.use('/faults', requireBearer(faultsToken))
  router.get('/faults', (_request, response) => void response.json(faults.faults))
  router.put('/faults', express.json({ limit: 1024 }), (request, response) => {
    const asked = hubFaultsSchema.safeParse(request.body)
    if (!asked.success) return problem(response, 400, 'FAULTS_INVALID', z.prettifyError(asked.error))
    faults.set(asked.data)
    log.warn({ faults: asked.data }, 'fault switch set')
    response.json(faults.faults)
  })
  return router
}

const limit = z.coerce.number().int().min(1).max(100)
const pageQuery = z.object({ limit: limit.default(50), cursor })
const searchQuery = z.object({ q: z.string().trim().min(1).max(100), limit: limit.default(20) })

/** What Express makes of `*name`: its parts between slashes, decoded. */
type NamePath = { name: string[] }

function apiRoutes({ catalogue, faults }: HubParts): Router {
  const router = Router()
  const { misbehave } = faults

  router.get('/repositories', misbehave, (request, response) => {
    const query = pageQuery.safeParse(request.query)
    if (!query.success) return problem(response, 400, 'QUERY_INVALID', z.prettifyError(query.error))
    const { limit, cursor } = query.data
    const repositories = catalogue.list(cursor, limit)
    response.json({ repositories, nextCursor: nextCursor(repositories, limit) })
  })

  router.get<NamePath>('/repositories/*name/tags', misbehave, (request, response) => {
    const query = pageQuery.safeParse(request.query)
    if (!query.success) return problem(response, 400, 'QUERY_INVALID', z.prettifyError(query.error))
    const name = request.params.name.join('/')
    if (!catalogue.find(name)) return problem(response, 404, 'REPOSITORY_UNKNOWN', `no repository ${name}`)
    const { limit, cursor } = query.data
    const tags = catalogue.tags(name, cursor, limit)
    response.json({ name, tags, nextCursor: nextCursor(tags, limit) })
  })

  router.get<NamePath>('/repositories/*name', misbehave, (request, response) => {
    const name = request.params.name.join('/')
    const repository = catalogue.find(name)
    if (!repository) return problem(response, 404, 'REPOSITORY_UNKNOWN', `no repository ${name}`)
    response.json(repository)
  })

  router.get('/search', misbehave, (request, response) => {
    const query = searchQuery.safeParse(request.query)
    if (!query.success) return problem(response, 400, 'QUERY_INVALID', z.prettifyError(query.error))
    const { q, limit } = query.data
    response.json({ query: q, repositories: catalogue.search(q, limit) })
  })
  return router
}
