/** What people paste, break or send on purpose: clear faults, no crash, no plan, and no long wait. */
import { expect, test } from 'vitest'
import { compilePlan } from './compile.ts'
import { formatFault } from './fault.ts'

const SERVICE =
  'apiVersion: openslo/v1\nkind: Service\nmetadata:\n  name: shop\n  annotations:\n    plimsoll.dev/owner: team\nspec: {}\n'
const withQuery = (query: string) => `${SERVICE}---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: orders
  annotations:
    plimsoll.dev/runbook: shop
spec:
  service: shop
  indicator:
    metadata: {name: sli}
    spec:
      ratioMetric:
        bad: {metricSource: {type: Prometheus, spec: {query: '${query}'}}}
        total: {metricSource: {type: Prometheus, spec: {query: a_total}}}
  budgetingMethod: Occurrences
  objectives: [target: 0.999]
`

function faults(text: string): string[] {
  const { plan, faults } = compilePlan([{ file: 'a.yaml', text }])
  expect(plan).toBeUndefined()
  return faults.map(formatFault)
}

const lines = (count: number) => Array.from({ length: count }, (_, n) => `key${n}: 1\n`).join('')

const cases: [string, string, string][] = [
  [
    'an alias inside of what it stands for',
    `a: &a [*a]\n`,
    'a.yaml:1:1: SPEC_YAML: saw an alias inside of what it stands for',
  ],
  [
    'such an alias deep in a spec',
    SERVICE.replace('spec: {}', 'spec: &s\n  description: *s'),
    'SPEC_YAML: saw an alias inside',
  ],
  ['brackets without end', '['.repeat(5_000), 'SPEC_YAML: saw nesting too deep to read'],
  [
    'nesting that ends',
    `a: ${'['.repeat(5_000)}${']'.repeat(5_000)}`,
    'SPEC_YAML: saw nesting too deep to read',
  ],
  ['thousands of lists in a line', `${'- '.repeat(5_000)}a`, 'SPEC_YAML: saw nesting too deep to read'],
  [
    'tens of thousands of anchors',
    lines(5_000).replaceAll(': 1', ': &x 1'),
    'SPEC_KIND_UNKNOWN: saw nothing',
  ],
  [
    'a key twice beside an anchor',
    'a: &x 1\nb: 2\nb: 3\n',
    'a.yaml:3:1: SPEC_YAML: saw Map keys must be unique',
  ],
  [
    'a merge key',
    'a: &x {b: 1}\nc:\n  <<: *x\n',
    'a.yaml:3:3: SPEC_YAML: saw a merge key (<<), which YAML 1.2 does not have, expected a YAML 1.2 document; write the fields out',
  ],
  [
    'half of a character',
    `${SERVICE}x: "\\ud800"`,
    'a.yaml:8:4: SPEC_YAML: saw half of a UTF-16 surrogate pair',
  ],
  [
    'a key that one reader of YAML takes and the other does not',
    `${SERVICE}${'k'.repeat(1025)}: 1\n`,
    'a.yaml:1:1: SPEC_FIELD_UNKNOWN: saw kkkk',
  ],
  [
    'the YAML of something else',
    'apiVersion: apps/v1\nkind: Deployment\n',
    'a.yaml:2:7: SPEC_KIND_UNKNOWN: saw Deployment of apps/v1, expected openslo/v1; keep other YAML in another folder, or name the spec files by a glob',
  ],
  [
    'a target between quotes',
    withQuery('a_total').replace('0.999', '"0.999"'),
    'a.yaml:24:24: SPEC_FIELD_VALUE: saw spec.objectives.0.target: "0.999", expected a finite number; remove the quotes',
  ],
  [
    'a number for a name',
    SERVICE.replace('owner: team', 'owner: 5'),
    'a.yaml:6:25: SPEC_FIELD_VALUE: saw metadata.annotations.plimsoll.dev/owner: 5, expected a value of type string; write "5", with quotes',
  ],
  [
    'more nines than a number holds',
    withQuery('a_total').replace('0.999', '0.99999999999999999999'),
    'a.yaml:24:24: SPEC_TARGET_RANGE: saw 0.99999999999999999999, expected at most 15 digits; write fewer digits',
  ],
  [
    'spaces around a name',
    withQuery('a_total').replace('Occurrences', '"Occurrences "'),
    'saw spec.budgetingMethod: "Occurrences ", expected Occurrences or',
  ],
  [
    'a prototype among the annotations',
    SERVICE.replace('    plimsoll', '    __proto__: {a: 1}\n    plimsoll'),
    'a.yaml:6:5: SPEC_FIELD_UNKNOWN: saw __proto__ in metadata.annotations',
  ],
  [
    'a prototype for a field',
    `${SERVICE}__proto__: {kind: SLO}\n`,
    'SPEC_FIELD_UNKNOWN: saw __proto__ in the document',
  ],
  [
    'what every object has, for a field',
    `${SERVICE}constructor: 1\n`,
    'a.yaml:8:14: SPEC_FIELD_UNKNOWN: saw constructor in the document',
  ],
  [
    'a list for fields',
    SERVICE.replace('{}', '[]'),
    'a.yaml:7:1: SPEC_FIELD_VALUE: saw spec: [], expected a value of type object; correct the value',
  ],
  ['a tag that would run code', SERVICE.replace('{}', '!!js/function "x"'), 'SPEC_FIELD_VALUE: saw spec: x'],
  ['UTF-16', Buffer.from(SERVICE, 'utf16le').toString('utf8'), 'SPEC_NOT_UTF8'],
  ['a text without end', `${SERVICE}x: "abc`, 'SPEC_YAML: saw Missing closing "quote'],
  ['only a word', 'hello', 'SPEC_KIND_UNKNOWN: saw nothing'],
  [
    'PromQL in parentheses without end',
    withQuery('('.repeat(3000)),
    'SPEC_QUERY: saw no PromQL at character',
  ],
  [
    'PromQL after a selector',
    withQuery('a_total} or vector(1) or up{x="y"'),
    'SPEC_QUERY: saw no PromQL at character',
  ],
  ['PromQL that adds a constant', withQuery('a_total or vector(1)'), 'SPEC_QUERY: saw the operator or'],
]
for (const [name, text, says] of cases) test(name, () => expect(faults(text).join('\n')).toContain(says))

test('a DataSource whose type refers to itself is one fault', () => {
  const source = `apiVersion: openslo/v1
kind: DataSource
metadata: {name: prom}
spec: {type: {metricSource: {metricSourceRef: prom}}}
`
  expect(faults(source)).toEqual([
    'a.yaml:4:8: SPEC_FIELD_VALUE: saw spec.type: {"metricSource":{"metricSourceRef":"prom"}}, expected a value of type string; correct the value',
  ])
})

test('every fault of a document is named, each once', () => {
  const wrong = `${withQuery('a_total').replace('[target: 0.999]', '""')}  colour: red\n  size: .inf\n  timeWindow: [5, 6]\n`
  expect(faults(wrong).map((one) => one.replace(/^\S+ /, ''))).toEqual([
    'SPEC_FIELD_VALUE: saw spec.objectives: an empty text, expected a value of type array; correct the value',
    'SPEC_FIELD_UNKNOWN: saw colour in spec, expected a field of OpenSLO v1 or of the metric source; remove or correct it',
    'SPEC_FIELD_UNKNOWN: saw size in spec, expected a field of OpenSLO v1 or of the metric source; remove or correct it',
    'SPEC_FIELD_VALUE: saw spec.timeWindow: [5,6], expected exactly 1 item; correct the value',
  ])
})

test('a weight without end is one fault', () => {
  const wrong = withQuery('a_total').replace('target: 0.999', '{target: 0.999, compositeWeight: -.inf}')
  expect(faults(wrong)).toEqual([
    'a.yaml:24:49: SPEC_FIELD_VALUE: saw spec.objectives.0.compositeWeight: -Infinity, expected a finite number; correct the value',
  ])
})

test('of tens of thousands of unknown fields the first twenty are named', () => {
  const found = faults(SERVICE + lines(20_000))
  expect(found).toHaveLength(20)
  expect(found[0]).toContain('a.yaml:8:7: SPEC_FIELD_UNKNOWN: saw key0 in the document')
})

const same: [string, (text: string) => string][] = [
  ['a byte order mark', (text) => `\uFEFF${text}`],
  ['CRLF', (text) => text.replaceAll('\n', '\r\n')],
  ['comments and blank lines', (text) => `# one\n\n${text}\n# end\n`],
]
for (const [name, change] of same)
  test(`${name} changes nothing`, () => {
    const plan = (text: string) => compilePlan([{ file: 'a.yaml', text }]).plan?.slos[0]
    const text = withQuery('a_total{code=~"5.."}')
    expect(plan(text)).toBeDefined()
    expect({ ...plan(change(text)), writtenAt: '' }).toEqual({ ...plan(text), writtenAt: '' })
  })
