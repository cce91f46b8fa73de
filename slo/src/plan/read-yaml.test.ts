import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { readYaml } from './read-yaml.ts'

/** Every value by the fast reader, and by the one that knows positions. */
function bothReaders(text: string) {
  const fast = readYaml('a.yaml', text)
  // An anchor sends the same text to the other reader.
  const slow = readYaml('a.yaml', `# &x\n${text}`)
  return [fast, slow].map(({ documents, faults }) => ({
    values: documents.map(({ value }) => value),
    faults,
  }))
}

const SPECS = join(import.meta.dirname, '../../specs')
const texts: [string, string][] = [
  ...readdirSync(SPECS).map((file): [string, string] => [file, readFileSync(join(SPECS, file), 'utf8')]),
  ['numbers and words', 'a: 0x10\nb: 012\nc: 1e3\nd: yes\ne: ~\nf: .5\ng: 2026-01-01 00:00:00\nh: 1_000\n'],
  ['block texts with dashes', 'a: |\n  one\n  --- two\nb: >-\n  three\n  four\n---\nc: "# no comment"\n'],
  ['empty documents', '---\n---\na: 1\n---\n# nothing\n---\nb: 2\n'],
  ['flow collections and quotes', "a: {b: [1, 'two', \"th\\u0072ee\"]}\n'c d': []\n"],
]

describe('both readers see the same', () => {
  for (const [name, text] of texts) {
    test(name, () => {
      const [fast, slow] = bothReaders(text)
      expect(fast).toEqual(slow)
      const parsed = parseAllDocuments(text)
      const expected = ('empty' in parsed ? [] : parsed)
        .map((one) => one.toJS() as unknown)
        .filter((one) => one !== null)
      expect(fast?.values).toEqual(expected)
    })
  }
})

test('a document knows its first line, a field its line and column, a missing one its parent', () => {
  const { documents } = readYaml('a.yaml', '# head\na: 1\n---\n\n# more\nb:\n  c: 2\n  d: [3, 4]\n')
  expect(documents.map(({ writtenAt }) => writtenAt)).toEqual(['a.yaml:2', 'a.yaml:6'])
  expect(['c', 'd', 'e'].map((field) => documents[1]?.locate(['b', field]))).toEqual([
    'a.yaml:7:6',
    'a.yaml:8:3',
    'a.yaml:6:1',
  ])
  expect(documents[1]?.locate(['b', 'd', 1])).toBe('a.yaml:8:10')
})

test('aliases are followed when they are few', () => {
  const { documents, faults } = readYaml('a.yaml', 'a: &x {b: 1}\nc: *x\n')
  expect(faults).toEqual([])
  expect(documents[0]?.value).toEqual({ a: { b: 1 }, c: { b: 1 } })
})
