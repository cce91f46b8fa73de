import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { NOTIFICATION_MAX_BYTES, NOTIFICATION_TYPE } from '../process/notification.ts'
import { eventually, realRegistry, served, silent, TOKEN, temporaryFolder } from '../process/test-parts.ts'
import { push } from '../visitors/push.ts'
import { SAMPLE_IMAGES } from '../visitors/sample-images.ts'
import { hubApp } from './app.ts'
import { Catalogue } from './catalogue.ts'
import { FaultSwitch } from './fault-switch.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const FAULTS_TOKEN = 'another-token-for-tests'

async function hub(folder = temporaryFolder()): Promise<string> {
  const catalogue = new Catalogue(join(folder, 'catalogue.sqlite'), () => Date.now() / 1000)
  const origin = await served(
    hubApp({
      catalogue,
      faults: new FaultSwitch(folder, Math.random),
      region: 'us-east',
      notificationsToken: TOKEN,
      faultsToken: FAULTS_TOKEN,
      metrics: (_request, response) => void response.end(),
      log: silent,
    }),
  )
  onTestFinished(() => catalogue.close())
  return origin
}

function notify(
  origin: string,
  body: string,
  headers: Record<string, string> = {},
  query = '',
): Promise<Response> {
  return fetch(`${origin}/notifications${query}`, {
    method: 'POST',
    headers: { 'content-type': NOTIFICATION_TYPE, authorization: `Bearer ${TOKEN}`, ...headers },
    body,
  })
}

function pushes(...repositories: string[]): string {
  const events = repositories.map((repository) => ({
    timestamp: '2026-11-24T14:46:30.386456235Z',
    action: 'push',
    target: {
      repository,
      tag: 'v1',
      digest: DIGEST,
      size: 7,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
    },
  }))
  return JSON.stringify({ events })
}

async function body(url: string) {
  return (await fetch(url)).json() as Promise<Record<string, never>>
}

const names = (answer: { repositories?: { name: string }[] }) => answer.repositories?.map(({ name }) => name)

test('an image pushed to a real registry can be browsed, and is gone once deleted there', async () => {
  const origin = await hub()
  const registry = await realRegistry({ url: `${origin}/notifications?region=eu-west`, token: TOKEN })
  const [first, second] = SAMPLE_IMAGES
  if (!first || !second) throw new Error('no samples')
  await push(registry.origin, first)
  await push(registry.origin, second)

  const api = `${origin}/api/v1/repositories/samples/web`
  await eventually(async () => (await body(api)).tagCount === 3)
  const { tags } = (await body(`${api}/tags`)) as { tags?: { name: string; regions: object[] }[] }
  expect(tags?.map(({ name }) => name)).toEqual(['1.0.0', '1.1.0', 'latest'])
  const sizeBytes = [first.manifest, ...first.blobs].reduce((sum, { bytes }) => sum + bytes.length, 0)
  expect(tags?.[0]?.regions).toEqual([
    expect.objectContaining({ region: 'eu-west', digest: first.manifest.digest, sizeBytes }),
  ])

  for (const { manifest } of [first, second]) {
    const url = `${registry.origin}/v2/samples/web/manifests/${manifest.digest}`
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(202)
  }
  await eventually(async () => (await fetch(api)).status === 404)
})

test('pages of repositories follow each other until all were seen', async () => {
  const origin = await hub()
  await notify(origin, pushes('a/1', 'a/2', 'b', 'plimsoll/canary-x'))
  const first = await body(`${origin}/api/v1/repositories?limit=2`)
  expect(names(first)).toEqual(['a/1', 'a/2'])
  const second = await body(`${origin}/api/v1/repositories?limit=2&cursor=${first.nextCursor}`)
  expect(names(second)).toEqual(['b'])
  expect(second.nextCursor).toBeNull()
})

test('a repository that ends in /tags is asked for with its slashes encoded', async () => {
  const origin = await hub()
  await notify(origin, pushes('team/tags'))
  expect((await body(`${origin}/api/v1/repositories/team%2Ftags`)).name).toBe('team/tags')
  expect((await body(`${origin}/api/v1/repositories/team/tags/tags`)).name).toBe('team/tags')
})

test('a search is bounded and answers what it was asked', async () => {
  const origin = await hub()
  await notify(origin, pushes('team/web', 'team/worker', 'other'))
  const found = await body(`${origin}/api/v1/search?q=team&limit=1`)
  expect(found.query).toBe('team')
  expect(names(found)).toEqual(['team/web'])
})

const refusedQueries = [
  { name: 'no search text', path: '/api/v1/search' },
  { name: 'a search text over 100 characters', path: `/api/v1/search?q=${'x'.repeat(101)}` },
  { name: 'a page of more than 100', path: '/api/v1/repositories?limit=101' },
  { name: 'a cursor of another kind', path: '/api/v1/repositories?cursor=%2F%2F' },
  { name: 'a parameter given twice', path: '/api/v1/search?q=a&q=b' },
]
for (const { name, path } of refusedQueries) {
  test(`${name} is refused with a problem`, async () => {
    const response = await fetch((await hub()) + path)
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect(await response.json()).toMatchObject({ title: 'Bad Request', status: 400, code: 'QUERY_INVALID' })
  })
}

test('an unknown repository is a problem with its own code', async () => {
  const response = await fetch(`${await hub()}/api/v1/repositories/no/such`)
  expect(response.status).toBe(404)
  expect(await response.json()).toEqual({
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
    code: 'REPOSITORY_UNKNOWN',
    detail: 'no repository no/such',
  })
})

const refusedNotifications = [
  { name: 'another token', status: 401, headers: { authorization: 'Bearer wrong' }, body: pushes('a') },
  { name: 'another media type', status: 415, headers: { 'content-type': 'text/plain' }, body: pushes('a') },
  { name: 'a body that is no JSON', status: 400, headers: {}, body: '{' },
  { name: 'a body without events', status: 400, headers: {}, body: '{}' },
  {
    name: 'a body over the limit',
    status: 413,
    headers: {},
    body: pushes('a').padEnd(NOTIFICATION_MAX_BYTES + 1),
  },
]
for (const { name, status, headers, body } of refusedNotifications) {
  test(`a notification with ${name} is answered ${status}`, async () => {
    expect((await notify(await hub(), body, headers)).status).toBe(status)
  })
}

test('what the hub has no use for is taken, or the registry would send it for ever', async () => {
  const origin = await hub()
  const response = await notify(origin, JSON.stringify({ events: [{ action: 'pull' }, 7] }))
  expect(response.status).toBe(202)
  expect(await response.json()).toEqual({ stored: 0, ignored: 2 })
})

function setFaults(origin: string, faults: unknown): Promise<Response> {
  const headers = { authorization: `Bearer ${FAULTS_TOKEN}`, 'content-type': 'application/json' }
  return fetch(`${origin}/faults`, { method: 'PUT', headers, body: JSON.stringify(faults) })
}

test('a hub that was broken on purpose fails its API, stays broken when restarted, and heals', async () => {
  const folder = temporaryFolder()
  const broken = await hub(folder)
  expect((await setFaults(broken, { errors: 1 })).status).toBe(200)
  const restarted = await hub(folder)
  for (const path of ['/repositories', '/repositories/a/b', '/repositories/a/b/tags', '/search?q=a']) {
    expect((await fetch(`${restarted}/api/v1${path}`)).status).toBe(500)
  }
  expect((await fetch(`${restarted}/healthz`)).status).toBe(200)
  expect((await notify(restarted, pushes('a'))).status).toBe(202)
  await setFaults(restarted, { errors: 0 })
  expect((await fetch(`${restarted}/api/v1/repositories`)).status).toBe(200)
})

test('the fault switch takes no other token, and no share above one', async () => {
  const origin = await hub()
  expect((await fetch(`${origin}/faults`, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(
    401,
  )
  expect((await setFaults(origin, { errors: 2 })).status).toBe(400)
  expect((await setFaults(origin, { error: 1 })).status).toBe(400)
})
