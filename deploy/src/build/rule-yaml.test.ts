/** Rule files are read back by the library that did not write them. */
import { type Run, rulesOf, SOME } from '@plimsoll/slo/plan'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { ruleYaml } from './rule-yaml.ts'
import type { Rule } from './shared-rules.ts'

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

function yamlOf(groups: { name: string; interval: string; rules: Rule[] }[]): Iterable<string> {
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

const nameless = {
  alert: 'A',
  expr: `x{slo="${SOME.slo}",what='it''s'} or\n y{slo="${SOME.slo}"}`,
  labels: { slo: SOME.slo, service: SOME.service },
  annotations: { summary: `${SOME.displayName}: {{ $value }}`, url: `http://x.test/${SOME.slo}` },
}

test('rules that SLOs share are those of each, with its own names', () => {
  const names: [slo: string, service: string, title: string][] = [
    ['pull', 'registry', 'Pulls'],
    ['7', 'on', "it's"],
    ['0-1', '', 'a "b" \\ c'],
    ['null', '12:30', 'one\ntwo '],
    ['a.b', 'SOME_SLO', 'SOME_SERVICE # 可用性'],
  ]
  const rules = [nameless, { ...nameless, for: '1m' }]
  const groups = names.map(([slo, service, title]) => ({
    name: slo,
    interval: '30s',
    runs: [{ rules, of: { [SOME.slo]: slo, [SOME.service]: service, [SOME.displayName]: title } }],
  }))
  expect(readBack(ruleYaml(groups), '1.1')).toEqual({
    groups: names.map(([slo, service, title]) => {
      const rule = {
        alert: 'A',
        expr: `x{slo="${slo}",what='it''s'} or\n y{slo="${slo}"}`,
        labels: { slo, service },
        annotations: { summary: `${title}: {{ $value }}`, url: `http://x.test/${slo}` },
      }
      return { name: slo, interval: '30s', rules: [rule, { ...rule, for: '1m' }] }
    }),
  })
})

test('a phrase decides how its text is written where nothing else does: such rules are refused', () => {
  const rules = [{ ...nameless, annotations: { title: SOME.displayName } }]
  const of = { [SOME.displayName]: 'on' }
  expect(() => [...ruleYaml([{ name: 'a', interval: '30s', runs: [{ rules, of }] }])]).toThrow(
    'a shared rule: saw title: SOME_TITLE, expected a phrase within quoted text only',
  )
})

test('shared or not, rules are the same text', () => {
  const word = fc.stringMatching(/^[a-z0-9][\w.:-]{0,3}$/)
  const title = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom(...` a7:'"#{\n\\`) }),
  )
  fc.assert(
    fc.property(word, word, title, (slo, service, title) => {
      const run = {
        rules: [nameless],
        of: { [SOME.slo]: slo, [SOME.service]: service, [SOME.displayName]: title },
      }
      const text = (run: Run<Rule>) => [...ruleYaml([{ name: 'a', interval: '30s', runs: [run] }])].join('')
      expect(text(run)).toBe(text({ rules: rulesOf<Rule>(run) }))
    }),
  )
})
