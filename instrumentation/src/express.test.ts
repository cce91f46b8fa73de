/** Real requests through real Express, in one process, without `--import`. */
import { once } from 'node:events'
import { request as httpRequest, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import express, { type Express, type Router } from 'express'
import { afterEach, expect, test } from 'vitest'
import { instrumentExpress } from './express.ts'
import { meter } from './meter.ts'
import { metricsHandler } from './metrics-handler.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

/** Every test has a prefix of its own: the meter is the process's. */
async function serve(build: (app: Express) => void): Promise<string> {
  const app = express()
  instrumentExpress(app)
  build(app)
  app.use(((_error, _request, response, next) => {
    if (response.headersSent) next(_error)
    else response.sendStatus(500)
  }) as express.ErrorRequestHandler)
  const server = app.listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function ask(url: string, init: RequestInit = {}): Promise<number> {
  const response = await fetch(url, init)
  await response.arrayBuffer()
  return response.status
}

/** Requests counted by now: "METHOD route status error" → count, of routes that contain `part`. */
function counted(part: string): Record<string, number> {
  const found: Record<string, number> = {}
  for (const { labels, counts } of meter.series) {
    const total = counts.reduce((a, b) => a + b)
    const { http_request_method: method, http_route: route = '', http_response_status_code: status } = labels
    if (total > 0 && route.includes(part))
      found[`${method} ${route} ${status} ${labels.error_type}`.trim()] = total
  }
  return found
}
/** Records come when the response closes, which is after the client has its answer. */
const eventually = (part: string, expected: Record<string, number>) =>
  expect.poll(() => counted(part)).toEqual(expected)

test('a parameter is a name in the label and never a value', async () => {
  const url = await serve((app) => app.get('/params/:id', (_request, response) => void response.send('ok')))
  for (const id of ['1', '2', 'secret']) await ask(`${url}/params/${id}?token=s3cret`)
  await eventually('/params', { 'GET /params/{id} 200': 3 })
})

test('a mounted router keeps its prefix, with names for the parameters of the mount', async () => {
  const repositories = express.Router({ mergeParams: true })
  repositories.get('/', (_request, response) => void response.send('list'))
  repositories.get('/:repo', (_request, response) => void response.send('one'))
  const url = await serve((app) => app.use('/mount/:org', repositories))
  await ask(`${url}/mount/acme`)
  await ask(`${url}/mount/acme/app`)
  await eventually('/mount', { 'GET /mount/{org} 200': 1, 'GET /mount/{org}/{repo} 200': 1 })
})

test('an error keeps the route with its prefix', async () => {
  const router = express.Router()
  router.get('/throws/:id', () => {
    throw new Error('no')
  })
  router.get('/rejects', async () => Promise.reject(new Error('no')))
  const url = await serve((app) => app.use('/errors', router))
  await ask(`${url}/errors/throws/1`)
  await ask(`${url}/errors/rejects`)
  await eventually('/errors', { 'GET /errors/throws/{id} 500 500': 1, 'GET /errors/rejects 500 500': 1 })
})

test('a router mounted twice has two routes, told apart by the request', async () => {
  const router = express.Router()
  router.get('/x', (_request, response) => void response.send('ok'))
  const url = await serve((app) => app.use('/twice/a', router).use('/twice/:tenant/b', router))
  await ask(`${url}/twice/a/x`)
  await ask(`${url}/twice/acme/b/x`)
  await eventually('/twice', { 'GET /twice/a/x 200': 1, 'GET /twice/{tenant}/b/x 200': 1 })
})

test('an app mounted in an app is measured once, under its mount', async () => {
  const inner = express()
  inner.get(['/one', '/two/:id'], (_request, response) => void response.send('ok'))
  const url = await serve((app) => app.use('/inner', inner))
  await ask(`${url}/inner/one`)
  await ask(`${url}/inner/two/2`)
  await eventually('/inner', { 'GET /inner/one 200': 1, 'GET /inner/two/{id} 200': 1 })
})

test('a route that is a regular expression is labelled by it', async () => {
  const url = await serve((app) =>
    app.get(/^\/regexp\/(\d+)$/, (_request, response) => void response.send('ok')),
  )
  await ask(`${url}/regexp/1`)
  await ask(`${url}/regexp/2`)
  await eventually('regexp', { 'GET /^\\/regexp\\/(\\d+)$/ 200': 2 })
})

test('a router that hides in a closure never leaks its mount path', async () => {
  const router: Router = express.Router()
  router.get('/closure/:id', (_request, response) => void response.send('ok'))
  const url = await serve((app) =>
    app.use('/:tenant', (request, response, next) => router(request, response, next)),
  )
  await ask(`${url}/acme/closure/1`)
  await eventually('/closure', { 'GET /*/closure/{id} 200': 1 })
})

test('routes added after the first request are found', async () => {
  let app: Express | undefined
  const url = await serve((created) => {
    app = created.get('/late/1', (_request, response) => void response.send('ok'))
  })
  await ask(`${url}/late/1`)
  app?.router.stack.unshift(
    ...express.Router().get('/late/:id', (_request, response) => void response.send('ok')).stack,
  )
  await ask(`${url}/late/2`)
  await eventually('/late', { 'GET /late/1 200': 1, 'GET /late/{id} 200': 1 })
})

test('a scanner of a thousand paths makes one series', async () => {
  const url = await serve((app) => app.get('/scanned', (_request, response) => void response.send('ok')))
  const before = meter.series.length
  for (let i = 0; i < 1000; i += 50)
    await Promise.all(Array.from({ length: 50 }, (_, j) => ask(`${url}/wp-admin/${i + j}.php`)))
  await eventually('_UNMATCHED', { 'GET _UNMATCHED 404': 1000 })
  expect(meter.series.length - before).toBe(1)
})

test('HEAD is counted as HEAD, and a method that is no common one as _OTHER', async () => {
  const url = await serve((app) => app.all('/methods', (_request, response) => void response.send('ok')))
  await ask(`${url}/methods`, { method: 'HEAD' })
  await ask(`${url}/methods`, { method: 'PROPFIND' })
  await eventually('/methods', { 'HEAD /methods 200': 1, '_OTHER /methods 200': 1 })
})

test('a client that goes away before the answer is 499, which no SLI counts', async () => {
  const url = await serve((app) =>
    app
      .get('/gone/silent', () => {})
      .get('/gone/midway', (_request, response) => void response.write('half')),
  )
  for (const path of ['/gone/silent', '/gone/midway']) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)
    if (path.endsWith('midway')) await once(socket, 'data')
    else await new Promise((resolve) => setTimeout(resolve, 20)) // let the request arrive
    socket.destroy()
  }
  await eventually('/gone', { 'GET /gone/silent 499 aborted': 1, 'GET /gone/midway 499 aborted': 1 })
})

test('an answer that the server breaks off is a 500 of its exception, although 200 was sent', async () => {
  const url = await serve((app) =>
    app.get('/broken-off', (_request, response) => {
      response.write('half')
      throw new RangeError('no')
    }),
  )
  await ask(`${url}/broken-off`).catch(() => {})
  await eventually('/broken-off', { 'GET /broken-off 500 RangeError': 1 })
})

test('canary traffic carries synthetic="true"; other traffic has no such label', async () => {
  const url = await serve((app) => app.get('/canary', (_request, response) => void response.send('ok')))
  await ask(`${url}/canary`, { headers: { 'x-plimsoll-synthetic': 'push-pull' } })
  await ask(`${url}/canary`)
  await eventually('/canary', { 'GET /canary 200': 1 })
  const flags = meter.series
    .filter(({ labels }) => labels.http_route === '/canary')
    .map(({ labels }) => labels.synthetic)
  expect(flags.sort()).toEqual(['true', undefined])
})

test('a request on a kept-alive connection is counted when it ends, not when the connection does', async () => {
  const url = await serve((app) => app.get('/alive', (_request, response) => void response.send('ok')))
  const request = httpRequest(`${url}/alive`, { headers: { connection: 'keep-alive' } }).end()
  const [response] = await once(request, 'response')
  response.resume()
  await eventually('/alive', { 'GET /alive 200': 1 })
})

test('known routes are at zero at the first scrape, and the scrape itself is not measured', async () => {
  const url = await serve((app) => {
    app.get('/metrics', metricsHandler())
    app.post('/announced/:id', (_request, response) => void response.send('ok'))
  })
  const text = await (await fetch(`${url}/metrics`)).text()
  const zero = (status: string, error: string) =>
    `_count{service_name="unknown_service:node",http_request_method="POST",http_route="/announced/{id}",http_response_status_code="${status}",error_type="${error}"} 0\n`
  expect(text).toContain(zero('200', ''))
  expect(text).toContain(zero('500', '500'))
  expect(text).toContain('\nprocess_cpu_seconds_total ')
  await ask(`${url}/metrics`)
  expect(meter.series.filter(({ labels }) => labels.http_route === '/metrics')).toEqual([])
})

test('an app whose own code hides the router is served all the same', async () => {
  const url = await serve((app) => {
    app.get('/plain', (_request, response) => void response.send('ok'))
    for (const layer of app.router.stack) delete (layer as { rawPath?: unknown }).rawPath // router before 2.3
  })
  expect(await ask(`${url}/plain`)).toBe(200)
  await eventually('/plain', { 'GET /plain 200': 1 })
})
