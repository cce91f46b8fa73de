/** Composites against the standard's own words, evaluated by the real promtool. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { compilePlan } from './compile.ts'
import { type Asked, planComposites } from './composite.ts'
import { formatFault } from './fault.ts'

const metric = (query: string) => ({ metricSource: { type: 'Prometheus', spec: { query } } })
const objective = (name: string, target: number, more: object) => ({
  target,
  indicator: {
    metadata: { name },
    spec: { ratioMetric: { counter: true, bad: metric(`${name}_bad`), total: metric(`${name}_total`) } },
  },
  ...more,
})

function compile(budgetingMethod: string, objectives: object[]) {
  const document = (name: string, spec: object, annotations: object) => ({
    apiVersion: 'openslo/v1',
    kind: 'SLO',
    metadata: { name, annotations: { 'plimsoll.dev/runbook': 'journey', ...annotations } },
    spec: { service: 'shop', timeWindow: [{ duration: '28d', isRolling: true }], budgetingMethod, ...spec },
  })
  const service = {
    apiVersion: 'openslo/v1',
    kind: 'Service',
    metadata: { name: 'shop', annotations: { 'plimsoll.dev/owner': 'team-shop' } },
  }
  const journey = document('journey', { objectives }, { 'plimsoll.dev/objective-ids': 'find, pay' })
  const text = [service, journey].map((one) => stringify(one)).join('---\n')
  return compilePlan([{ file: 'a.yaml', text }])
}

/** What the composite's rules make of the series of its parts, after `minutes` of one sample a minute. */
function evaluate(
  compiled: ReturnType<typeof compile>,
  series: Record<string, string>,
  minutes: number,
  expected: Record<string, number | undefined>,
): void {
  expect(compiled.faults).toEqual([])
  const groups = compiled.plan?.groups.filter(({ slo }) => slo === 'journey') ?? []
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-composite-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const rules = groups.map(({ name, intervalSeconds, recordings }) => ({
    name,
    interval: `${intervalSeconds}s`,
    rules: recordings,
  }))
  writeFileSync(join(folder, 'rules.yaml'), stringify({ groups: rules }))
  const tests = {
    rule_files: ['rules.yaml'],
    evaluation_interval: '1m',
    group_eval_order: groups.map(({ name }) => name),
    tests: [
      {
        interval: '1m',
        input_series: Object.entries(series).map(([series, values]) => ({ series, values })),
        promql_expr_test: Object.entries(expected).map(([record, value]) => ({
          expr: `round(1e6 * ${record}{slo="journey"}) / 1e6`,
          eval_time: `${minutes}m`,
          exp_samples: value === undefined ? [] : [{ labels: '{slo="journey", service="shop"}', value }],
        })),
      },
    ],
  }
  writeFileSync(join(folder, 'test.yaml'), stringify(tests))
  execFileSync('promtool', ['test', 'rules', join(folder, 'test.yaml')], { stdio: 'pipe' })
}

test('Occurrences: each part burns the composite at its own rate, times its weight', () => {
  const compiled = compile('Occurrences', [
    objective('find', 0.99, { compositeWeight: 0.5 }),
    objective('pay', 0.999, {}),
  ])
  expect(compiled.plan?.composites?.[0]).toMatchObject({
    slo: 'journey',
    owner: 'team-shop',
    parts: [
      { slo: 'journey-find', weight: '0.5' },
      { slo: 'journey-pay', weight: '1' },
    ],
    errorBudgetRemaining: 'slo:error_budget_remaining:ratio{slo="journey"}',
  })
  const series = {
    'slo:bad_ratio:1h{slo="journey-find"}': '0.02x5', // burn 2, half of it
    'slo:bad_ratio:1h{slo="journey-pay"}': '0.003x5', // burn 3
    'slo:bad_ratio:28d{slo="journey-pay"}': '0.0004x5', // 40 % of the budget
  }
  // No data of both parts is no data; of one part, what the other says.
  const expected = {
    'slo:burn_rate:1h': 4,
    'slo:burn_rate:6h': undefined,
    'slo:error_budget_remaining:ratio': 0.6,
  }
  evaluate(compiled, series, 5, expected)
})

test('RatioTimeslices: two parts at 95 % make a composite at 90 %; a weight of 2 counts twice', () => {
  const slices = { timeSliceWindow: '1m' }
  const series = {
    'slo:bad_ratio:1h{slo="journey-find"}': '0.05x5',
    'slo:bad_ratio:1h{slo="journey-pay"}': '0.05x5',
    'slo:bad_ratio:6h{slo="journey-find"}': '0.9x5',
    'slo:bad_ratio:6h{slo="journey-pay"}': '0.9x5',
  }
  const equal = compile('RatioTimeslices', [objective('find', 0.9, slices), objective('pay', 0.9, slices)])
  evaluate(equal, series, 5, { 'slo:bad_ratio:1h': 0.1, 'slo:bad_ratio:6h': 1 })
  const double = compile('RatioTimeslices', [
    objective('find', 0.9, { ...slices, compositeWeight: 2 }),
    objective('pay', 0.9, slices),
  ])
  evaluate(double, series, 5, { 'slo:bad_ratio:1h': 0.15 })
})

test('Timeslices: a minute that is bad for any part is bad', () => {
  const slices = { timeSliceWindow: '1m', timeSliceTarget: 0.9 }
  const compiled = compile('Timeslices', [objective('find', 0.9, slices), objective('pay', 0.9, slices)])
  // Of the last five minutes the second and the fourth: one bad for each part.
  const series = {
    'slo:bad_events:1m{slo="journey-find"}': '0 0 0 0 0 0 0 1 0 0 0',
    'slo:bad_events:1m{slo="journey-pay"}': '0 0 0 0 0 0 0 0 0 1 0',
    'slo:total_events:1m{slo="journey-find"}': '1x10',
    'slo:total_events:1m{slo="journey-pay"}': '1x10',
  }
  evaluate(compiled, series, 10, { 'slo:bad_events:1m': 0, 'slo:bad_ratio:5m': 0.4 })
})

test('slices of several lengths are a fault', () => {
  const slices = (timeSliceWindow: string) => ({ timeSliceWindow, timeSliceTarget: 0.9 })
  const mixed = compile('Timeslices', [
    objective('find', 0.9, slices('1m')),
    objective('pay', 0.9, slices('5m')),
  ])
  expect(mixed.faults.map(formatFault)[0]).toContain(
    'SPEC_TIME_SLICE: saw objectives of a composite with timeSliceWindow of several lengths, expected one length',
  )
})

test('an id that is a composite and an objective is a fault', () => {
  const { plan } = compile('Occurrences', [objective('find', 0.99, {}), objective('pay', 0.999, {})])
  const [find] = plan?.slos ?? []
  // An objective `journey` of an SLO would have it: only its id matters here.
  if (!find) throw new Error('no SLO')
  const taken = { ...find, slo: 'journey', writtenAt: 'b.yaml:1' }
  const asked: Asked = {
    displayName: '',
    rows: [],
    alerting: 'page',
    evidenceGate: 'on',
    forSeconds: new Map(),
    anyBadEvent: false,
  }
  const locate = () => 'a.yaml:8:3'
  const objectives = [...(plan?.slos ?? []), taken].map((slo) => ({ slo, locate, asked }))
  expect(planComposites(objectives).faults.map(formatFault)).toEqual([
    'a.yaml:8:3: SPEC_ID_DUPLICATE: saw the id journey of a composite a second time (first at b.yaml:1), expected each id once; rename one',
  ])
})
