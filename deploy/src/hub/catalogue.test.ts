import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import type { RegistryEvent } from '../process/notification.ts'
import { temporaryFolder } from '../process/test-parts.ts'
import { Catalogue } from './catalogue.ts'

const SECOND = 1_000_000
const A = `sha256:${'a'.repeat(64)}`
const B = `sha256:${'b'.repeat(64)}`
const IMAGE = 'application/vnd.oci.image.manifest.v1+json'

function catalogue(nowSeconds = () => 0): Catalogue {
  const opened = new Catalogue(':memory:', nowSeconds)
  onTestFinished(() => opened.close())
  return opened
}

function pushed(repository: string, tag: string | undefined, digest: string, at: number): RegistryEvent {
  return { kind: 'manifest-pushed', repository, digest, tag, mediaType: IMAGE, sizeBytes: 10, at }
}

test('a tag names a digest in each region that holds it', () => {
  const hub = catalogue()
  hub.merge('us-east', [pushed('team/app', 'v1', A, SECOND)])
  hub.merge('eu-west', [pushed('team/app', 'v1', A, 2 * SECOND)])
  const image = { digest: A, mediaType: IMAGE, sizeBytes: 10 }
  expect(hub.tags('team/app', '', 10)).toEqual([
    {
      name: 'v1',
      regions: [
        { region: 'eu-west', ...image, pushedAt: '1970-01-01T00:00:02.000Z' },
        { region: 'us-east', ...image, pushedAt: '1970-01-01T00:00:01.000Z' },
      ],
    },
  ])
  expect(hub.find('team/app')).toEqual({
    name: 'team/app',
    canary: false,
    tagCount: 1,
    regions: ['eu-west', 'us-east'],
    updatedAt: '1970-01-01T00:00:02.000Z',
  })
})

test('a repository is gone when its last manifest is, and back when one is pushed again', () => {
  const hub = catalogue()
  hub.merge('us-east', [pushed('team/app', 'v1', A, 1)])
  hub.merge('us-east', [{ kind: 'manifest-deleted', repository: 'team/app', digest: A, at: 2 }])
  expect(hub.find('team/app')).toBeUndefined()
  expect(hub.list('', 10)).toEqual([])
  hub.merge('us-east', [pushed('team/app', undefined, A, 3)])
  expect(hub.find('team/app')?.tagCount).toBe(0) // pushed by digest: its old tag stays deleted
})

test('a manifest in one region only is not deleted by the other', () => {
  const hub = catalogue()
  hub.merge('us-east', [pushed('team/app', 'v1', A, 1)])
  hub.merge('eu-west', [{ kind: 'manifest-deleted', repository: 'team/app', digest: A, at: 2 }])
  expect(hub.find('team/app')?.regions).toEqual(['us-east'])
})

const tag = fc.constantFrom('v1', 'v2', undefined)
const digest = fc.constantFrom(A, B)
const event: fc.Arbitrary<RegistryEvent> = fc.oneof(
  fc
    .record({ tag, digest, at: fc.integer({ min: 1, max: 8 }) })
    .map(({ tag, digest, at }) => pushed('r', tag, digest, at)),
  fc.record({
    kind: fc.constant('manifest-deleted' as const),
    repository: fc.constant('r'),
    digest,
    at: fc.integer({ min: 1, max: 8 }),
  }),
  fc.record({
    kind: fc.constant('tag-deleted' as const),
    repository: fc.constant('r'),
    tag: fc.constantFrom('v1', 'v2'),
    at: fc.integer({ min: 1, max: 8 }),
  }),
)

test('events in any order, and any of them twice, leave the same repository', () => {
  const shuffledWithRepeats = fc.array(event, { minLength: 1, maxLength: 12 }).chain((events) =>
    fc.tuple(
      fc.constant(events),
      fc.shuffledSubarray([...events, ...events], {
        minLength: events.length * 2,
        maxLength: events.length * 2,
      }),
    ),
  )
  fc.assert(
    fc.property(shuffledWithRepeats, ([events, shuffled]) => {
      const [inOrder, mixed] = [events, shuffled].map((list) => {
        const hub = new Catalogue(':memory:', () => 0)
        for (const one of list) hub.merge('us-east', [one])
        const state = { repository: hub.find('r'), tags: hub.tags('r', '', 10) }
        hub.close()
        return state
      })
      expect(mixed).toEqual(inOrder)
    }),
    { numRuns: 100 },
  )
})

test('canaries are answered by name, flagged, and not listed or found', () => {
  const hub = catalogue()
  hub.merge('us-east', [pushed('plimsoll/canary-1f', 'c', A, 1), pushed('plimsoll/tools', 'c', A, 1)])
  expect(hub.list('', 10).map(({ name }) => name)).toEqual(['plimsoll/tools'])
  expect(hub.search('plimsoll', 10).map(({ name }) => name)).toEqual(['plimsoll/tools'])
  expect(hub.find('plimsoll/canary-1f')?.canary).toBe(true)
})

test('a search finds names that contain the text, the exact one first, and takes % and _ as they are', () => {
  const hub = catalogue()
  const names = ['a/web', 'web', 'web-shop', 'a_b', 'axb']
  hub.merge(
    'us-east',
    names.map((name) => pushed(name, 'v1', A, 1)),
  )
  const found = (text: string) => hub.search(text, 10).map(({ name }) => name)
  expect(found('web')).toEqual(['web', 'web-shop', 'a/web'])
  expect(found('a_b')).toEqual(['a_b'])
  expect(found('%')).toEqual([])
})

test('tombstones older than an hour are removed, and nothing else', () => {
  let now = 0
  const hub = catalogue(() => now)
  hub.merge('us-east', [pushed('old/gone', 'v1', A, SECOND), pushed('old/kept', 'v1', A, SECOND)])
  hub.merge('us-east', [{ kind: 'manifest-deleted', repository: 'old/gone', digest: A, at: 2 * SECOND }])
  now = 2 * 3600
  hub.merge('us-east', [])
  expect(hub.find('old/kept')?.tagCount).toBe(1)
  // The tombstone is gone: a push older than the deletion counts again.
  hub.merge('us-east', [pushed('old/gone', 'v1', A, SECOND)])
  expect(hub.find('old/gone')?.tagCount).toBe(1)
})

test('a catalogue opened again still knows what it was told', () => {
  const file = join(temporaryFolder(), 'catalogue.sqlite')
  const first = new Catalogue(file, () => 0)
  first.merge('us-east', [pushed('team/app', 'v1', A, 1)])
  first.close()
  const second = new Catalogue(file, () => 0)
  onTestFinished(() => second.close())
  expect(second.list('', 10).map(({ name }) => name)).toEqual(['team/app'])
})
