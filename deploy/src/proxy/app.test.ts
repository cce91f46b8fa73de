import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type RequestListener, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { eventually, realRegistry, served, silent, TOKEN, temporaryFolder } from '../process/test-parts.ts'
import { push } from '../visitors/push.ts'
import { SAMPLE_IMAGES } from '../visitors/sample-images.ts'
import { proxyServer } from './app.ts'
import { type Fault, FaultSwitch } from './fault.ts'

function proxyTo(upstream: string, folder = temporaryFolder()): Promise<string> {
  const faults = new FaultSwitch(folder, Math.random)
  return served(proxyServer({ upstream, faults, faultsToken: TOKEN, log: silent }))
}

/** A server on its own port whose connections can be counted. */
async function countedUpstream(handler: RequestListener) {
  const server = createServer(handler)
  const connections = { opened: 0, open: 0 }
  server.on('connection', (socket) => {
    connections.opened++
    connections.open++
    socket.on('close', () => connections.open--)
  })
  return { origin: await served(server), connections }
}

function setFault(proxy: string, fault: unknown, token = TOKEN): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return fetch(`${proxy}/_fault`, { method: 'PUT', headers, body: JSON.stringify(fault) })
}

test('a client pushes and pulls through the proxy, and the registry sends it back there', async () => {
  const registry = await realRegistry()
  const proxy = await proxyTo(registry.origin)
  const [image] = SAMPLE_IMAGES
  if (!image) throw new Error('no samples')
  await push(proxy, image)

  const blob = await fetch(`${proxy}/v2/${image.repository}/blobs/${image.blobs[0]?.digest}`)
  expect(Buffer.from(await blob.arrayBuffer())).toEqual(image.blobs[0]?.bytes)
  const session = await fetch(`${proxy}/v2/samples/web/blobs/uploads/`, { method: 'POST' })
  expect(session.headers.get('location')).toMatch(`${proxy}/v2/samples/web/blobs/uploads/`)
})

test('an upload in chunks of unknown length arrives whole', async () => {
  const proxy = await proxyTo((await realRegistry()).origin)
  const session = await fetch(`${proxy}/v2/a/b/blobs/uploads/`, { method: 'POST' })
  const parts = [randomBytes(100_000), randomBytes(100_000)]
  const digest = `sha256:${createHash('sha256').update(Buffer.concat(parts)).digest('hex')}`
  const patched = await fetch(session.headers.get('location') ?? '', {
    method: 'PATCH',
    headers: { 'content-type': 'application/octet-stream' },
    body: ReadableStream.from(parts),
    duplex: 'half',
  })
  expect(patched.status).toBe(202)
  const upload = new URL(patched.headers.get('location') ?? '')
  upload.searchParams.set('digest', digest)
  expect((await fetch(upload, { method: 'PUT' })).status).toBe(201)
})

test('headers pass unchanged, those of the connection stay behind, and who asked is added', async () => {
  let seen: IncomingHttpHeaders = {}
  const upstream = await served((incoming, response) => {
    seen = incoming.headers
    response.setHeader('set-cookie', ['a=1', 'b=2'])
    response.end()
  })
  const proxy = await proxyTo(upstream)
  const headers = {
    host: 'registry.example',
    traceparent: 'tp',
    connection: 'close, x-private',
    'x-private': '1',
    'x-forwarded-for': '192.0.2.1',
  }
  const cookies = await new Promise((resolve, reject) => {
    request(`${proxy}/v2/`, { headers }, (answer) => resolve(answer.resume().headers['set-cookie']))
      .on('error', reject)
      .end()
  })
  expect(cookies).toEqual(['a=1', 'b=2'])
  expect(seen).toMatchObject({
    host: 'registry.example',
    traceparent: 'tp',
    connection: 'keep-alive',
    'x-forwarded-for': '192.0.2.1, 127.0.0.1',
    'x-forwarded-host': 'registry.example',
    'x-forwarded-proto': 'http',
  })
  expect(seen).not.toHaveProperty('x-private')
})

test('one connection to the registry serves request after request', async () => {
  const { origin, connections } = await countedUpstream((_request, response) => response.end('ok'))
  const proxy = await proxyTo(origin)
  for (let n = 0; n < 5; n++) await (await fetch(`${proxy}/v2/`)).text()
  expect(connections.opened).toBe(1)
})

test('a registry that refuses connections is 502 with an OCI error', async () => {
  const proxy = await proxyTo('http://127.0.0.1:1')
  const answer = await fetch(`${proxy}/v2/`)
  expect(answer.status).toBe(502)
  expect(await answer.json()).toMatchObject({ errors: [{ code: 'UNAVAILABLE' }] })
})

test("a stopped registry is waited for until the client's own deadline, and serves again when it goes on", async () => {
  const registry = await realRegistry()
  const proxy = await proxyTo(registry.origin)
  process.kill(registry.pid, 'SIGSTOP')
  const waited = fetch(`${proxy}/v2/`, { signal: AbortSignal.timeout(500) })
  await expect(waited).rejects.toMatchObject({ name: 'TimeoutError' })
  process.kill(registry.pid, 'SIGCONT')
  expect((await fetch(`${proxy}/v2/`)).status).toBe(200)
})

test('when the client leaves, the connection to the registry is let go', async () => {
  const { origin, connections } = await countedUpstream(() => {})
  const proxy = await proxyTo(origin)
  const leaving = new AbortController()
  const asked = fetch(`${proxy}/v2/`, { signal: leaving.signal })
  await eventually(() => connections.open === 1)
  leaving.abort()
  await expect(asked).rejects.toThrow()
  await eventually(() => connections.open === 0)
})

test('a client that leaves amid its upload lets go of the registry too', async () => {
  const { origin, connections } = await countedUpstream(() => {})
  const proxy = await proxyTo(origin)
  const upload = request(`${proxy}/v2/`, { method: 'PATCH' }).on('error', () => {})
  upload.write('half')
  await eventually(() => connections.open === 1)
  upload.destroy()
  await eventually(() => connections.open === 0)
})

test('a body that ends early at the registry ends early for the client', async () => {
  const upstream = await served((incoming, response) => {
    response.writeHead(200, { 'content-length': 1000 })
    response.write('half', () => incoming.socket.destroy())
  })
  const answer = await fetch(await proxyTo(upstream))
  expect(answer.status).toBe(200)
  await expect(answer.text()).rejects.toThrow('terminated')
})

test('a client that does not read holds the registry back: nothing piles up in between', async () => {
  const SIZE = 256 * 1024 * 1024
  let sent = 0
  const upstream = await served((_request, response) => {
    const chunk = Buffer.alloc(64 * 1024)
    const more = () => {
      while (sent < SIZE) {
        sent += chunk.length
        if (!response.write(chunk)) return void response.once('drain', more)
      }
      response.end()
    }
    more()
  })
  const proxy = await proxyTo(upstream)
  const leaving = request(proxy, (answer) => answer.pause()).on('error', () => {})
  leaving.end()
  let before = -1
  // Until nothing moves any more: the buffers of both connections are full.
  await eventually(async () => {
    const still = sent === before && sent > 0
    before = sent
    await sleep(200)
    return still
  })
  leaving.destroy()
  expect(sent).toBeLessThan(SIZE / 4)
})

const answered: { fault: Fault; status: number; code: string; retryAfter: string | null }[] = [
  { fault: { mode: 'errors', ratio: 1 }, status: 500, code: 'UNKNOWN', retryAfter: null },
  {
    fault: { mode: 'throttle', ratio: 1, retryAfterSeconds: 7 },
    status: 429,
    code: 'TOOMANYREQUESTS',
    retryAfter: '7',
  },
]
for (const { fault, status, code, retryAfter } of answered) {
  test(`${fault.mode} answers ${status} ${code} in the form of OCI, uploads too`, async () => {
    const proxy = await proxyTo('http://127.0.0.1:1')
    expect((await setFault(proxy, fault)).status).toBe(200)
    const answer = await fetch(`${proxy}/v2/a/blobs/uploads/`, {
      method: 'POST',
      body: 'x'.repeat(1_000_000),
    })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('retry-after')).toBe(retryAfter)
    expect(await answer.json()).toMatchObject({ errors: [{ code }] })
  })
}

test('reset breaks the connection', async () => {
  const proxy = await proxyTo('http://127.0.0.1:1')
  await setFault(proxy, { mode: 'reset' })
  await expect(fetch(`${proxy}/v2/`)).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } })
})

test('hang never answers and never asks the registry', async () => {
  const { origin, connections } = await countedUpstream((_request, response) => response.end())
  const proxy = await proxyTo(origin)
  await setFault(proxy, { mode: 'hang' })
  await expect(fetch(`${proxy}/v2/`, { signal: AbortSignal.timeout(300) })).rejects.toThrow()
  expect(connections.opened).toBe(0)
})

test('slow asks the registry only later, and not at all when the client has left by then', async () => {
  const { origin, connections } = await countedUpstream((_request, response) => response.end())
  const proxy = await proxyTo(origin)
  await setFault(proxy, { mode: 'slow', delaySeconds: 0.1 })
  await expect(fetch(`${proxy}/v2/`, { signal: AbortSignal.timeout(20) })).rejects.toThrow()
  expect((await fetch(`${proxy}/v2/`)).status).toBe(200)
  expect(connections.opened).toBe(1)
})

test('a fault outlives a restart and ends with mode none', async () => {
  const folder = temporaryFolder()
  const upstream = await served((_request, response) => response.end())
  await setFault(await proxyTo(upstream, folder), { mode: 'errors' })
  const restarted = await proxyTo(upstream, folder)
  expect((await fetch(`${restarted}/v2/`)).status).toBe(500)
  await setFault(restarted, { mode: 'none' })
  expect((await fetch(`${restarted}/v2/`)).status).toBe(200)
})

const refused: { name: string; status: number; fault: unknown; token?: string }[] = [
  { name: 'another token', status: 401, fault: { mode: 'none' }, token: 'wrong' },
  { name: 'an unknown mode', status: 400, fault: { mode: 'burn' } },
  { name: 'a share above one', status: 400, fault: { mode: 'errors', ratio: 2 } },
  { name: 'slow without a delay', status: 400, fault: { mode: 'slow' } },
  { name: 'a body over 1 KiB', status: 413, fault: { mode: 'x'.repeat(1_000_000) } },
]
for (const { name, status, fault, token } of refused) {
  test(`a fault with ${name} is answered ${status} and not set`, async () => {
    const proxy = await proxyTo('http://127.0.0.1:1')
    expect((await setFault(proxy, fault, token)).status).toBe(status)
    const now = await fetch(`${proxy}/_fault`, { headers: { authorization: `Bearer ${TOKEN}` } })
    expect(await now.json()).toEqual({ mode: 'none' })
  })
}
