/** Rot and loss, done to the disk of a real registry. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { CANARY_BYTES, defaultRepository, runProbe } from '../run.ts'
import { startProxy } from '../testing/proxy.ts'
import { freePort, startRegistry, type TestRegistry } from '../testing/registry.ts'
import type { Remembered } from '../verdict.ts'
import { retainedCanary } from './integrity.ts'

// The machine that runs the tests may be busy: these are about the target alone.
vi.mock('../loop-watch.ts', () => ({ watchLoop: () => ({ stop: () => 0 }) }))

let registry: TestRegistry
beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry.stop())

/** What each prober remembers of the registry. */
let memories: Record<string, Set<Remembered>>
beforeEach(() => {
  memories = { 'us-east': new Set(), 'eu-west': new Set() }
})
async function probe(vantage = 'us-east', url = registry.url): Promise<string> {
  const options = { flow: 'integrity', vantage, memory: memories[vantage] ?? new Set() } as const
  const { verdict, reason, failedStep } = await runProbe({ url }, options)
  return reason ? `${verdict} ${reason} ${failedStep}` : verdict
}
const both = () => Promise.all([probe('us-east'), probe('eu-west')])

const repository = defaultRepository('integrity', 'us-east')
const canary = retainedCanary(repository, CANARY_BYTES)

/** The file of a blob or manifest, as docker-registry names it. */
async function fileOf({ digest: { hex } }: (typeof canary)['manifest']): Promise<string> {
  const root = join(registry.directory, 'data')
  const files = await readdir(root, { recursive: true })
  return join(root, files.find((name) => name.endsWith(join(hex, 'data'))) ?? 'missing')
}
/** Returns how to undo it. */
async function damage(what: (typeof canary)['manifest'], edit: (bytes: Buffer) => Uint8Array) {
  const file = await fileOf(what)
  const bytes = await readFile(file)
  await writeFile(file, edit(bytes))
  return () => writeFile(file, bytes)
}
const flipBit = (bytes: Buffer) => bytes.with(100, (bytes[100] ?? 0) ^ 1)

const nowhere = 'indeterminate not_found find-canary'
const [layer = canary.manifest] = canary.blobs

test('two probers that start at once push the same image, and neither takes the other for rot', async () => {
  expect(await both()).toEqual([nowhere, nowhere])
  expect(await both()).toEqual(['ok', 'ok'])
})

const rot: {
  name: string
  what: (typeof canary)['manifest']
  edit: (bytes: Buffer) => Uint8Array
  seen: string
}[] = [
  {
    name: 'one flipped bit of a layer, which the registry serves with 200 and the right Docker-Content-Digest',
    what: layer,
    edit: flipBit,
    seen: 'target_fail digest_mismatch pull-blob',
  },
  {
    name: 'a layer cut short, which the registry announces as that short',
    what: layer,
    edit: (bytes) => bytes.subarray(0, 1000),
    seen: 'target_fail digest_mismatch pull-blob',
  },
  {
    name: 'one flipped bit of the manifest',
    what: canary.manifest,
    edit: flipBit,
    seen: 'target_fail digest_mismatch find-canary',
  },
]
for (const { name, what, edit, seen } of rot)
  test(`${name}: every vantage sees it, every time, until it is healed`, async () => {
    await both()
    expect(await both()).toEqual(['ok', 'ok'])
    const heal = await damage(what, edit)
    expect([await both(), await both()]).toEqual([
      [seen, seen],
      [seen, seen],
    ])
    await heal()
    expect(await both()).toEqual(['ok', 'ok'])
  })

test('the registry answers a flipped bit with 200 and the digest that it should have', async () => {
  await probe()
  const heal = await damage(layer, flipBit)
  const { algorithm, hex } = layer.digest
  const answer = await fetch(`${registry.url}/v2/${repository}/blobs/${algorithm}:${hex}`)
  await heal()
  expect(answer.status).toBe(200)
  expect(answer.headers.get('docker-content-digest')).toBe(`sha256:${hex}`)
  expect(Buffer.from(await answer.arrayBuffer()).equals(layer.bytes)).toBe(false)
})

test('a layer that is lost is told', async () => {
  await probe()
  const file = await fileOf(layer)
  const bytes = await readFile(file)
  await rm(file)
  expect(await probe()).toBe('target_fail not_found pull-blob')
  await writeFile(file, bytes)
  expect(await probe()).toBe('ok')
})

test('an image that is lost is told once and put back', async () => {
  await probe()
  expect(await probe()).toBe('ok')
  const manifest = `${registry.url}/v2/${repository}/manifests/sha256:${canary.manifest.digest.hex}`
  expect((await fetch(manifest, { method: 'DELETE' })).status).toBe(202)
  expect(await probe()).toBe('target_fail not_found find-canary')
  expect(await probe()).toBe('ok')
})

test('a registry that is down, broken or slow has not lost a byte as far as anybody knows', async () => {
  await probe()
  const broken = await startProxy(registry.url, (_question, response) => response.writeHead(503).end())
  const cut = await startProxy(registry.url, (question, response, pass) => {
    if (!question.url?.includes('/blobs/')) return pass()
    response.writeHead(200, { 'content-length': '20000' })
    response.write('half', () => question.socket.end())
  })
  expect(await probe('us-east', `http://127.0.0.1:${await freePort()}`)).toBe(
    'indeterminate connection_refused ping',
  )
  expect(await probe('us-east', broken.url)).toBe('indeterminate server_error ping')
  expect(await probe('us-east', cut.url)).toBe('indeterminate truncated pull-blob')
  await broken.stop()
  await cut.stop()
})
