import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { compilePlan } from './compile.ts'
import { formatFault } from './fault.ts'
import { specSchema } from './spec-schema.ts'

const SLO = join(import.meta.dirname, '../..')
// To bring it up to date: node slo/schema/write.ts
const published = JSON.parse(readFileSync(join(SLO, 'schema/openslo.schema.json'), 'utf8'))

test('the published JSON Schema is the one that the validator checks by', () => {
  expect(published).toEqual(JSON.parse(JSON.stringify(specSchema())))
})

// Strict about the schema itself; `properties` beside a `$ref` is what 2020-12 allows.
const valid = new Ajv2020({
  strict: true,
  strictTypes: false,
  strictRequired: false,
}).compile(published)

describe('a JSON Schema validator', () => {
  const documentsOf = (text: string) => parseAllDocuments(text).map((one) => one.toJS() as unknown)
  const specs = ['specs', 'catalogue'].flatMap((folder) =>
    readdirSync(join(SLO, folder))
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => join(folder, file)),
  )
  const read = (file: string) => readFileSync(join(SLO, file), 'utf8')

  for (const file of specs)
    test(`accepts ${file}, which names the schema for editors`, () => {
      const text = read(file)
      expect(text).toContain('# yaml-language-server: $schema=../schema/openslo.schema.json')
      for (const document of documentsOf(text)) expect([valid(document), valid.errors]).toEqual([true, null])
      expect(valid(documentsOf(text))).toBe(true)
    })

  const typos: [string, string | RegExp, string][] = [
    ['a field', 'budgetingMethod:', 'budgetMethod:'],
    ['a kind', 'kind: SLO', 'kind: Slo'],
    ['an annotation of ours', 'plimsoll.dev/runbook:', 'plimsoll.dev/run-book:'],
    ['the text of an annotation', 'plimsoll.dev/owner: team-hub', 'plimsoll.dev/owner: Team Hub'],
    ['a duration', 'duration: 28d', 'duration: 28 days'],
    ['a percentage for a ratio', 'target: 0.999', 'target: 99.9'],
    ['a type of source', 'Plimsoll/http', 'Plimsoll/htpp'],
    ['a field of a short form', 'serviceName:', 'service_name:'],
    ['a version', 'openslo/v1', 'openslo/v2'],
  ]
  for (const [name, from, to] of typos)
    test(`refuses a typo in ${name}`, () => {
      const text = read('specs/hub-api.yaml')
      const wrong = text.replace(from, to)
      expect(wrong).not.toBe(text)
      expect(documentsOf(wrong).every((one) => valid(one))).toBe(false)
      expect(valid(documentsOf(wrong))).toBe(false)
    })
})

/** Documents that belong together, with every field that OpenSLO v1 has and that is read here. */
const named = (kind: string, name: string, spec: object, annotations?: object) => ({
  apiVersion: 'openslo/v1',
  kind,
  metadata: { name, ...(annotations && { annotations }) },
  spec,
})
const about = named('Service', 'shop', { description: 'text' }, { 'plimsoll.dev/owner': 'team-shop' })
const service = {
  ...about,
  metadata: { ...about.metadata, displayName: 'Shop', labels: { team: ['a', 'b'] } },
}
const slo = (spec: object, annotations: object = {}) =>
  named(
    'SLO',
    'orders',
    { service: 'shop', budgetingMethod: 'Occurrences', objectives: [{ target: 0.999 }], ...spec },
    { 'plimsoll.dev/runbook': 'shop', ...annotations },
  )
const short = (type: string, spec: object) => ({
  indicator: {
    apiVersion: 'openslo/v1',
    kind: 'SLI',
    metadata: { name: 'a' },
    spec: { ratioMetric: { rawType: 'success', raw: { metricSource: { type, spec } } } },
  },
})
const query = (query: string) => ({ metricSource: { metricSourceRef: 'prom', spec: { query } } })
const source = named('DataSource', 'prom', { type: 'Prometheus', connectionDetails: { url: 'x' } })
const counted = named('SLI', 'counted', {
  ratioMetric: { counter: true, good: query('good_total'), total: query('all_total') },
})
const condition = {
  severity: 'page',
  condition: { kind: 'burnrate', op: 'gte', threshold: 10, lookbackWindow: '1h', alertAfter: '5m' },
}
const policy = (conditions: object, notificationTargets: object) => ({
  alertWhenNoData: true,
  alertWhenResolved: false,
  alertWhenBreaching: true,
  conditions: [conditions],
  notificationTargets: [notificationTargets],
})
const together: object[][] = [
  [
    service,
    slo(
      short('Plimsoll/http', {
        serviceName: 'shop',
        requests: [{ routes: ['/a'], badStatusCodes: ['5xx'] }],
      }),
    ),
  ],
  [
    service,
    slo(
      {
        ...short('Plimsoll/db', { system: 'postgresql', operations: ['select'], thresholdSeconds: 0.5 }),
        timeWindow: [
          { duration: '1M', calendar: { startTime: '2026-01-01 00:00:00', timeZone: 'Europe/Berlin' } },
        ],
        budgetingMethod: 'Timeslices',
        objectives: [{ targetPercent: 99.9, timeSliceTarget: 0.95, timeSliceWindow: '5m' }],
      },
      {
        'plimsoll.dev/regions': 'a, b',
        'plimsoll.dev/burn-rates': '1h=10',
        'plimsoll.dev/effective-from': '2026-01-01',
      },
    ),
  ],
  [
    service,
    source,
    counted,
    slo({
      indicatorRef: 'counted',
      timeWindow: [{ duration: '28d', isRolling: true }],
      alertPolicies: [
        {
          kind: 'AlertPolicy',
          metadata: { name: 'p' },
          spec: policy({ spec: condition }, { spec: { target: 'mail' } }),
        },
      ],
    }),
  ],
  [
    service,
    source,
    slo({
      indicator: { metadata: { name: 'age' }, spec: { thresholdMetric: query('age_seconds') } },
      budgetingMethod: 'RatioTimeslices',
      objectives: [{ displayName: 'x', op: 'lte', value: 30, target: 0.99, timeSliceWindow: 5 }],
      alertPolicies: [{ alertPolicyRef: 'fast' }],
    }),
    named('AlertPolicy', 'fast', policy({ conditionRef: 'burns' }, { targetRef: 'mail' })),
    named('AlertCondition', 'burns', condition),
    named('AlertNotificationTarget', 'mail', { target: 'email' }),
  ],
  [
    service,
    source,
    counted,
    slo(
      {
        objectives: [
          { target: 0.9, indicatorRef: 'counted', compositeWeight: 2 },
          { target: 0.9, ...short('Plimsoll/web', { vital: 'lcp', threshold: 2.5 }) },
        ],
      },
      { 'plimsoll.dev/objective-ids': 'find, buy' },
    ),
  ],
]

/** What stands instead of a value, `undefined` for nothing, each with its name. */
function changesOf(value: unknown): [string, unknown][] {
  const others = [undefined, null, 'X y', -1].map((one): [string, unknown] => [`is ${one}`, one])
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return others
  const more = {
    unheardOf: 'x',
    indicatorRef: 'counted',
    bad: { metricSource: { type: 'Prometheus', spec: { query: 'x_total' } } },
    target: 0.5,
    isRolling: true,
  }
  const as = Object.entries(more).filter(([field]) => !(field in value))
  return [
    ...others,
    ['is empty', {}],
    ...as.map(([field, one]): [string, unknown] => [`has ${field} as well`, { ...value, [field]: one }]),
  ]
}

/** Every value inside, and where it is. */
function* within(value: unknown, path: string[] = []): Generator<[string[], unknown]> {
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    yield [[...path, key], inner]
    yield* within(inner, [...path, key])
  }
}

function changed(root: unknown, [key = '', ...rest]: string[], value: unknown): unknown {
  const copy = (Array.isArray(root) ? [...root] : { ...Object(root) }) as Record<string, unknown>
  copy[key] = rest.length > 0 ? changed(copy[key], rest, value) : value
  return copy
}

/** What names something else, or is arithmetic: a schema of one document cannot know. */
const BEYOND =
  /^(SPEC_FIELD_MISSING: saw no \S+metricSource.spec.query|SPEC_REFERENCE|SPEC_QUERY|SPEC_CYCLE|PLAN_NO_PAGE_POSSIBLE|SPEC_LATENCY_THRESHOLD|SPEC_ID_DUPLICATE|SPEC_WINDOW: saw (duration|time zone)|SPEC_FIELD_VALUE: saw \d objectives|SPEC_NOT_SUPPORTED)/

describe('schema and validator, each field changed in turn', () => {
  const judge = (text: string) => ({
    faults: compilePlan([{ file: 'a.yaml', text }]).faults,
    schema: valid(JSON.parse(text)),
  })
  for (const [index, documents] of together.entries())
    test(`what the validator accepts the schema accepts, and it knows what one document can tell (${index + 1})`, () => {
      expect(judge(JSON.stringify(documents))).toEqual({ faults: [], schema: true })
      const wrong: string[] = []
      let accepted = 0
      const others = new Set(together.slice(0, index).flat())
      for (const [path, value] of documents.flatMap((one, n) =>
        others.has(one) ? [] : [...within(one, [`${n}`])],
      ))
        for (const [what, instead] of changesOf(value)) {
          // As JSON, which leaves out what is undefined, and is YAML that is read fast.
          const text = JSON.stringify(changed(documents, path, instead))
          const { faults, schema } = judge(text)
          if (faults.length === 0) accepted++
          const [first] = faults.map((one) => formatFault(one).replace(/^\S+ /, ''))
          if (faults.length === 0 && !schema) wrong.push(`${path.join('.')} ${what}: only the schema refuses`)
          if (first && schema && !BEYOND.test(first)) wrong.push(`${path.join('.')} ${what}: ${first}`)
        }
      expect(accepted).toBeGreaterThan(4)
      expect(wrong).toEqual([])
    })
})
