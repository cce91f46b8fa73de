/** Replication between two real registries, by their own notifications. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import {
  eventually,
  type RealRegistry,
  realRegistry,
  served,
  silent,
  TOKEN,
  temporaryFolder,
} from '../process/test-parts.ts'
import { push } from '../visitors/push.ts'
import { MANIFEST_TYPE, SAMPLE_IMAGES } from '../visitors/sample-images.ts'
import { replicatorApp } from './app.ts'
import { createMetrics } from './metrics.ts'
import { Queue } from './queue.ts'
import { reconcile } from './reconcile.ts'
import { StopSwitch } from './stop-switch.ts'
import { keepReplicating } from './worker.ts'

const FAULTS_TOKEN = 'another-token-for-tests'
const [first, second] = SAMPLE_IMAGES
if (!first || !second) throw new Error('no samples')
const of = (repository: string, tag: string) => ({ ...first, repository, tags: [tag] })

/** A replicator between a registry in us-east and one in eu-west; all of it ends with the test. */
async function replicated() {
  const folder = temporaryFolder()
  const queue = new Queue(join(folder, 'queue.sqlite'), ['us-east', 'eu-west'], Date.now)
  const stop = new StopSwitch(folder)
  const registry = new Registry()
  const pairs = [
    { from: 'us-east', to: 'eu-west' },
    { from: 'eu-west', to: 'us-east' },
  ]
  const metrics = createMetrics(
    pairs,
    () => queue.waiting(),
    () => Date.now() / 1000,
    registry,
  )
  const url = await served(
    replicatorApp({
      queue,
      regions: ['us-east', 'eu-west'],
      stop,
      notificationsToken: TOKEN,
      faultsToken: FAULTS_TOKEN,
      metrics: (_request, response) => void response.end(),
      log: silent,
    }) as never,
  )
  const at = (region: string) => realRegistry({ url: `${url}/notifications?region=${region}`, token: TOKEN })
  const us = await at('us-east')
  const eu = await at('eu-west')
  const stopping = new AbortController()
  const there = { source: 'us-east', target: 'eu-west', from: us.origin, to: eu.origin }
  const back = { source: 'eu-west', target: 'us-east', from: eu.origin, to: us.origin }
  const parts = { queue, stop, metrics, log: silent, nowMs: Date.now }
  const working = [there, back].map((one) => keepReplicating(one, parts, stopping.signal))
  onTestFinished(async () => {
    stopping.abort()
    await Promise.all(working)
    queue.close()
  })
  /** Jobs so far by `from outcome`; those without any are left out. */
  const jobs = async () => {
    const { values } = await metrics.copies.get()
    return Object.fromEntries(
      values
        .filter(({ value }) => value > 0)
        .map(({ labels, value }) => [`${labels.from} ${labels.outcome}`, value]),
    )
  }
  return { folder, url, us, eu, queue, stop, jobs, registry, there }
}

async function digestOf({ origin }: RealRegistry, repository: string, tag: string): Promise<string | null> {
  const headers = { accept: MANIFEST_TYPE }
  const answer = await fetch(`${origin}/v2/${repository}/manifests/${tag}`, { method: 'HEAD', headers })
  return answer.headers.get('docker-content-digest')
}

test('what is pushed in one region is whole in the other, under its digest and tag, and is not copied back', async () => {
  const { us, eu, queue, jobs } = await replicated()
  await push(us.origin, of('samples/web', 'v1'))
  await eventually(async () => (await digestOf(eu, 'samples/web', 'v1')) === first.manifest.digest)
  for (const { digest, bytes } of first.blobs) {
    const blob = await fetch(`${eu.origin}/v2/samples/web/blobs/${digest}`)
    expect(Buffer.from(await blob.arrayBuffer())).toEqual(bytes)
  }
  // An image pushed the other way after it: whatever the first copy had caused has been told by then.
  await push(eu.origin, of('samples/batch', 'v1'))
  await eventually(async () => (await digestOf(us, 'samples/batch', 'v1')) === first.manifest.digest)
  await eventually(() => queue.waiting().length === 0)
  expect(await jobs()).toEqual({ 'us-east copied': 1, 'eu-west copied': 1 })
})

test('what is deleted in one region is gone from the other', async () => {
  const { us, eu } = await replicated()
  await push(us.origin, of('samples/web', 'v1'))
  await eventually(async () => (await digestOf(eu, 'samples/web', 'v1')) === first.manifest.digest)
  const manifest = `${eu.origin}/v2/samples/web/manifests/${first.manifest.digest}`
  expect((await fetch(manifest, { method: 'DELETE' })).status).toBe(202)
  await eventually(async () => (await digestOf(us, 'samples/web', 'v1')) === null)
})

test('a stopped replicator says how much waits and for how long, and catches up; the newest push of a tag wins', async () => {
  const { folder, url, us, eu, queue, registry } = await replicated()
  const put = (stopped: boolean) =>
    fetch(`${url}/faults`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${FAULTS_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ stopped }),
    })
  expect((await fetch(`${url}/faults`, { method: 'PUT' })).status).toBe(401)
  expect((await put(true)).status).toBe(200)
  expect(new StopSwitch(folder).stopped, 'stays stopped when it starts again').toBe(true)
  await push(us.origin, of('samples/web', 'v1'))
  await push(eu.origin, { ...second, repository: 'samples/web', tags: ['v1'] })
  await push(us.origin, of('samples/web', 'v2'))
  await eventually(() => queue.waiting().reduce((sum, { pending }) => sum + pending, 0) === 2)
  const text = await registry.metrics()
  expect(text).toContain('plimsoll_replicator_pending{from="us-east",to="eu-west"} 1')
  expect(text).toMatch(/oldest_pending_age_seconds\{from="eu-west",to="us-east"\} 0\.\d/)
  await put(false)
  await eventually(() => queue.waiting().length === 0)
  expect(await digestOf(us, 'samples/web', 'v1')).toBe(second.manifest.digest)
  expect(await digestOf(eu, 'samples/web', 'v1')).toBe(second.manifest.digest)
  expect(await digestOf(eu, 'samples/web', 'v2')).toBe(first.manifest.digest)
})

test('canaries stay in their region, but for those of replication', async () => {
  const { us, eu, queue, jobs } = await replicated()
  await push(us.origin, of('plimsoll/canary-us-east', 'one'))
  await push(us.origin, of('plimsoll/canary-replication-us-east', 'one'))
  await eventually(async () => (await digestOf(eu, 'plimsoll/canary-replication-us-east', 'one')) !== null)
  // The tag is there before its job is told of.
  await eventually(() => queue.waiting().length === 0)
  expect(await digestOf(eu, 'plimsoll/canary-us-east', 'one')).toBeNull()
  expect(await jobs()).toEqual({ 'us-east copied': 1 })
})

test('rot is not replicated: the other region refuses what is not its digest, and it is tried again', async () => {
  const { us, eu, stop, queue, jobs } = await replicated()
  stop.set(true)
  await push(us.origin, of('samples/web', 'v1'))
  const layer = first.blobs[0]
  const hex = layer?.digest.slice('sha256:'.length) ?? ''
  const file = join(us.data, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data')
  const bytes = readFileSync(file)
  bytes[0] = (bytes[0] ?? 0) ^ 1
  writeFileSync(file, bytes)
  stop.set(false)
  await eventually(async () => Number((await jobs())['us-east failed']) > 0)
  expect(await digestOf(eu, 'samples/web', 'v1')).toBeNull()
  expect(queue.waiting()).toMatchObject([{ pending: 1 }])
  writeFileSync(file, layer?.bytes ?? '')
  await eventually(async () => (await digestOf(eu, 'samples/web', 'v1')) === first.manifest.digest)
})

test('comparing the regions finds what no event had told of', async () => {
  const { us, eu, queue, there } = await replicated()
  // A registry that sends no notifications stands for one that forgot them.
  const quiet = await realRegistry()
  await push(quiet.origin, of('samples/web', 'v1'))
  expect(await reconcile({ ...there, from: quiet.origin }, queue)).toBe(1)
  // The worker asks us-east, which never had it.
  await eventually(() => queue.waiting().length === 0)
  await push(us.origin, of('samples/batch', 'v1'))
  await eventually(async () => (await digestOf(eu, 'samples/batch', 'v1')) === first.manifest.digest)
  expect(await reconcile(there, queue)).toBe(0)
})

test('what is no notification, or from nobody we know, is refused', async () => {
  const { url } = await replicated()
  const send = (query: string, body: string, token = TOKEN) =>
    fetch(`${url}/notifications${query}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/vnd.docker.distribution.events.v1+json',
      },
      body,
    })
  expect((await send('?region=us-east', '{"events":[]}', 'wrong')).status).toBe(401)
  expect(await (await send('?region=mars', '{"events":[]}')).json()).toMatchObject({
    status: 400,
    detail: 'saw region mars, expected one of us-east, eu-west',
  })
  expect((await send('?region=us-east', '{"event":[]}')).status).toBe(400)
  expect((await send('?region=us-east', '{"events":[null,{"action":"pull"}]}')).status).toBe(202)
})
