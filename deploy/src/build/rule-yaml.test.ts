/** Rule files are read back by the library that did not write them. */
import { SOME_SLO } from '@plimsoll/slo/plan'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { ruleYaml } from './rule-yaml.ts'
import type { Run } from './shared-rules.ts'

/** What a reader that knows no YAML of ours sees: one document, without a complaint. */
function readBack(pieces: Iterable<string>, version: '1.1' | '1.2' = '1.2'): unknown {
  const [document, ...more] = parseAllDocuments([...pieces].join(''), { version })
  if (!document || !('errors' in document)) throw new Error('no document')
  expect([document.errors, document.warnings, more]).toEqual([[], [], []])
  return document.toJS()
}

const group = (value: string) => ({
  name: `group ${value}`,
  interval: '30s',
  rules: [{ alert: 'A', expr: value, labels: { one: value, two: '' }, annotations: {} }],
})

function yamlOf(groups: { name: string; interval: string; rules: Run['rules'] }[]): Iterable<string> {
  return ruleYaml(groups.map(({ name, interval, rules }) => ({ name, interval, runs: [{ rules }] })))
}

const nasty: [string, string][] = [
  ['quotes of both kinds', `it's "so"`],
  ['a word that YAML 1.1 takes for a truth', 'on'],
  ['a number', '0.5'],
  ['a time of day, base 60 in YAML 1.1', '12:30:45'],
  ['nothing', ''],
  ['null', '~'],
  ['a comment and a mapping', 'a: b # c'],
  ['lines', '(\n  a > 1\n\nor\n  b\n)'],
  ['lines that end with a space', 'a \nb'],
  ['lines that begin with a space', ' a\nb'],
  ['a last line break', 'a\n'],
  ['a carriage return', 'a\r\nb'],
  ['a tab and a NUL', 'a\tb\0'],
  ['a document mark', '---\n- x'],
  ['line breaks of Unicode', 'a\u0085b\u2028c\u2029d\ufeffe'],
  ['other alphabets', 'Verfügbarkeit 可用性 😀'],
  ['an anchor, an alias, a tag', '&a *b !c'],
]
for (const [name, value] of nasty) {
  test(`a text survives: ${name}`, () => {
    const groups = [group(value), { name: 'empty', interval: '1m', rules: [] }]
    expect(readBack(yamlOf(groups))).toEqual({ groups })
    // Prometheus reads words and numbers as YAML 1.1 has them.
    expect(readBack(yamlOf(groups), '1.1')).toEqual({ groups })
  })
}

test('any text survives', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom('a', ' ', '\n', '-', ':', '#', '"', "'", '\t', '|', '1', '{') }),
  )
  fc.assert(
    fc.property(anyText, (value) => {
      expect(readBack(yamlOf([group(value)]))).toEqual({ groups: [group(value)] })
    }),
  )
})

test('rules that SLOs share are those of each, with its own labels', () => {
  const shared = ['a', 'b'].map((name) => ({
    record: `slo:${name}`,
    expr: `x{slo="${SOME_SLO}",what='it''s'} or\n y{slo="${SOME_SLO}"}`,
    labels: { slo: SOME_SLO, service: '' },
  }))
  const runs = (slo: string) => [{ rules: shared, of: { slo, labels: { slo, service: 'on' } } }]
  const rules = (slo: string) =>
    ['a', 'b'].map((name) => ({
      record: `slo:${name}`,
      expr: `x{slo="${slo}",what='it''s'} or\n y{slo="${slo}"}`,
      labels: { slo, service: 'on' },
    }))
  const ids = ['pull', '7', '0-1']
  expect(
    readBack(ruleYaml(ids.map((slo) => ({ name: slo, interval: '30s', runs: runs(slo) }))), '1.1'),
  ).toEqual({
    groups: ids.map((slo) => ({ name: slo, interval: '30s', rules: rules(slo) })),
  })
})
