/** Specs of other tools become ours; each field of theirs is in the result, or in the list of what is not. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments, stringify } from 'yaml'
import { compilePlan } from '../plan/compile.ts'
import { importSpecs, type Tool } from './import.ts'
import { counters } from './query.ts'
import { leaves } from './source.ts'

const SLOTH = `version: prometheus/v1
service: hub-api
labels:
  owner: team-hub
  tier: "2"
slo_plugins:
  chain:
    - id: example.com/debug/v1
slos:
  - name: availability
    objective: 99.95
    description: Requests are answered.
    labels:
      category: user
    sli:
      events:
        error_query: sum(rate(http_requests_total{code=~"5.."}[{{.window}}]))
        total_query: sum(rate(http_requests_total[{{.window}}]))
    alerting:
      name: HubErrors
      labels:
        channel: hub
      annotations:
        runbook: https://example.com/hub
      page_alert:
        labels:
          severity: critical
      ticket_alert:
        disable: true
        annotations:
          summary: slow burn
  - name: cache
    objective: 95
    sli:
      raw:
        error_ratio_query: 1 - avg_over_time(cache_hit_ratio[{{.window}}])
    plugins:
      chain: [{id: x, priority: 10}]
    alerting:
      page_alert: {disable: true}
      ticket_alert: {disable: true}
`
const KUBERNETES = `apiVersion: sloth.slok.dev/v1
kind: PrometheusServiceLevel
metadata:
  name: registry
  namespace: monitoring
spec:
  service: registry
  slos:
    - name: pull
      objective: 99.9
      sli:
        events:
          errorQuery: |
            sum(rate(pulls_total[{{.window}}]))
            - sum(rate(pull_seconds_bucket{le="1"}[{{.window}}])) OR on() vector(0)
          totalQuery: sum(rate(pulls_total[{{.window}}]))
      alerting:
        pageAlert: {disable: true}
        ticketAlert: {labels: {severity: low}}
`
const pyrra = (name: string, indicator: object, spec: object = {}) => ({
  apiVersion: 'pyrra.dev/v1alpha1',
  kind: 'ServiceLevelObjective',
  metadata: {
    name,
    namespace: 'registry',
    labels: { team: 'team-registry' },
    annotations: { 'pyrra.dev/note': 'n' },
  },
  spec: { target: '99.5', window: '2w', description: 'Words.', indicator, ...spec },
})
const PYRRA = [
  pyrra('ratio', { ratio: { errors: { metric: 'p{c="5"}' }, total: { metric: 'p' }, grouping: ['zone'] } }),
  pyrra('latency', { latency: { success: { metric: 'h_bucket{le="1"}' }, total: { metric: 'h_count' } } }),
  pyrra('native', { latencyNative: { latency: '200ms', total: { metric: 'h{x="y"}' } } }),
  pyrra(
    'up',
    { bool_gauge: { metric: 'probe_success' } },
    {
      alerting: { burnrates: false, absent: false, name: 'Down', severities: { fastBurn: 'p1' } },
      performanceOverAccuracy: true,
      partial_response_strategy: 'warn',
    },
  ),
]
const ALPHA = `apiVersion: openslo/v1alpha
kind: Service
metadata: {name: Hub API}
spec: {description: Words.}
---
apiVersion: openslo/v1alpha
kind: SLO
metadata: {name: search, displayName: Search}
spec:
  service: Hub API
  description: Found.
  budgetingMethod: Occurrences
  objectives:
    - displayName: Fast
      target: 0.99
      ratioMetrics:
        incremental: true
        good: {source: prometheus, queryType: promql, query: 'sum(rate(found_total[{{.window}}]))'}
        total: {source: prometheus, queryType: promql, query: 'sum(rate(search_total[{{.window}}]))'}
  timeWindows:
    - {count: 4, unit: Week, isRolling: true}
`

const inputs: [Tool, string, string][] = [
  ['sloth', 'service file', SLOTH],
  ['sloth', 'Kubernetes form', KUBERNETES],
  ['pyrra', 'four indicators', PYRRA.map((one) => stringify(one)).join('---\n')],
  ['openslo', 'v1alpha', ALPHA],
]
const convert = (tool: Tool, text: string) => importSpecs(tool, [{ file: 'in.yaml', text }])
const specs = (tool: Tool, text: string) =>
  convert(tool, text).files.flatMap(({ text }) => parseAllDocuments(text).map((one) => one.toJS()))
const named = (tool: Tool, text: string, name: string) =>
  specs(tool, text).find(({ kind, metadata }) => kind === 'SLO' && metadata.name === name)
const query = (slo: ReturnType<typeof named>) => {
  const { ratioMetric, thresholdMetric } = slo.spec.indicator.spec
  return Object.fromEntries(
    Object.entries(ratioMetric ?? { thresholdMetric })
      .filter(([, one]) => typeof one === 'object')
      .map(([name, one]) => [
        name,
        (one as { metricSource: { spec: { query: string } } }).metricSource.spec.query,
      ]),
  )
}

describe('what comes out', () => {
  for (const [tool, name, text] of inputs)
    test(`of ${tool}, ${name}, is valid and the same each time`, () => {
      const imported = convert(tool, text)
      expect(imported.leftOut).toBe(0)
      const { plan, faults } = compilePlan(imported.files)
      expect(faults).toEqual([])
      expect(plan?.slos).toHaveLength(imported.slos)
      expect(convert(tool, text)).toEqual(imported)
    })
})

describe('sloth', () => {
  test('events become counters without windows, with the owner of the labels', () => {
    const slo = named('sloth', SLOTH, 'hub-api-availability')
    expect(query(slo)).toEqual({
      bad: 'sum(http_requests_total{code=~"5.."})',
      total: 'sum(http_requests_total)',
    })
    expect(slo.spec.objectives).toEqual([{ targetPercent: 99.95 }])
    expect(slo.spec.timeWindow).toEqual([{ duration: '30d', isRolling: true }])
    expect(slo.metadata.annotations).toEqual({
      'plimsoll.dev/runbook': 'hub-api-availability',
      'plimsoll.dev/burn-rates': '1d=off, 3d=off',
      'sloth.slok.dev/name': 'HubErrors',
      'sloth.slok.dev/labels.channel': 'hub',
      'sloth.slok.dev/annotations.runbook': 'https://example.com/hub',
      'sloth.slok.dev/page-alert.labels.severity': 'critical',
      'sloth.slok.dev/ticket-alert.annotations.summary': 'slow burn',
    })
    const service = specs('sloth', SLOTH).find(({ kind }) => kind === 'Service')
    expect(service.metadata.annotations).toEqual({ 'plimsoll.dev/owner': 'team-hub' })
  })

  test('a raw ratio becomes ratio time slices; disabled alerts are none', () => {
    const slo = named('sloth', SLOTH, 'hub-api-cache')
    expect(query(slo)).toEqual({ raw: '1 - avg_over_time(cache_hit_ratio[5m])' })
    expect(slo.spec).toMatchObject({
      budgetingMethod: 'RatioTimeslices',
      objectives: [{ targetPercent: 95, timeSliceWindow: '5m' }],
    })
    expect(slo.metadata.annotations['plimsoll.dev/alerting']).toBe('none')
  })

  test('differences of counters stay, and `or vector(0)` goes', () => {
    const slo = named('sloth', KUBERNETES, 'registry-pull')
    expect(query(slo).bad).toBe('sum(pulls_total) - sum(pull_seconds_bucket{le="1"})')
    expect(slo.metadata.annotations['plimsoll.dev/alerting']).toBe('ticket')
  })

  test('an SLI of a plugin leaves its SLO out, with every option named', () => {
    const text = SLOTH.replace(
      / {4}sli:\n {6}raw:.*\n.*\n/,
      '    sli:\n      plugin: {id: p, options: {a: b}}\n',
    )
    const { slos, leftOut, notes } = convert('sloth', text)
    expect([slos, leftOut]).toEqual([1, 1])
    expect(notes).toContainEqual({
      at: 'in.yaml:35:36',
      field: 'slos.1.sli.plugin.options.a',
      what: 'is code of a plugin: no equivalent',
    })
  })

  test('an objective of 100 has no budget: left out with the reason', () => {
    const { leftOut, notes } = convert('sloth', SLOTH.replace('99.95', '100'))
    expect(leftOut).toBe(1)
    expect(notes.map(({ what }) => what).join()).toContain(
      'left out, as its result would not be valid: SPEC_TARGET_RANGE',
    )
  })
})

describe('pyrra', () => {
  const text = inputs[2]?.[2] ?? ''
  const cases: [string, object][] = [
    ['ratio', { bad: 'p{c="5"}', total: 'p' }],
    ['latency', { good: 'h_bucket{le="1"}', total: 'h_count' }],
    ['native', { raw: 'histogram_fraction(0, 0.2, sum(rate(h{x="y"}[5m])))' }],
    ['up', { thresholdMetric: 'probe_success' }],
  ]
  for (const [name, expected] of cases)
    test(`${name} is measured by ${Object.keys(expected).join(' and ')}`, () => {
      const slo = named('pyrra', text, name)
      expect(query(slo)).toEqual(expected)
      expect(slo.spec.timeWindow).toEqual([{ duration: '14d', isRolling: true }])
      expect(slo.spec.objectives[0].targetPercent).toBe(99.5)
    })

  test('an offset stays behind its selector, and what it cannot be is left out with the reason', () => {
    const late = (offset: string) =>
      text.replaceAll(/(metric: (?:'[^']*|[^'\n]*))('?)$/gm, `$1 offset ${offset}$2`)
    expect(cases.map(([name]) => query(named('pyrra', late('10m'), name)))).toEqual([
      { bad: 'p{c="5"} offset 10m', total: 'p offset 10m' },
      { good: 'h_bucket{le="1"} offset 10m', total: 'h_count offset 10m' },
      { raw: 'histogram_fraction(0, 0.2, sum(rate(h{x="y"}[5m] offset 10m)))' },
      { thresholdMetric: 'probe_success offset 10m' },
    ])
    const { slos, notes } = convert('pyrra', late('2d'))
    expect(slos).toBe(0)
    expect(notes.map(({ what }) => what).join()).toContain('the offset 2d, longer than 1d')
  })

  test('a window of hours leaves the SLO out', () => {
    const { leftOut, notes } = convert('pyrra', text.replace('window: 2w', 'window: 12h'))
    expect(leftOut).toBe(1)
    expect(notes.map(({ what }) => what)).toContain('12h is no whole number of days: the SLO is left out')
  })

  test('a list of the Kubernetes API is read item by item', () => {
    const list = stringify({ apiVersion: 'v1', kind: 'List', items: PYRRA })
    expect(convert('pyrra', list).slos).toBe(4)
  })
})

describe('openslo', () => {
  test('v1alpha becomes v1', () => {
    const slo = named('openslo', ALPHA, 'search')
    expect(slo.metadata.displayName).toBe('Search')
    expect(slo.spec).toMatchObject({ service: 'hub-api', timeWindow: [{ duration: '4w', isRolling: true }] })
    expect(query(slo)).toEqual({ good: 'sum(found_total)', total: 'sum(search_total)' })
  })

  test('v1 stays as it is, with an owner and a runbook', () => {
    const [service, slo] = specs('openslo', ALPHA)
    slo.metadata.annotations = { 'example.com/kept': 'yes' }
    const v1 = [service, slo].map((one) => stringify(one)).join('---\n')
    const [, again] = specs('openslo', v1)
    expect(again).toEqual({
      ...slo,
      metadata: {
        ...slo.metadata,
        annotations: { 'plimsoll.dev/runbook': 'search', 'example.com/kept': 'yes' },
      },
    })
  })
})

test('a file that cannot be read is a fault', () => {
  expect(convert('sloth', 'a: [').faults.map(({ code }) => code)).toEqual(['SPEC_YAML'])
})

describe('nothing is lost silently', () => {
  for (const [tool, name, text] of inputs)
    test(`${tool}, ${name}: a change of any one field changes the result, or the field is in the list`, () => {
      const before = convert(tool, text)
      const documents = parseAllDocuments(text).map((one) => one.toJS() as unknown)
      const silent = documents.flatMap((document, index) =>
        leaves(document, []).flatMap((path) => {
          const changed = structuredClone(documents)
          const last = path.at(-1) ?? ''
          const parent = path
            .slice(0, -1)
            .reduce((value, key) => (value as never)[key], changed[index]) as Record<string, unknown>
          parent[last] = other(parent[last])
          const after = convert(tool, changed.map((one) => stringify(one)).join('---\n'))
          const same = JSON.stringify(after.files) === JSON.stringify(before.files)
          const listed = [...before.notes, ...after.notes].some(({ field }) => field === path.join('.'))
          return same && !listed ? [path.join('.')] : []
        }),
      )
      expect(silent).toEqual([])
    })

  test('a field that no tool has is in the list, wherever it stands', () => {
    const document = parse(SLOTH) as unknown
    const places = leaves(document, []).flatMap((path) => path.map((_, index) => path.slice(0, index)))
    const maps = places.filter((path) => {
      const value = path.reduce((one, key) => (one as never)[key], document)
      return typeof value === 'object' && !Array.isArray(value)
    })
    fc.assert(
      fc.property(
        fc.constantFrom(...maps),
        fc.stringMatching(/^[a-z]{3,8}$/),
        fc.jsonValue(),
        (path, field, value) => {
          const changed = structuredClone(document)
          const parent = path.reduce((one, key) => (one as never)[key], changed) as Record<string, unknown>
          fc.pre(parent[field] === undefined)
          parent[field] = value
          const text = stringify(changed)
          const listed = convert('sloth', text).notes.map(({ field }) => field)
          for (const leaf of leaves(value, [...path, field]))
            expect(listed.some((one) => leaf.join('.') === one || leaf.join('.').startsWith(`${one}.`))).toBe(
              true,
            )
        },
      ),
      { numRuns: 30 },
    )
  })
})

/** Another value of the same kind. */
function other(value: unknown): unknown {
  if (typeof value === 'boolean') return !value
  if (typeof value === 'number') return value / 2
  const text = String(value)
  if (/^[\d.]+$/.test(text)) return String(Number(text) / 2)
  if (/^\d+w$/.test(text)) return '3w'
  if (/^\d+ms$/.test(text)) return '300ms'
  return /Week/.test(text) ? 'Day' : text.replace(/_total|_bucket|_ratio|_success|_count|$/, 'x$&')
}

test('counters are found under rate and increase, and nothing else is taken for one', () => {
  const cases: [string, string | undefined][] = [
    ['sum(rate(a_total[{{ .window }}]))', 'sum(a_total)'],
    ['sum(increase(a_total{x="[5m]"}[{{.window}}])) or vector(0)', undefined],
    ['sum(increase(a_total{x="y"}[{{.window}}])) or vector(0)', 'sum(a_total{x="y"})'],
    ['sum(rate(a_total{x="y"}[{{.window}}] offset 5m))', 'sum(a_total{x="y"} offset 5m)'],
    [
      'sum(increase(a[{{.window}}] OFFSET 1h)) - sum(rate(b[5m] offset 1h))',
      'sum(a OFFSET 1h) - sum(b offset 1h)',
    ],
    ['sum(rate(a[{{.window}}] offset -5m))', undefined],
    ['sum(rate(a[{{.window}}])) / sum(rate(b[{{.window}}]))', undefined],
    ['avg_over_time(a[{{.window}}])', undefined],
    ['a_total', undefined],
  ]
  for (const [query, expected] of cases) expect(counters(query)).toBe(expected)
})
