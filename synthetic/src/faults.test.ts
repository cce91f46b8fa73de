/** Every way a registry fails, done to a real one: one row per fault, with the verdict, reason and step it must get. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { digestOf, formatDigest } from './oci/digest.ts'
import { runProbe } from './run.ts'
import { type Fault, type FaultProxy, startProxy } from './testing/proxy.ts'
import { freePort, startRegistry, type TestRegistry } from './testing/registry.ts'

// The machine that runs the tests may be busy: these are about the target alone.
vi.mock('./loop-watch.ts', () => ({ watchLoop: () => ({ stop: () => 0 }) }))

let registry: TestRegistry
beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry.stop())

type Matcher = [method: string, path: RegExp]
const PING: Matcher = ['GET', /\/v2\/$/]
const START_UPLOAD: Matcher = ['POST', /\/uploads\/$/]
const PUSH_BLOB: Matcher = ['PUT', /\/uploads\//]
const PUSH_MANIFEST: Matcher = ['PUT', /\/manifests\//]
const PULL_MANIFEST: Matcher = ['GET', /\/manifests\/sha256:/]
const PULL_BLOB: Matcher = ['GET', /\/blobs\/sha256:/]
const PULL_TAG: Matcher = ['GET', /\/manifests\/push-pull-/]
const DELETE: Matcher = ['DELETE', /\/manifests\//]

/** The fault befalls what matches; everything else passes. */
const at =
  ([method, path]: Matcher, fault: Fault): Fault =>
  (question, response, pass) =>
    question.method === method && path.test(question.url ?? '') ? fault(question, response, pass) : pass()

const answer =
  (status: number, headers: Record<string, string> = {}, body = ''): Fault =>
  (question, response) => {
    question.resume()
    response.writeHead(status, headers).end(body)
  }
const ociError = (status: number, code: string) => answer(status, {}, JSON.stringify({ errors: [{ code }] }))
const HALF = { 'content-length': '20000' }

const cases: { name: string; fault: Fault; expected: string; deadlineSeconds?: number }[] = [
  {
    name: 'a reset instead of an answer',
    fault: at(PUSH_MANIFEST, (question) => question.socket.resetAndDestroy()),
    expected: 'target_fail connection_reset push-manifest',
  },
  {
    name: 'a reset in the middle of a body',
    fault: at(PULL_BLOB, (question, response) => {
      response.writeHead(200, HALF)
      response.write('half', () => setImmediate(() => question.socket.resetAndDestroy()))
    }),
    expected: 'target_fail connection_reset pull-blob',
  },
  {
    name: 'a body cut short',
    fault: at(PULL_BLOB, (question, response) => {
      response.writeHead(200, HALF)
      response.write('half', () => question.socket.end())
    }),
    expected: 'target_fail truncated pull-blob',
  },
  {
    name: 'a body cut short that nobody announced the length of',
    fault: at(PULL_BLOB, (_question, response) => {
      response.useChunkedEncodingByDefault = false
      response.writeHead(200, { connection: 'close' }).end('half')
    }),
    expected: 'target_fail truncated pull-blob',
  },
  {
    name: 'no answer',
    fault: at(PULL_MANIFEST, () => {}),
    expected: 'target_fail timeout pull-manifest',
    deadlineSeconds: 1,
  },
  {
    name: 'no end of a body',
    fault: at(PULL_BLOB, (_question, response) => {
      response.writeHead(200, HALF).write('half')
    }),
    expected: 'target_fail timeout pull-blob',
    deadlineSeconds: 1,
  },
  {
    name: 'one flipped bit under the right Docker-Content-Digest',
    fault: at(PULL_BLOB, (_question, _response, pass) =>
      pass(({ body }) => {
        body[9] = (body[9] ?? 0) ^ 1
      }),
    ),
    expected: 'target_fail digest_mismatch pull-blob',
  },
  {
    name: 'a tag that shows an older manifest',
    fault: at(PULL_TAG, (_question, _response, pass) =>
      pass((reply) => {
        reply.body = Buffer.from('{"schemaVersion":2}')
        reply.headers['content-length'] = String(reply.body.length)
        reply.headers['docker-content-digest'] = formatDigest(digestOf(reply.body))
      }),
    ),
    expected: 'target_fail digest_mismatch pull-tag',
  },
  {
    name: 'the right manifest under a wrong Docker-Content-Digest',
    fault: at(PULL_MANIFEST, (_question, _response, pass) =>
      pass(({ headers }) => {
        headers['docker-content-digest'] = `sha256:${'0'.repeat(64)}`
      }),
    ),
    expected: 'target_fail digest_mismatch pull-manifest',
  },
  {
    name: 'a Docker-Content-Digest that is no digest',
    fault: at(PUSH_BLOB, (_question, _response, pass) =>
      pass(({ headers }) => {
        headers['docker-content-digest'] = 'sha256:short'
      }),
    ),
    expected: 'target_fail protocol_error push-blob',
  },
  {
    name: 'too many requests',
    fault: at(START_UPLOAD, answer(429, { 'retry-after': '0' })),
    expected: 'target_fail throttled start-upload',
  },
  { name: '500', fault: at(PUSH_BLOB, answer(500)), expected: 'target_fail server_error push-blob' },
  { name: '503', fault: at(PING, answer(503)), expected: 'target_fail server_error ping' },
  {
    name: 'a manifest that is refused',
    fault: at(PUSH_MANIFEST, ociError(400, 'MANIFEST_INVALID')),
    expected: 'target_fail unexpected_status push-manifest',
  },
  {
    name: '404 after a push',
    fault: at(PULL_MANIFEST, ociError(404, 'MANIFEST_UNKNOWN')),
    expected: 'target_fail not_found pull-manifest',
  },
  {
    name: 'a delete that deletes nothing',
    fault: at(DELETE, answer(202)),
    expected: 'target_fail still_present verify-deleted',
  },
  {
    name: 'a body without end',
    fault: at(PULL_BLOB, (_question, response) => {
      response.writeHead(200)
      const more = () => {
        while (response.write(Buffer.alloc(65_536)));
      }
      response.on('drain', more)
      more()
    }),
    expected: 'target_fail protocol_error pull-blob',
  },
  {
    name: 'redirects in a circle',
    fault: at(PULL_BLOB, (question, response) => {
      response.writeHead(307, { location: question.url ?? '/' }).end()
    }),
    expected: 'target_fail protocol_error pull-blob',
  },
  {
    name: 'a redirect to nowhere',
    fault: at(PULL_BLOB, answer(307)),
    expected: 'target_fail protocol_error pull-blob',
  },
  {
    name: 'an upload without a Location',
    fault: at(START_UPLOAD, answer(202)),
    expected: 'target_fail protocol_error start-upload',
  },
  {
    name: 'an upload somewhere that is not http',
    fault: at(START_UPLOAD, answer(202, { location: 'file:///etc/passwd' })),
    expected: 'target_fail protocol_error start-upload',
  },
  {
    name: '401 without a challenge',
    fault: at(PING, answer(401)),
    expected: 'target_fail protocol_error auth',
  },
  {
    name: 'a challenge, and no credentials to answer it',
    fault: at(PING, answer(401, { 'www-authenticate': 'Basic realm="registry"' })),
    expected: 'indeterminate unauthorized ping',
  },
  {
    name: 'a registry that takes no pushes, as a pull-through cache does',
    fault: at(START_UPLOAD, ociError(405, 'UNSUPPORTED')),
    expected: 'skipped unsupported start-upload',
  },
]

for (const { name, fault, expected, deadlineSeconds = 10 } of cases)
  test(`${name}: ${expected}`, async () => {
    const proxy = await startProxy(registry.url, fault)
    try {
      const result = await runProbe({ url: proxy.url }, { deadlineSeconds })
      expect(`${result.verdict} ${result.reason} ${result.failedStep}`, result.message).toBe(expected)
    } finally {
      await proxy.stop()
    }
  })

test('nobody listens: target_fail connection_refused ping', async () => {
  const url = `http://127.0.0.1:${await freePort()}`
  expect(await runProbe({ url })).toMatchObject({
    verdict: 'target_fail',
    reason: 'connection_refused',
    failedStep: 'ping',
    message: `ping: GET ${url}/v2/: saw ECONNREFUSED, expected an answer`,
  })
})

test('a name that cannot resolve: prober_fail dns_error ping', async () => {
  // A label of 64 characters is longer than DNS allows (RFC 1035), so no name server is asked.
  const result = await runProbe({ url: `http://${'a'.repeat(64)}.test` })
  expect(result).toMatchObject({ verdict: 'prober_fail', reason: 'dns_error', failedStep: 'ping' })
})

test('TLS to a port that has none: target_fail tls_error ping', async () => {
  const result = await runProbe({ url: registry.url.replace('http:', 'https:') })
  expect(result).toMatchObject({ verdict: 'target_fail', reason: 'tls_error', failedStep: 'ping' })
})

test('a server that does not speak HTTP: target_fail protocol_error ping', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).end('SSH-2.0-OpenSSH_9.2\r\n'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  try {
    const result = await runProbe({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
    expect(result).toMatchObject({ verdict: 'target_fail', reason: 'protocol_error', failedStep: 'ping' })
  } finally {
    server.close()
  }
})

test('a registry that took pushes before and refuses them now fails', async () => {
  const memory = new Set<'takes-pushes' | 'holds-canary'>()
  expect(await runProbe({ url: registry.url }, { memory })).toMatchObject({ verdict: 'ok' })
  await behind(at(START_UPLOAD, ociError(405, 'UNSUPPORTED')), async ({ url }) => {
    const expected = { verdict: 'target_fail', reason: 'unexpected_status', failedStep: 'start-upload' }
    expect(await runProbe({ url }, { memory })).toMatchObject(expected)
  })
})

test('a registry that does not delete is ok, and nothing is verified', async () => {
  await behind(at(DELETE, ociError(405, 'UNSUPPORTED')), async ({ url }) => {
    const result = await runProbe({ url })
    expect(result.verdict).toBe('ok')
    expect(result.steps.at(-1)?.step).toBe('delete-manifest')
  })
})

test('an attempt that is throttled is not repeated', async () => {
  await behind(at(START_UPLOAD, answer(429, { 'retry-after': '0' })), async ({ url, seen }) => {
    await runProbe({ url })
    expect(seen.filter(({ line }) => line.startsWith('POST'))).toHaveLength(1)
  })
})

test('what was pushed is deleted after a failure', async () => {
  await behind(at(PULL_BLOB, answer(500)), async ({ url, seen }) => {
    const result = await runProbe({ url }, { vantage: 'cleaned' })
    expect(result.steps.map(({ step }) => step)).not.toContain('delete-manifest')
    expect(seen.at(-1)?.line).toMatch(/^DELETE /)
    const tag = seen.find(({ line }) => line.startsWith('PUT') && line.includes('/manifests/'))?.line.slice(4)
    expect((await fetch(registry.url + tag)).status).toBe(404)
  })
})

test('a run that is cancelled is prober_fail cancelled, wherever it was', async () => {
  const stop = new AbortController()
  const cancelling = at(PULL_TAG, () => stop.abort())
  await behind(cancelling, async ({ url }) => {
    const expected = { verdict: 'prober_fail', reason: 'cancelled', failedStep: 'pull-tag' }
    expect(await runProbe({ url }, { signal: stop.signal })).toMatchObject(expected)
  })
})

async function behind(fault: Fault, body: (proxy: FaultProxy) => Promise<void>): Promise<void> {
  const proxy = await startProxy(registry.url, fault)
  try {
    await body(proxy)
  } finally {
    await proxy.stop()
  }
}
