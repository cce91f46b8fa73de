import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digestOf, formatDigest, parseDigest } from './digest.ts'

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
const digests = fc.oneof(
  hex(64).map((text) => `sha256:${text}`),
  hex(128).map((text) => `sha512:${text}`),
)

test('printing a parsed digest gives the text back', () => {
  fc.assert(
    fc.property(digests, (text) => {
      expect(formatDigest(parseDigest(text))).toBe(text)
    }),
  )
})

test('the digest of nothing is the one that FIPS 180-4 examples give', () => {
  expect(formatDigest(digestOf(Buffer.alloc(0)))).toBe(
    'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  )
})

const refused = [
  { name: 'upper-case hex', text: `sha256:${'A'.repeat(64)}` },
  { name: 'a short hash', text: `sha256:${'a'.repeat(63)}` },
  { name: "another algorithm's length", text: `sha512:${'a'.repeat(64)}` },
  { name: 'an unregistered algorithm', text: `md5:${'a'.repeat(32)}` },
  { name: 'a line break after it', text: `sha256:${'a'.repeat(64)}\n` },
  { name: 'nothing', text: '' },
]
for (const { name, text } of refused)
  test(`${name} is no digest`, () =>
    expect(() => parseDigest(text)).toThrow(
      `digest: saw ${JSON.stringify(text)}, expected sha256:<64 hex digits> or sha512:<128 hex digits>, lower case`,
    ))
