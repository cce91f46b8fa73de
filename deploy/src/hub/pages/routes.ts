/**
 * The hub's pages, rendered here and readable without a script; what a browser tells of them comes back to `/faro`.
 * They stand behind the fault switch like the API: a hub that is broken is broken for people too.
 */
import { readFileSync } from 'node:fs'
import { faroReceiver } from '@plimsoll/instrumentation/faro'
import { type ErrorRequestHandler, type RequestHandler, type Response, Router } from 'express'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Catalogue } from '../catalogue.ts'
import { after, nextCursor } from '../cursor.ts'
import type { FaultSwitch } from '../fault-switch.ts'
import type { Html } from './html.ts'
import { page, RECEIVER_PATH, WEB_APP, WEB_KEY } from './layout.ts'
import { repositoryList, repositoryPage, repositoryPath, sorry } from './views.ts'

export type PageParts = {
  catalogue: Catalogue
  faults: FaultSwitch
  /** The bundle of `@plimsoll/web`; without it pages report nothing. */
  webClient?: string
  log: Logger
}

const PAGE_SIZE = 50
const ASSETS = { 'hub.css': 'text/css', 'mark.svg': 'image/svg+xml' }
const PAGES = ['/', '/search', '/repositories/{name}']

const POLICY = [
  ...["default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self'", "connect-src 'self'"],
  ...["base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"],
].join('; ')

const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-cache',
  })
  next()
}

export function pageRoutes({ catalogue, faults, webClient, log }: PageParts): Router {
  const router = Router()
  const show = (response: Response, title: string, body: Html, query = '') =>
    response.type('html').send(page({ title, query, withClient: webClient !== undefined }, body))
  const listQuery = z.object({ after })
  const searchQuery = z.object({ q: z.string().trim().max(100).default('') })
  const { misbehave } = faults

  router.use(RECEIVER_PATH, faroReceiver({ apps: [{ name: WEB_APP, key: WEB_KEY, pages: PAGES }] }))
  for (const [file, type] of Object.entries(ASSETS)) {
    const content = readFileSync(new URL(`assets/${file}`, import.meta.url))
    router.get(`/assets/${file}`, securityHeaders, (_request, response) => {
      response.type(type).send(content)
    })
  }
  if (webClient !== undefined)
    router.get('/assets/web.js', securityHeaders, (_request, response) => {
      response.type('text/javascript').send(webClient)
    })

  router.get('/', securityHeaders, misbehave, (request, response) => {
    const { success, data } = listQuery.safeParse(request.query)
    const repositories = catalogue.list(success ? data.after : '', PAGE_SIZE)
    const cursor = nextCursor(repositories, PAGE_SIZE)
    const next = cursor === null ? undefined : `/?after=${cursor}`
    show(response, 'Repositories', repositoryList('Repositories', repositories, next))
  })

  router.get('/search', securityHeaders, misbehave, (request, response) => {
    const { success, data } = searchQuery.safeParse(request.query)
    if (!success || data.q === '') return response.redirect(303, '/')
    const found = catalogue.search(data.q, PAGE_SIZE)
    show(response, `Search: ${data.q}`, repositoryList(`Found for “${data.q}”`, found, undefined), data.q)
  })

  router.get<{ name: string[] }>('/repositories/*name', securityHeaders, misbehave, (request, response) => {
    const name = request.params.name.join('/')
    const repository = catalogue.find(name)
    if (!repository) {
      response.status(404)
      return show(
        response,
        'Not found',
        sorry('No such repository', `Nobody has pushed ${name}, or it was deleted.`),
      )
    }
    const { success, data } = listQuery.safeParse(request.query)
    const tags = catalogue.tags(name, success ? data.after : '', PAGE_SIZE)
    const cursor = nextCursor(tags, PAGE_SIZE)
    const next = cursor === null ? undefined : `${repositoryPath(name)}?after=${cursor}`
    show(response, name, repositoryPage(repository, tags, next))
  })

  const failed: ErrorRequestHandler = (error, request, response, next) => {
    if (response.headersSent) return next(error)
    log.error({ err: error, method: request.method, path: request.path }, 'page failed')
    response.status(500)
    show(
      response,
      'Failed',
      sorry('This page could not be made', 'The fault is ours. Try again in a moment.'),
    )
  }
  router.use(failed)
  return router
}
