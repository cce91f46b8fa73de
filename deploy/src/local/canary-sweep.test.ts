/** Sweeping under a real registry that goes on serving. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runProbe } from '@plimsoll/synthetic'
import { expect, test } from 'vitest'
import { realRegistry } from '../process/test-parts.ts'
import { push } from '../visitors/push.ts'
import { MANIFEST_TYPE, SAMPLE_IMAGES } from '../visitors/sample-images.ts'
import { sweepCanaries } from './canary-sweep.ts'

const MINUTE_MS = 60_000
const later = () => Date.now() + MINUTE_MS

function blobs(data: string): string[] {
  const folder = join(data, 'docker/registry/v2/blobs/sha256')
  return readdirSync(folder).flatMap((shard) => readdirSync(join(folder, shard)))
}

test('a sweep leaves what is retained, and probes before and after it are ok', async () => {
  const { origin, data } = await realRegistry()
  const memory = new Set<never>()
  const verdict = async (flow: 'push-pull' | 'integrity') =>
    (await runProbe({ url: origin }, { flow, memory: memory as never })).verdict
  await verdict('integrity') // pushes its image
  for (let n = 0; n < 3; n++) expect(await verdict('push-pull')).toBe('ok')
  // Three layers, config and manifest: of the retained image, and of each push.
  expect(blobs(data)).toHaveLength(4 * 5)
  expect(await sweepCanaries(data, Date.now(), MINUTE_MS)).toEqual({ blobs: 0, bytes: 0 })
  const swept = await sweepCanaries(data, later(), MINUTE_MS)
  expect(swept.blobs).toBe(3 * 5)
  expect(swept.bytes).toBeGreaterThan(3 * 65_536)
  expect(blobs(data)).toHaveLength(5)
  expect(await verdict('integrity')).toBe('ok')
  expect(await verdict('push-pull')).toBe('ok')
  const links = join(data, 'docker/registry/v2/repositories/plimsoll/canary-local')
  await sweepCanaries(data, later(), MINUTE_MS)
  expect(readdirSync(join(links, '_layers/sha256'))).toEqual([])
  expect(readdirSync(join(links, '_manifests/revisions/sha256'))).toEqual([])
})

test('blobs that a user’s repository holds as well stay, and so does every image that was not deleted', async () => {
  const { origin, data } = await realRegistry()
  const [image] = SAMPLE_IMAGES
  if (!image) throw new Error('no samples')
  await push(origin, { ...image, repository: 'plimsoll/canary-x' })
  await push(origin, { ...image, repository: 'a/user/of-it' })
  const manifest = `${origin}/v2/plimsoll/canary-x/manifests/${image.manifest.digest}`
  expect(await sweepCanaries(data, later(), MINUTE_MS)).toEqual({ blobs: 0, bytes: 0 })
  const headers = { accept: MANIFEST_TYPE }
  expect((await fetch(manifest, { headers })).status).toBe(200)
  expect((await fetch(manifest, { method: 'DELETE' })).status).toBe(202)
  expect(await sweepCanaries(data, later(), MINUTE_MS)).toEqual({ blobs: 0, bytes: 0 })
  for (const { digest } of image.blobs)
    expect((await fetch(`${origin}/v2/a/user/of-it/blobs/${digest}`)).status).toBe(200)
  expect((await fetch(`${origin}/v2/plimsoll/canary-x/blobs/${image.blobs[0]?.digest}`)).status).toBe(404)
})

test('a registry that holds nothing is left alone', async () => {
  expect(await sweepCanaries('/nowhere', Date.now(), 0)).toEqual({ blobs: 0, bytes: 0 })
})
