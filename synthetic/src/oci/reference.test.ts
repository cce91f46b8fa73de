import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  formatReference,
  manifestPath,
  parseReference,
  parseRegistryUrl,
  parseRepository,
} from './reference.ts'

const HEX = 'a'.repeat(64)
// The grammar of the distribution-spec, written as a generator instead of a pattern.
const word = fc.string({ unit: fc.constantFrom(...'abcxyz019'), minLength: 1, maxLength: 5 })
const component = fc
  .tuple(word, fc.array(fc.tuple(fc.constantFrom('.', '_', '__', '-', '--'), word), { maxLength: 2 }))
  .map(([first, more]) => first + more.flat().join(''))
const repository = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
const tag = fc
  .tuple(fc.constantFrom(...'aZ0_'), fc.string({ unit: fc.constantFrom(...'aZ0_.-'), maxLength: 20 }))
  .map((parts) => parts.join(''))
const references = fc.oneof(
  fc.tuple(repository, tag).map((parts) => parts.join(':')),
  repository.map((name) => `${name}@sha256:${HEX}`),
)

test('printing a parsed reference gives the text back, and parsing that the same reference', () => {
  fc.assert(
    fc.property(references, (text) => {
      const reference = parseReference(text)
      expect(formatReference(reference)).toBe(text)
      expect(parseReference(formatReference(reference))).toEqual(reference)
    }),
  )
})

test('no text makes the parser do anything but parse or refuse with a TypeError', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        expect(formatReference(parseReference(text))).toBe(text)
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError)
      }
    }),
  )
})

test('a manifest is found by tag or by digest', () => {
  expect(manifestPath(parseReference('plimsoll/canary:v1'))).toBe('/v2/plimsoll/canary/manifests/v1')
  expect(manifestPath(parseReference(`a@sha256:${HEX}`))).toBe(`/v2/a/manifests/sha256:${HEX}`)
})

const refusedRepositories = [
  '',
  'Upper',
  'a//b',
  '/a',
  'a/',
  'a..b',
  'a___b',
  '-a',
  'a-',
  '../a',
  'a b',
  'a'.repeat(201),
]
for (const text of refusedRepositories)
  test(`${JSON.stringify(text.slice(0, 20))} is no repository`, () =>
    expect(() => parseRepository(text)).toThrow(
      /^repository: saw ".*", expected lower-case path components such as plimsoll\/canary, at most 200 characters$/,
    ))

const refusedReferences = [
  'a',
  'a:',
  'a:.tag',
  'a:-tag',
  `a:${'t'.repeat(129)}`,
  'a:b:c',
  'a@sha256:1',
  `@sha256:${HEX}`,
]
for (const text of refusedReferences)
  test(`${JSON.stringify(text.slice(0, 20))} is no reference`, () =>
    expect(() => parseReference(text)).toThrow(TypeError))

const registries = ['http://127.0.0.1:4713', 'https://registry.example', 'https://[::1]:5000']
for (const text of registries)
  test(`${text} is a registry`, () => expect(parseRegistryUrl(text).href).toBe(`${text}/`))

const refusedRegistries = [
  'registry.example',
  'ftp://registry.example',
  'http://r.example/v2/',
  'http://r.example/?a=b',
  '',
]
for (const text of refusedRegistries)
  test(`${JSON.stringify(text)} is no registry`, () =>
    expect(() => parseRegistryUrl(text)).toThrow(
      `registry: saw ${JSON.stringify(text)}, expected http(s)://host[:port]; give credentials by file or environment`,
    ))

test('a registry URL with credentials is refused without repeating them', () => {
  expect(() => parseRegistryUrl('https://ada:hunter2@registry.example')).toThrow(
    'registry: saw a URL with credentials in it, expected http(s)://host[:port]; give credentials by file or environment',
  )
})
