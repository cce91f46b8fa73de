/** The hub as the local stack starts it: instrumented, with a registry, its proxy and simulated users around it. */
import { expect, test } from 'vitest'
import {
  eventually,
  freePort,
  realRegistry,
  secretFile,
  start,
  TOKEN,
  temporaryFolder,
} from '../process/test-parts.ts'

async function startHub(): Promise<string> {
  const port = await freePort()
  const env = {
    PORT: `${port}`,
    STATE_FOLDER: temporaryFolder(),
    REGION: 'us-east',
    NOTIFICATIONS_TOKEN_FILE: secretFile(),
    FAULTS_TOKEN_FILE: secretFile(),
    OTEL_SERVICE_NAME: 'hub-api',
    OTEL_TRACES_EXPORTER: 'none',
  }
  start('hub/main.ts', env, ['--import', '@plimsoll/instrumentation/register'])
  const hub = `http://127.0.0.1:${port}`
  await eventually(async () => (await fetch(`${hub}/healthz`)).ok)
  return hub
}

async function startProxy(upstream: string): Promise<string> {
  const port = await freePort()
  const env = {
    PORT: `${port}`,
    UPSTREAM: upstream,
    STATE_FOLDER: temporaryFolder(),
    FAULTS_TOKEN_FILE: secretFile(),
  }
  start('proxy/main.ts', env)
  const proxy = `http://127.0.0.1:${port}`
  await eventually(async () => (await fetch(`${proxy}/v2/`)).ok)
  return proxy
}

/** Requests of a route so far, by status code. */
async function counts(hub: string, route: string): Promise<Record<string, number>> {
  const lines = (await (await fetch(`${hub}/metrics`)).text()).split('\n')
  const ofRoute = lines.filter(
    (line) =>
      line.startsWith('http_server_request_duration_seconds_count{') &&
      line.includes(`http_route="${route}"`),
  )
  return Object.fromEntries(
    ofRoute.map((line) => [/status_code="(\d+)"/.exec(line)?.[1], Number(line.slice(line.lastIndexOf(' ')))]),
  )
}

test('users find what they pushed, and each of their requests is counted under its route', async () => {
  const hub = await startHub()
  const registry = await realRegistry({ url: `${hub}/notifications`, token: TOKEN })
  const proxy = await startProxy(registry.origin)
  start('visitors/main.ts', { HUB_URL: hub, REGISTRY_URLS: proxy, REQUESTS_PER_SECOND: '50' })
  await eventually(async () => {
    const search = await fetch(`${hub}/api/v1/search?q=samples`)
    return ((await search.json()) as { repositories: object[] }).repositories.length === 3
  })
  for (const route of ['/repositories', '/repositories/{name}', '/repositories/{name}/tags', '/search']) {
    await eventually(async () => Number((await counts(hub, `/api/v1${route}`))['200']) > 0)
  }
})

test('a request that the fault switch breaks counts as a 500 of the route it was for', async () => {
  const hub = await startHub()
  await fetch(`${hub}/faults`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ errors: 1 }),
  })
  for (let n = 0; n < 3; n++) await fetch(`${hub}/api/v1/repositories/a/b/tags`)
  expect(await counts(hub, '/api/v1/repositories/{name}/tags')).toEqual({ 200: 0, 500: 3 })
})
