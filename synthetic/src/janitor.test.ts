import { afterAll, beforeAll, expect, test } from 'vitest'
import { canaryTag } from './canary-tag.ts'
import { leftovers, MAX_DELETED, sweep } from './janitor.ts'
import { startProxy } from './testing/proxy.ts'
import { pushTagged } from './testing/push-tagged.ts'
import { freePort, startRegistry, type TestRegistry } from './testing/registry.ts'

let registry: TestRegistry
beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry.stop())

const NOON = 1_795_521_600
const repository = 'plimsoll/canary-us-east'
const run = '0123456789abcdef'
const signal = new AbortController().signal
const old = [canaryTag('push-pull', NOON - 3600, run), canaryTag('replication', NOON - 601, run)]
const kept = [
  canaryTag('push-pull', NOON - 599, run), // may still be under way
  'retained-65536',
  'latest',
  'push-pull-1795500000', // a person's
]

const push = (tag: string) => pushTagged(registry.url, repository, tag)
async function tags(): Promise<string[]> {
  const answer = await fetch(`${registry.url}/v2/${repository}/tags/list`)
  return ((await answer.json()) as { tags: string[] }).tags.sort()
}

test('what killed runs left behind goes; runs under way, the retained image and what is not ours stay', async () => {
  for (const tag of [...old, ...kept]) await push(tag)
  expect(await sweep({ registry, repository, before: NOON - 600, signal })).toBe(2)
  expect(await tags()).toEqual(kept.toSorted())
  expect(await sweep({ registry, repository, before: NOON - 600, signal })).toBe(0)
})

test('a repository that nobody pushed to has nothing to delete', async () => {
  expect(await sweep({ registry, repository: 'plimsoll/none', before: NOON, signal })).toBe(0)
})

test('a registry that does not delete keeps what it has, and is no failure', async () => {
  await push(old[0] ?? '')
  const proxy = await startProxy(registry.url, (question, response, pass) =>
    question.method === 'DELETE' ? response.writeHead(405).end() : pass(),
  )
  expect(await sweep({ registry: proxy, repository, before: NOON - 600, signal })).toBe(0)
  await proxy.stop()
})

test('a registry that does not answer is told', async () => {
  const nobody = { url: `http://127.0.0.1:${await freePort()}` }
  await expect(sweep({ registry: nobody, repository, before: NOON, signal })).rejects.toThrow('ECONNREFUSED')
})

test('a pass is bounded, and takes the oldest first', () => {
  const many = Array.from({ length: MAX_DELETED + 1 }, (_, index) =>
    canaryTag('push-pull', NOON - index, run),
  )
  const pass = leftovers(many, NOON + 1)
  expect(pass).toHaveLength(MAX_DELETED)
  expect(pass[0]).toBe(canaryTag('push-pull', NOON - MAX_DELETED, run))
  expect(pass).not.toContain(canaryTag('push-pull', NOON, run))
})
