/** The receiver against what a real Chromium with Faro 2.12.1 sent (fixtures/faro-payload.json), and against others. */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import express from 'express'
import { register } from 'prom-client'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { parseExposition } from '../exposition-text.ts'
import { type FaroApp, faroReceiver } from './receiver.ts'

type Captured = { method: string; headers: Record<string, string>; body: Record<string, unknown> }
const captured = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/faro-payload.json'), 'utf8'),
) as Captured[]
const posts = captured.filter(({ method }) => method === 'POST')

const UI: FaroApp = {
  name: 'registry-ui',
  key: 'pl-key',
  pages: ['/', '/repositories/{name}', '/repositories/{name}/tags'],
  origins: ['http://127.0.0.1:17000'],
}

beforeEach(() => register.resetMetrics())

async function receiver(app: Partial<FaroApp> = {}, nowSeconds = () => 0): Promise<string> {
  const server = express()
    .use('/collect', faroReceiver({ apps: [{ ...UI, ...app }], nowSeconds }))
    .listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/collect`
}

function send(
  url: string,
  { headers, body }: Captured,
  more: Record<string, string> = {},
): Promise<Response> {
  const { 'content-length': _, connection: __, host: ___, ...own } = headers
  return fetch(url, { method: 'POST', headers: { ...own, ...more }, body: JSON.stringify(body) })
}

/** A page view as Faro reports it, on `path`. */
function view(
  path: string,
  values: Record<string, number>,
  context: object = {},
  more: object = {},
): Captured {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'pl-key' },
    body: {
      meta: { page: { url: `http://hub.test${path}` }, ...more },
      measurements: [{ type: 'web-vitals', values, context }],
    },
  }
}

/** Samples of `name` that are not 0: labels as text → value. */
async function metric(name: string): Promise<Record<string, number>> {
  const { samples } = parseExposition(await register.metrics())
  return Object.fromEntries(
    samples
      .filter((sample) => sample.name === name && sample.value !== 0)
      .map(({ labels, value }) => [Object.values(labels).join(' '), value]),
  )
}

test('what a real browser sent becomes one event in each histogram, in seconds', async () => {
  const url = await receiver()
  for (const post of posts) expect((await send(url, post)).status).toBe(202)
  // 68 ms, 68 ms, 19.2 ms, 8 ms and a shift of 0.2516, as the capture has them.
  const page = 'registry-ui /'
  expect(await metric('web_vital_lcp_seconds_sum')).toEqual({ [page]: 0.068 })
  expect(await metric('web_vital_fcp_seconds_sum')).toEqual({ [page]: 0.068 })
  expect(await metric('web_vital_inp_seconds_sum')).toEqual({ [page]: 0.008 })
  expect(await metric('web_vital_ttfb_seconds_sum')).toEqual({ [page]: expect.closeTo(0.0192, 6) })
  expect(await metric('web_vital_cls_sum')).toEqual({ [page]: expect.closeTo(0.2516, 4) })
  for (const vital of ['lcp_seconds', 'fcp_seconds', 'inp_seconds', 'ttfb_seconds', 'cls'])
    expect(await metric(`web_vital_${vital}_count`)).toEqual({ [page]: 1 })
  expect(await metric('web_exceptions_total')).toEqual({
    [`${page} Error`]: 1,
    [`${page} TypeError`]: 1,
    [`${page} RangeError`]: 1,
  })
})

test('a batch that is sent again counts once, and so does a vital in another batch', async () => {
  const url = await receiver()
  for (const post of [...posts, ...posts]) expect((await send(url, post)).status).toBe(202)
  for (const [index, post] of posts.entries()) await send(url, post, { 'idempotency-key': `anew-${index}` })
  expect(await metric('web_vital_lcp_seconds_count')).toEqual({ 'registry-ui /': 1 })
  expect(await metric('plimsoll_web_batches_total')).toEqual({
    'registry-ui accepted': 2 * posts.length,
    'registry-ui duplicate': posts.length,
  })
})

test('the browser may send from another origin, with each header that it asks for', async () => {
  const url = await receiver()
  const [preflight] = captured.filter(({ method }) => method === 'OPTIONS')
  const { origin, 'access-control-request-headers': asked = '' } = preflight?.headers ?? {}
  const answer = await fetch(url, {
    method: 'OPTIONS',
    headers: { origin: origin ?? '', 'access-control-request-method': 'POST' },
  })
  expect(answer.status).toBe(204)
  expect(answer.headers.get('access-control-allow-origin')).toBe('http://127.0.0.1:17000')
  const allowed = answer.headers.get('access-control-allow-headers')?.split(', ')
  expect(allowed).toEqual(expect.arrayContaining([...asked.split(','), 'traceparent']))
  const other = await fetch(url, { method: 'OPTIONS', headers: { origin: 'http://evil.test' } })
  expect(other.headers.get('access-control-allow-origin')).toBeNull()
})

const pages: { url: string; label: string }[] = [
  { url: '/?q=secret', label: '/' },
  { url: '/repositories/samples/web', label: '/repositories/{name}' },
  { url: '/repositories/samples/web/tags', label: '/repositories/{name}/tags' },
  { url: '/repositories/', label: '_UNMATCHED' },
  { url: '/admin/42', label: '_UNMATCHED' },
  { url: `/repositories/${'a'.repeat(2000)}`, label: '_UNMATCHED' },
]
for (const { url, label } of pages)
  test(`the page ${url.slice(0, 40)} is counted under ${label}`, async () => {
    await send(await receiver(), view(url, { lcp: 100 }))
    expect(await metric('web_vital_lcp_seconds_count')).toEqual({ [`registry-ui ${label}`]: 1 })
  })

const notCounted: { name: string; sent: Captured }[] = [
  { name: 'a bot', sent: view('/', { lcp: 100 }, {}, { browser: { userAgent: 'Googlebot/2.1' } }) },
  {
    name: 'a page from the back-forward cache',
    sent: view('/', { lcp: 1 }, { navigation_type: 'back-forward-cache' }),
  },
  { name: 'a negative duration', sent: view('/', { lcp: -1 }) },
  { name: 'a view of a year', sent: view('/', { lcp: 3e10 }) },
  { name: 'a vital that nobody knows', sent: view('/', { tbt: 100 }) },
]
for (const { name, sent } of notCounted)
  test(`not counted: ${name}`, async () => {
    expect((await send(await receiver(), sent)).status).toBe(202)
    expect(await metric('web_vital_lcp_seconds_count')).toEqual({})
  })

test('before anybody came every vital of every page is there, at 0', async () => {
  await receiver()
  const { samples } = parseExposition(await register.metrics())
  const counts = samples.filter(({ name }) => name === 'web_vital_lcp_seconds_count')
  expect(counts.map(({ labels, value }) => [labels.http_route, value])).toEqual([
    ['/', 0],
    ['/repositories/{name}', 0],
    ['/repositories/{name}/tags', 0],
    ['_UNMATCHED', 0],
  ])
})

test('an exception of an unknown type is one label, whatever it is called', async () => {
  const sent = view('/', {})
  sent.body.exceptions = [{ type: 'MyError1' }, { type: 'MyError2' }, { type: 'x'.repeat(5000) }, 'none']
  await send(await receiver(), sent)
  expect(await metric('web_exceptions_total')).toEqual({ 'registry-ui / _OTHER': 3 })
})

test('only who has the key is heard, and an answer never repeats one', async () => {
  const url = await receiver()
  for (const key of ['', 'pl-kex', 'pl-key2']) {
    const answer = await send(url, view('/', { lcp: 100 }), { 'x-api-key': key })
    expect(answer.status).toBe(401)
    expect(await answer.text()).not.toContain('pl-ke')
  }
  expect(await metric('web_vital_lcp_seconds_count')).toEqual({})
})

test('an app that sends too often is told when to come back, and can', async () => {
  let now = 0
  const url = await receiver({ perSecond: 0.25, burst: 2 }, () => now)
  const status = async () => (await send(url, view('/', {}))).status
  expect([await status(), await status()]).toEqual([202, 202])
  const refused = await send(url, view('/', {}))
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('4') // one batch in four seconds
  now = 4
  expect([await status(), await status()]).toEqual([202, 429])
})

const refused: {
  name: string
  body: NonNullable<RequestInit['body']>
  headers?: Record<string, string>
  status: number
}[] = [
  { name: 'no JSON', body: '{', status: 400 },
  { name: 'no batch', body: '[]', status: 400 },
  { name: 'more than the limit', body: JSON.stringify({ meta: {}, pad: 'x'.repeat(300_000) }), status: 413 },
  {
    name: 'little that unpacks to much',
    body: gzipSync(JSON.stringify({ meta: {}, pad: 'x'.repeat(30_000_000) })),
    headers: { 'content-encoding': 'gzip' },
    status: 413,
  },
]
for (const { name, body, headers = {}, status } of refused)
  test(`refused with ${status}: ${name}`, async () => {
    const answer = await fetch(await receiver(), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': 'pl-key', ...headers },
      body,
    })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
  })
