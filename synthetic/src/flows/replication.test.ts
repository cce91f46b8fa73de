/**
 * One real registry behind two proxies: what is pushed through `source` is there at once, and the proxy of the target
 * decides when it is seen.
 */
import { probeResultSchema } from '@plimsoll/instrumentation/envelope'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { runProbe } from '../run.ts'
import { type Fault, type FaultProxy, startProxy } from '../testing/proxy.ts'
import { freePort, startRegistry, type TestRegistry } from '../testing/registry.ts'

// The machine that runs the tests may be busy: these are about the target alone.
vi.mock('../loop-watch.ts', () => ({ watchLoop: () => ({ stop: () => 0 }) }))

let registry: TestRegistry
beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry.stop())

const proxies: FaultProxy[] = []
afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.stop()
})
async function behind(fault: Fault): Promise<FaultProxy> {
  const proxy = await startProxy(registry.url, fault)
  proxies.push(proxy)
  return proxy
}

const passing: Fault = (_question, _response, pass) => pass()
const isQuestion = ({ method = '', url = '' }: { method?: string | undefined; url?: string | undefined }) =>
  method === 'GET' && url.includes('/manifests/replication-')

/** Answers the first `times` questions for the tag itself. */
function hiding(times: number, answer: (status: Parameters<Fault>[1]) => void): Fault {
  let asked = 0
  return (question, response, pass) => (isQuestion(question) && asked++ < times ? answer(response) : pass())
}
const absent = (response: Parameters<Fault>[1]) =>
  response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')

function replicate(source: { url: string }, target: { url: string }, withinSeconds = 20) {
  return runProbe(
    { url: target.url, region: 'eu-west', source: { url: source.url } },
    { flow: 'replication', vantage: 'us-east', withinSeconds, sizeBytes: 3072 },
  )
}

test('what is pushed in one region is looked for in the other until it is there, hashed, and deleted in both', async () => {
  const source = await behind(passing)
  const target = await behind(hiding(3, absent))
  const result = await replicate(source, target)
  expect(result.message).toBeUndefined()
  expect(result).toMatchObject({
    verdict: 'ok',
    flow: 'replication',
    vantage: 'us-east',
    region: 'eu-west',
  })
  expect(probeResultSchema.parse(result)).toEqual(result)
  const blob = ['start-upload', 'push-blob']
  expect(result.steps.map(({ step, statusCode }) => `${step} ${statusCode}`)).toEqual([
    'ping 200',
    ...[...blob, ...blob, ...blob, ...blob].map((step) => `${step} ${step === 'push-blob' ? 201 : 202}`),
    'push-manifest 201',
    ...['find-copy 404', 'find-copy 404', 'find-copy 404', 'find-copy 200'],
    ...['pull-blob 200', 'pull-blob 200', 'pull-blob 200', 'pull-blob 200'],
  ])
  // Three pauses of at least 50 ms each lie between the four questions.
  expect(result.replicationLagSeconds).toBeGreaterThan(0.1)
  expect(result.replicationLagSeconds).toBeLessThan(result.endedAt - result.startedAt)
  expect(source.seen.every(({ line }) => !line.startsWith('GET /v2/plimsoll'))).toBe(true)
  for (const proxy of [source, target])
    expect(proxy.seen.at(-1)?.line).toMatch(
      /^DELETE \/v2\/plimsoll\/canary-replication-us-east\/manifests\/sha256:/,
    )
})

const seen: { name: string; fault: Fault; withinSeconds?: number; expected: string }[] = [
  {
    name: 'no copy in time',
    fault: hiding(Infinity, absent),
    withinSeconds: 0.5,
    expected: 'target_fail not_replicated find-copy',
  },
  {
    name: 'a target that fails to the end',
    fault: hiding(Infinity, (response) => response.writeHead(503).end()),
    withinSeconds: 0.5,
    expected: 'target_fail server_error find-copy',
  },
  {
    name: 'a target that fails for a while, and has the copy in time',
    fault: hiding(2, (response) => response.writeHead(503).end()),
    expected: 'ok undefined undefined',
  },
  {
    name: 'a copy with a flipped bit',
    fault: (question, _response, pass) =>
      pass(({ body }) => {
        if (question.method === 'GET' && question.url?.includes('/blobs/')) body[9] = (body[9] ?? 0) ^ 1
      }),
    expected: 'target_fail digest_mismatch pull-blob',
  },
  {
    name: 'a copy without its layers',
    fault: (question, response, pass) =>
      question.method === 'GET' && question.url?.includes('/blobs/') ? absent(response) : pass(),
    expected: 'target_fail not_found pull-blob',
  },
]
for (const { name, fault, withinSeconds, expected } of seen)
  test(`${name}: ${expected}`, async () => {
    const target = await behind(fault)
    const result = await replicate(await behind(passing), target, withinSeconds)
    expect(`${result.verdict} ${result.reason} ${result.failedStep}`, result.message).toBe(expected)
    expect(target.seen.at(-1)?.line).toMatch(/^DELETE /)
  })

test('a copy that never came has a lag past its limit, so that a histogram counts it as late', async () => {
  const result = await replicate(await behind(passing), await behind(hiding(Infinity, absent)), 0.5)
  expect(result.replicationLagSeconds).toBeGreaterThan(0.5)
  expect(result.message).toMatch(/^find-copy: GET .*: saw no copy 0\.\d s after the source took the push$/)
})

const sources: { name: string; fault: Fault }[] = [
  { name: 'is broken', fault: (_question, response) => response.writeHead(500).end() },
  { name: 'resets', fault: (question) => question.socket.resetAndDestroy() },
  {
    name: 'takes blobs and no manifest',
    fault: (question, response, pass) =>
      question.url?.includes('/manifests/') ? response.writeHead(403).end() : pass(),
  },
]
for (const { name, fault } of sources)
  test(`a source that ${name} says nothing about the target, which is not even asked for a copy`, async () => {
    const target = await behind(passing)
    const result = await replicate(await behind(fault), target)
    expect(result).toMatchObject({ verdict: 'indeterminate', reason: 'source_failed' })
    expect(result.message).toMatch(/^at the source, /)
    expect(result.replicationLagSeconds).toBeUndefined()
    expect(target.seen.filter(({ line }) => line.startsWith('GET'))).toEqual([])
  })

test('a source where nobody listens: indeterminate source_failed', async () => {
  const nobody = { url: `http://127.0.0.1:${await freePort()}` }
  expect(await replicate(nobody, await behind(passing))).toMatchObject({
    verdict: 'indeterminate',
    reason: 'source_failed',
    failedStep: 'ping',
    message: `at the source, ping: GET ${nobody.url}/v2/: saw ECONNREFUSED, expected an answer`,
  })
})

test('a target where nobody listens fails, for nobody can pull there: target_fail connection_refused', async () => {
  const nobody = { url: `http://127.0.0.1:${await freePort()}` }
  expect(await replicate(await behind(passing), nobody, 0.5)).toMatchObject({
    verdict: 'target_fail',
    reason: 'connection_refused',
    failedStep: 'find-copy',
  })
})

test('a prober that stops while it waits for a copy: prober_fail cancelled', async () => {
  const stop = new AbortController()
  const target = await behind(
    hiding(Infinity, (response) => {
      absent(response)
      stop.abort()
    }),
  )
  const source = await behind(passing)
  const result = await runProbe(
    { url: target.url, source: { url: source.url } },
    { flow: 'replication', signal: stop.signal },
  )
  expect(result).toMatchObject({ verdict: 'prober_fail', reason: 'cancelled', failedStep: 'find-copy' })
})

test('without a source nothing is asked', async () => {
  await expect(runProbe({ url: registry.url }, { flow: 'replication' })).rejects.toThrow(
    'replication: saw no source, expected the registry that the canary is pushed to',
  )
})
