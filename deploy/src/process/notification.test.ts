import { expect, test } from 'vitest'
import { microseconds, parseEvent } from './notification.ts'

const DIGEST = 'sha256:08514d79cb8bf266e523753fa719a019c7bffce807dddb36a28dcaab1bbb8a57'

/** As docker-registry 2.8.2 sent it (request, actor and source left out), with `events.includereferences`. */
const push = {
  id: 'ef38119d-a5ca-4bf6-ace8-8083cba1a044',
  timestamp: '2026-11-24T14:46:30.386456235Z',
  action: 'push',
  target: {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    size: 392,
    digest: DIGEST,
    length: 392,
    repository: 'samples/web',
    url: `http://127.0.0.1:38501/v2/samples/web/manifests/${DIGEST}`,
    tag: 'v1',
    references: [
      { mediaType: 'application/vnd.oci.image.config.v1+json', size: 2, digest: `sha256:${'4'.repeat(64)}` },
      { mediaType: 'application/vnd.oci.image.layer.v1.tar', size: 5, digest: `sha256:${'2'.repeat(64)}` },
    ],
  },
}
const AT = Date.UTC(2026, 10, 24, 14, 46, 30) * 1000 + 386_456

test('a pushed manifest weighs itself and what it refers to', () => {
  expect(parseEvent(push)).toEqual({
    kind: 'manifest-pushed',
    repository: 'samples/web',
    digest: DIGEST,
    tag: 'v1',
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    sizeBytes: 392 + 2 + 5,
    at: AT,
  })
})

test('deleting a manifest sends one event for it and one for each of its tags', () => {
  const deleted = (target: object) =>
    parseEvent({ ...push, action: 'delete', target: { repository: 'a/b', ...target } })
  expect(deleted({ digest: DIGEST })).toEqual({
    kind: 'manifest-deleted',
    repository: 'a/b',
    digest: DIGEST,
    at: AT,
  })
  expect(deleted({ tag: 'v1' })).toEqual({ kind: 'tag-deleted', repository: 'a/b', tag: 'v1', at: AT })
})

const useless: { name: string; event: unknown }[] = [
  { name: 'a pull', event: { ...push, action: 'pull' } },
  { name: 'a blob', event: { ...push, target: { ...push.target, mediaType: 'application/octet-stream' } } },
  { name: 'a name with capitals', event: { ...push, target: { ...push.target, repository: 'Samples/Web' } } },
  { name: 'a name that climbs', event: { ...push, target: { ...push.target, repository: '../etc' } } },
  { name: 'a time that is none', event: { ...push, timestamp: 'yesterday' } },
  { name: 'no object', event: 'push' },
]
for (const { name, event } of useless) {
  test(`${name} is passed over`, () => expect(parseEvent(event)).toBeUndefined())
}

const times: { text: string; expected: number }[] = [
  { text: '1970-01-01T00:00:00Z', expected: 0 },
  { text: '1970-01-01T00:00:01.5Z', expected: 1_500_000 },
  { text: '1970-01-01T00:00:00.000001999Z', expected: 1 },
  { text: '1970-01-01T02:00:00.25+02:00', expected: 250_000 },
]
for (const { text, expected } of times) {
  test(`${text} is microsecond ${expected}`, () => expect(microseconds(text)).toBe(expected))
}
