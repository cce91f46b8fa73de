import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compilePlan } from './compile.ts'
import type { Plan } from './types.ts'

/** The live specs, judged by the real promtool: scrapes every 15 s, 7 s after each evaluation. */
const SPECS = join(import.meta.dirname, '../../specs')
const END_SECONDS = 6300
const directory = mkdtempSync(join(tmpdir(), 'plimsoll-rules-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** A counter as scraped: undefined where no scrape saw it. */
type Counter = (seconds: number) => number | undefined
type Series = Record<string, Counter>

function values(counter: Counter): string {
  const parts = ['_x7']
  for (let t = 7; t <= END_SECONDS; t += 15) parts.push(String(counter(t) ?? '_'), '_x14')
  return parts.join(' ')
}

type Expectation = { expr: string; labels: string; value: number | undefined }

function promtool(slo: string, series: Series, expected: Expectation[], at = END_SECONDS): string {
  const rules = join(directory, `${slo}.json`)
  const file = join(directory, 'test.json')
  const suite = {
    rule_files: [rules],
    evaluation_interval: '30s',
    // promtool draws the order of groups by lot; running Prometheus settles within an evaluation.
    group_eval_order: ['page', 'slow', 'memory'].map((group) => `${slo}:${group}`),
    tests: [
      {
        interval: '1s',
        input_series: Object.entries(series).map(([name, counter]) => ({
          series: name,
          values: values(counter),
        })),
        promql_expr_test: expected.map(({ expr, labels, value }) => ({
          expr,
          eval_time: `${at}s`,
          exp_samples: value === undefined ? [] : [{ labels, value }],
        })),
      },
    ],
  }
  writeFileSync(file, JSON.stringify(suite))
  try {
    execFileSync('promtool', ['test', 'rules', file], { encoding: 'utf8', stdio: 'pipe' })
    return 'as expected'
  } catch (error) {
    return String((error as { stderr?: string }).stderr)
  }
}

let plan: Plan
beforeAll(() => {
  const files = readdirSync(SPECS)
  const result = compilePlan(files.map((file) => ({ file, text: readFileSync(join(SPECS, file), 'utf8') })))
  expect(result.faults).toEqual([])
  if (!result.plan) throw new Error('no plan')
  plan = result.plan
  for (const { slo } of plan.slos) {
    const groups = plan.groups.filter((group) => group.slo === slo)
    const rules = groups.map((group) => ({ name: group.name, rules: group.recordings }))
    writeFileSync(join(directory, `${slo}.json`), JSON.stringify({ groups: rules }))
  }
})

const PROBE = 'registry-push-pull'
const attempts = (verdict: string, instance = 'a') =>
  `plimsoll_probe_attempts_total{flow="push-pull",vantage="us-east",region="us-east",verdict="${verdict}",instance="${instance}"}`
const regional = (slo: string, service: string) => (name: string, value: number | undefined) => ({
  expr: `slo_region:${name}{slo="${slo}"}`,
  labels: `slo_region:${name}{slo="${slo}",service="${service}",region="us-east"}`,
  value,
})

/** Counts in (end − window, end]. Scrapes are at 7 + 15 k: the last one before 6300 is at 6292, before 6000 at 5992. */
const exact: {
  name: string
  series: Series
  fiveMinutes: number | undefined
  hour: number
  period: number
}[] = [
  {
    name: 'steady traffic of 7/s',
    series: { [attempts('ok')]: (t) => 7 * t },
    fiveMinutes: 7 * 300,
    hour: 7 * 3600,
    // From the first sample at 7 to the last at 6292.
    period: 7 * (6292 - 7),
  },
  {
    name: 'bursts of 1000 in the first 20 s of each minute',
    series: { [attempts('ok')]: (t) => Math.floor(t / 60) * 1000 + Math.min(t % 60, 20) * 50 },
    fiveMinutes: 5 * 1000,
    hour: 60 * 1000,
    // At 7 the counter stood at 350, at 6292 (52 s into its minute) at 105,000.
    period: 105_000 - 350,
  },
  {
    name: 'one event in 200 s',
    series: { [attempts('ok')]: (t) => Math.floor(t / 200) },
    // At 6292: 31; at 5992: 29; at 2692: 13; at 7: 0.
    fiveMinutes: 2,
    hour: 18,
    period: 31,
  },
  {
    name: 'a scrape gap of 21 minutes, inside the hour',
    series: { [attempts('ok')]: (t) => (t > 3000 && t < 3000 + 21 * 60 ? undefined : 7 * t) },
    fiveMinutes: 7 * 300,
    hour: 7 * 3600,
    period: 7 * (6292 - 7),
  },
  {
    name: 'a series born late, at 40, which never moves again',
    series: { [attempts('ok')]: (t) => (t < 4000 ? undefined : 40) },
    fiveMinutes: 0,
    hour: 40,
    period: 40,
  },
  {
    name: 'a series that dies: no events of now, all events of then',
    series: { [attempts('ok')]: (t) => (t > 5000 ? undefined : 5 * t) },
    fiveMinutes: undefined,
    // Its last scrape was at 4987.
    hour: 5 * (4987 - 2692),
    period: 5 * (4987 - 7),
  },
  {
    name: 'one pod of two leaves with 100,000 on its counter',
    series: {
      [attempts('ok', 'a')]: (t) => (t > 5000 ? undefined : 100_000 + 5 * t),
      [attempts('ok', 'b')]: (t) => 5 * t,
    },
    fiveMinutes: 5 * 300,
    hour: 5 * 3600 + 5 * (4987 - 2692),
    period: 5 * (6292 - 7) + 5 * (4987 - 7),
  },
  {
    name: 'a restart between two scrapes: only what no scrape saw is missing',
    series: { [attempts('ok')]: (t) => (t < 4060 ? 4 * t : 4 * (t - 4060)) },
    fiveMinutes: 4 * 300,
    // Up to the scrape at 4057, then from 0 at 4060.
    hour: 4 * (4057 - 2692) + 4 * (6292 - 4060),
    period: 4 * (4057 - 7) + 4 * (6292 - 4060),
  },
  {
    name: 'a restart in a scrape gap',
    series: { [attempts('ok')]: (t) => (t < 4000 ? 4 * t : t < 4900 ? undefined : 4 * (t - 4900)) },
    fiveMinutes: 4 * 300,
    // Up to the scrape at 3997; the first after the gap is at 4912.
    hour: 4 * (3997 - 2692) + 4 * (6292 - 4900),
    period: 4 * (3997 - 7) + 4 * (6292 - 4900),
  },
  {
    name: 'a scrape gap of 70 minutes: nothing is counted again, what happened meanwhile is counted when it ends',
    series: { [attempts('ok')]: (t) => (t > 1500 && t < 5700 ? undefined : 1_000_000 + 7 * t) },
    fiveMinutes: 7 * 300,
    // The last scrape before the gap was at 1492.
    hour: 7 * (6292 - 1492),
    period: 7 * (6292 - 7),
  },
  {
    name: 'one pod of two unreachable for 70 minutes, and meanwhile a third is born at 100',
    series: {
      [attempts('ok', 'a')]: (t) => (t > 1500 && t < 5700 ? undefined : 1_000_000 + 5 * t),
      [attempts('ok', 'b')]: (t) => 5 * t,
      [attempts('ok', 'c')]: (t) => (t < 5000 ? undefined : 100),
    },
    fiveMinutes: 10 * 300,
    hour: 5 * (6292 - 1492) + 5 * 3600 + 100,
    period: 10 * (6292 - 7) + 100,
  },
  {
    name: 'a restart in a gap of 70 minutes',
    series: { [attempts('ok')]: (t) => (t < 1500 ? 1000 + 4 * t : t < 5700 ? undefined : 4 * (t - 5600)) },
    fiveMinutes: 4 * 300,
    hour: 4 * (6292 - 5600),
    period: 4 * (1492 - 7) + 4 * (6292 - 5600),
  },
  {
    name: 'a restart that passes all it held before within one tile',
    series: { [attempts('ok')]: (t) => (t < 6130 ? 3 : Math.floor((t - 6130) / 10)) },
    // 16 since the restart, at 6292; the 3 before were there at the first sample.
    fiveMinutes: 16,
    hour: 16,
    period: 16,
  },
  {
    name: 'the same, between the last scrape before a tile and its first',
    series: { [attempts('ok')]: (t) => (t < 6000 ? 3 : Math.floor((t - 6000) / 10)) },
    fiveMinutes: 29,
    hour: 29,
    period: 29,
  },
]

describe('counts are exact for', () => {
  for (const { name, series, fiveMinutes, hour, period } of exact) {
    test(name, () => {
      const expected = [
        ['total_events:5m', fiveMinutes] as const,
        ['total_events:1h', hour] as const,
        ['total_events:28d', period] as const,
      ].map(([record, value]) => regional(PROBE, 'registry')(record, value))
      expect(promtool(PROBE, series, expected)).toBe('as expected')
    })
  }
})

/** Rules of one SLO, in the file that `promtool` reads. */
function rulesFor(slo: string, spec: string, annotations = ''): string {
  const text = `
apiVersion: openslo/v1
kind: Service
metadata: {name: orders, annotations: {plimsoll.dev/owner: team-orders}}
spec: {}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: ${slo}, annotations: {plimsoll.dev/runbook: orders${annotations}}}
spec: ${spec}
`
  const result = compilePlan([{ file: 'orders.yaml', text }])
  expect(result.faults).toEqual([])
  const rules = (result.plan?.groups ?? []).map((group) => ({ name: group.name, rules: group.recordings }))
  writeFileSync(join(directory, `${slo}.json`), JSON.stringify({ groups: rules }))
  return slo
}

function promise(indicator: string, method = 'Occurrences', objective = ''): string {
  return `
  service: orders
  indicator: {metadata: {name: sli}, spec: ${indicator}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: ${method}
  objectives: [{target: 0.9${objective}}]`
}

describe('with an offset', () => {
  const metric = (query: string) => `{metricSource: {type: Prometheus, spec: {query: '${query}'}}}`
  const counts = (kind: 'good' | 'bad', query: string, total: string) =>
    promise(`{ratioMetric: {counter: true, ${kind}: ${metric(query)}, total: ${metric(total)}}}`)

  test('the same counts come that much later, over restarts, births and gaps', { timeout: 90_000 }, () => {
    const hard = exact.filter(({ name }) => /restart|born|gap/.test(name))
    const regions = hard.map((_, index) => `case-${index}`)
    const probes = (verdict: string) => `plimsoll_probe_attempts_total{verdict=~"${verdict}"} offset 5m`
    const slo = rulesFor(
      'five-minutes-late',
      counts('bad', probes('target_fail'), probes('ok|target_fail')),
      `, plimsoll.dev/regions: '${regions.join(', ')}'`,
    )
    const series = hard.flatMap((one, index) =>
      Object.entries(one.series).map(([name, counter]): [string, Counter] => [
        name.replaceAll('us-east', `case-${index}`),
        counter,
      ]),
    )
    const expected = hard.flatMap(({ fiveMinutes, hour, period }, index) => {
      const own = (name: string, value: number | undefined) => ({
        expr: `slo_region:${name}{slo="${slo}",region="case-${index}"}`,
        labels: `slo_region:${name}{slo="${slo}",service="orders",region="case-${index}"}`,
        value,
      })
      return [
        own('total_events:5m', fiveMinutes),
        own('total_events:1h', hour),
        own('total_events:28d', period),
        own('bad_events:28d', 0),
      ]
    })
    expect(promtool(slo, Object.fromEntries(series), expected, END_SECONDS + 300)).toBe('as expected')
  })

  test('of several offsets each counts at its own time, also one between scrapes', () => {
    const slo = rulesFor(
      'several-times-late',
      counts(
        'good',
        'ok_total{of="a"} offset 95s + b_ok_total',
        'sum(all_total{of="a"} offset 95s) + b_all_total',
      ),
    )
    const series = {
      // What they counted before the first scrape is nobody's, however late that is read.
      'all_total{of="a"}': (t: number) => 500_000 + 7 * t,
      'ok_total{of="a"}': (t: number) => 400_000 + 6 * t,
      b_all_total: (t: number) => 300_000 + 3 * t,
      b_ok_total: (t: number) => 300_000 + 3 * t,
    }
    const own = (name: string, value: number) => ({
      expr: `slo:${name}`,
      labels: `slo:${name}{slo="${slo}",service="orders"}`,
      value,
    })
    // a is read up to 6205, where the last scrape was at 6202; b up to 6300, and its last was at 6292.
    const expected = [
      own('total_events:1h', 10 * 3600),
      own('bad_events:1h', 3600),
      own('total_events:28d', 7 * (6202 - 7) + 3 * (6292 - 7)),
      own('bad_events:28d', 6202 - 7),
    ]
    expect(promtool(slo, series, expected)).toBe('as expected')
  })

  test('a gauge is looked at as it was', () => {
    const slo = rulesFor(
      'gauge-late',
      promise(
        `{thresholdMetric: ${metric('age_seconds offset 10m')}}`,
        'Timeslices',
        ', timeSliceWindow: 5m, timeSliceTarget: 1, op: lt, value: 60',
      ),
    )
    const own = (name: string, value: number) => ({
      expr: `slo:${name}`,
      labels: `slo:${name}{slo="${slo}",service="orders"}`,
      value,
    })
    // Bad for the looks from 4600 to 5100, in the slices that end at 4800 and 5100; the last hour began at 2700.
    const series = { age_seconds: (t: number) => (t > 4000 && t < 4500 ? 100 : 10) }
    const expected = [own('total_events:1h', 12), own('bad_events:1h', 2)]
    expect(promtool(slo, series, expected)).toBe('as expected')
  })
})

test('hub-api-availability: 5xx is bad, 4xx is neither, canary traffic is not counted', () => {
  const count = (code: string, more = '') =>
    `http_server_request_duration_seconds_count{service_name="hub-api",region="us-east",http_response_status_code="${code}"${more}}`
  const record = regional('hub-api-availability', 'hub-api')
  const series = {
    [count('200')]: (t: number) => 9 * t,
    [count('500')]: (t: number) => t,
    [count('404')]: (t: number) => 50 * t,
    [count('200', ',synthetic="true"')]: (t: number) => 50 * t,
  }
  const expected = [
    record('total_events:1h', 36_000),
    record('bad_events:1h', 3600),
    record('bad_ratio:1h', 0.1),
  ]
  // A tenth fails and a thousandth may: the budget is overspent 100 times.
  expect(
    promtool('hub-api-availability', series, [...expected, record('error_budget_remaining:ratio', -99)]),
  ).toBe('as expected')
})

test('hub-api-latency: successes slower than 0.5 s are bad, and a fast error is no success', () => {
  const labels = 'service_name="hub-api",region="us-east",http_response_status_code'
  const count = (code: string) => `http_server_request_duration_seconds_count{${labels}="${code}"}`
  const bucket = (code: string, le: string) =>
    `http_server_request_duration_seconds_bucket{${labels}="${code}",le="${le}"}`
  const record = regional('hub-api-latency', 'hub-api')
  const series = {
    [count('200')]: (t: number) => 4 * t,
    [bucket('200', '0.5')]: (t: number) => 3 * t,
    [bucket('200', '1')]: (t: number) => 4 * t,
    [count('500')]: (t: number) => 8 * t,
    [bucket('500', '0.5')]: (t: number) => 8 * t,
  }
  const expected = [
    record('total_events:1h', 4 * 3600),
    record('bad_events:1h', 3600),
    record('bad_ratio:1h', 0.25),
    record('error_budget_remaining:ratio', -24),
  ]
  expect(promtool('hub-api-latency', series, expected)).toBe('as expected')
})

test('labels of raw series that look like those of the rules are labels like any other', () => {
  const labels = (more: string) =>
    `{service_name="hub-api",region="us-east",http_response_status_code="200"${more}}`
  const both = (name: string, more: string) =>
    Object.fromEntries(
      ['service="a",slo="a",part="a"', 'service="b",slo="a",part="b"'].map(
        (own, index): [string, Counter] => [
          `http_server_request_duration_seconds_${name}${labels(`,${own}${more}`)}`,
          // The second cannot be scraped for 70 minutes.
          (t) => (index === 1 && t > 1500 && t < 5700 ? undefined : (name === 'count' ? 4 : 3) * t + 50_000),
        ],
      ),
    )
  const record = regional('hub-api-latency', 'hub-api')
  // The last scrape before the gap was at 1492.
  const expected = [
    record('total_events:1h', 4 * 3600 + 4 * (6292 - 1492)),
    record('bad_events:1h', 3600 + 6292 - 1492),
  ]
  expect(
    promtool('hub-api-latency', { ...both('count', ''), ...both('bucket', ',le="0.5"') }, expected),
  ).toBe('as expected')
})

test('a service that never fails has 0 bad events and a full budget, though no series of failures exists', () => {
  const record = regional(PROBE, 'registry')
  const expected = [
    record('bad_events:28d', 0),
    record('bad_ratio:28d', 0),
    record('error_budget_remaining:ratio', 1),
  ]
  expect(promtool(PROBE, { [attempts('ok')]: (t) => t }, expected)).toBe('as expected')
})

test('an idle hour has no ratio and leaves the longer windows alone', () => {
  const record = regional(PROBE, 'registry')
  const series = {
    [attempts('ok')]: (t: number) => Math.min(t, 1507),
    [attempts('target_fail')]: (t: number) => Math.min(t, 1507) / 3,
  }
  // 1500 s after the first sample at 7: 1500 good and 500 bad.
  const expected = [
    record('bad_ratio:1h', undefined),
    record('total_events:1h', 0),
    record('bad_ratio:28d', 0.25),
    record('total_events:28d', 2000),
  ]
  expect(promtool(PROBE, series, expected)).toBe('as expected')
})

test('no data at all gives no counts, no ratio and no budget', () => {
  const record = regional(PROBE, 'registry')
  const expected = ['total_events:5m', 'total_events:28d', 'bad_ratio:28d', 'error_budget_remaining:ratio']
  expect(
    promtool(
      PROBE,
      {},
      expected.map((name) => record(name, undefined)),
    ),
  ).toBe('as expected')
})

describe('time slices', () => {
  /** One SLO of 5-minute slices, by the ratio of two counters or by a gauge. */
  const sliced = (method: string, indicator: string, objective: string) =>
    rulesFor('queue-fresh', promise(indicator, method, `, timeSliceWindow: 5m, ${objective}`))
  const metric = (query: string) => `{metricSource: {type: Prometheus, spec: {query: ${query}}}}`
  const ratio = `{ratioMetric: {counter: true, bad: ${metric('bad_total')}, total: ${metric('all_total')}}}`
  const record = (name: string, value: number) => ({
    expr: `slo:${name}`,
    labels: `slo:${name}{slo="queue-fresh",service="orders"}`,
    value,
  })
  // Of the last hour, 900 s fail at 40 %: three slices of twelve.
  const failing = {
    all_total: (t: number) => 10 * t,
    bad_total: (t: number) => 4 * Math.min(Math.max(t - 3600, 0), 900),
  }

  test('Timeslices: a slice is bad when less of it is good than its target', () => {
    const slo = sliced('Timeslices', ratio, 'timeSliceTarget: 0.75')
    const expected = [record('total_events:1h', 12), record('bad_events:1h', 3), record('bad_ratio:1h', 0.25)]
    expect(promtool(slo, failing, expected)).toBe('as expected')
  })

  test('RatioTimeslices: the average of the slices, however many events each has', () => {
    const slo = sliced('RatioTimeslices', ratio, '')
    // Three slices with a bad share of 0.4; a scrape 8 s before a boundary moves 3.2 events from one to the next.
    const [total, bad] = [
      record('total_events:1h', 12),
      { expr: 'round(slo:bad_events:1h, 0.01)', labels: '{slo="queue-fresh",service="orders"}', value: 1.2 },
    ]
    expect(promtool(slo, failing, [total, bad])).toBe('as expected')
  })

  test('a gauge: a slice is bad when its samples are', () => {
    const slo = sliced(
      'Timeslices',
      `{thresholdMetric: ${metric('age_seconds')}}`,
      'timeSliceTarget: 1, op: lt, value: 60',
    )
    const series = { age_seconds: (t: number) => (t > 4000 && t < 4500 ? 100 : 10) }
    // 4000 to 4500 touches the slices that end at 4200 and 4500, and one sample of the next.
    const slices = record('bad_events:1h', 2)
    expect(promtool(slo, series, [record('total_events:1h', 12), slices])).toBe('as expected')
  })
})

test('promtool accepts every rule, and none of the recorded names repeats in a group', () => {
  for (const { slo } of plan.slos) {
    const out = execFileSync('promtool', ['check', 'rules', join(directory, `${slo}.json`)], {
      encoding: 'utf8',
    })
    const count = plan.groups.filter((group) => group.slo === slo).flatMap((group) => group.recordings).length
    expect(out).toContain(`SUCCESS: ${count} rules found`)
    const names = plan.groups
      .filter((group) => group.slo === slo)
      .flatMap((g) => g.recordings.map((r) => r.record))
    expect(new Set(names).size).toBe(names.length)
  }
})
