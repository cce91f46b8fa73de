import { describe, expect, test } from 'vitest'
import { compilePlan } from './compile.ts'
import { parseGaugeQuery, parseSum } from './counter-query.ts'
import { formatPlan } from './format-plan.ts'
import { diffPlans, formatDiff } from './plan-diff.ts'

const FIVE = { offsetSeconds: 300 }

describe('an offset belongs to the selector before it', () => {
  const cases: [string, object[]][] = [
    ['a offset 5m', [{ sign: 1, selector: 'a{}', ...FIVE }]],
    ['a{x="offset 1h"} OFFSET 1h30m', [{ sign: 1, selector: 'a{x="offset 1h"}', offsetSeconds: 5400 }]],
    ['a offset 0s', [{ sign: 1, selector: 'a{}' }]],
    [
      'sum by (x) (a) - b offset 5m',
      [
        { sign: 1, selector: 'a{}' },
        { sign: -1, selector: 'b{}', ...FIVE },
      ],
    ],
    [
      '-(a offset 5m - b) + c offset 1d',
      [
        { sign: -1, selector: 'a{}', ...FIVE },
        { sign: 1, selector: 'b{}' },
        { sign: 1, selector: 'c{}', offsetSeconds: 86_400 },
      ],
    ],
  ]
  for (const [query, value] of cases) test(query, () => expect(parseSum(query)).toEqual({ value }))
})

describe('a gauge is read as much later as all of its selectors are', () => {
  const cases: [string, number, number][] = [
    ['x offset 5m', 300, 300],
    ['x - x offset 7d', 0, 604_800],
    ['x offset 5m / y offset 6m', 300, 360],
    ['max_over_time((x - y offset 5m)[10m:1m] offset 1h)', 3600, 3900],
    ['avg_over_time(x[5m] offset 2m) + vector(1)', 120, 120],
    ['time()', 0, 0],
  ]
  for (const [query, offsetSeconds, furthestSeconds] of cases)
    test(query, () =>
      expect(parseGaugeQuery(query)).toEqual({ value: { query, offsetSeconds, furthestSeconds } }),
    )
  const refused: [string, string][] = [
    ['x offset 2d', 'the offset 2d, longer than 1d'],
    ['x offset -5m', 'the negative offset -5m'],
    ['avg_over_time(x[5m] @ start())', '@, a fixed time'],
    ['max(x) offset 5m', 'offset 5m after max(x)'],
  ]
  for (const [query, reason] of refused)
    test(`${query} is refused`, () =>
      expect(parseGaugeQuery(query)).toEqual({ refused: expect.stringContaining(reason) }))
})

function spec(indicator: string, { method = 'Occurrences', objective = '' } = {}): string {
  return `
apiVersion: openslo/v1
kind: Service
metadata: {name: orders, annotations: {plimsoll.dev/owner: team-orders}}
spec: {}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: orders-kept, annotations: {plimsoll.dev/runbook: orders}}
spec:
  service: orders
  indicator: {metadata: {name: sli}, spec: ${indicator}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: ${method}
  objectives: [{target: 0.999${objective}}]
`
}
const metric = (query: string) => `{metricSource: {type: Prometheus, spec: {query: '${query}'}}}`
const counts = (of: 'good' | 'bad', query: string, total: string) =>
  spec(`{ratioMetric: {counter: true, ${of}: ${metric(query)}, total: ${metric(total)}}}`)

function plan(text: string) {
  const result = compilePlan([{ file: 'orders.yaml', text }])
  expect(result.faults).toEqual([])
  if (!result.plan) throw new Error('no plan')
  return result.plan
}

describe('offsets at which each event counts once', () => {
  test('sums may have several', () => {
    const [slo] = plan(counts('good', 'a_ok offset 10m + b_ok', 'a_all offset 10m + b_all')).slos
    expect(slo?.indicator.offsetSeconds).toBe(600)
  })
  const refused: [string, string, string][] = [
    [
      'good later than its total',
      counts('good', 'ok offset 5m', 'all'),
      'ok{} offset 5m subtracted from what is read at another time; an event would be in one and not yet in the other',
    ],
    [
      'a sum of which one part is subtracted at another time',
      counts('good', 'a_ok offset 5m + b_ok', 'a_all + b_all'),
      'a_ok{} offset 5m subtracted',
    ],
    [
      'bad events of no total',
      counts('bad', 'failed', 'all offset 5m'),
      'bad events of failed{}, read at another time than any total',
    ],
    [
      'one metric twice',
      counts('bad', 'all{code="500"}', 'all offset 5m'),
      'all{} offset 5m beside all{code="500"}; an event would count at two times: one offset for all of all',
    ],
  ]
  for (const [name, text, reason] of refused)
    test(`${name} is refused with the reason`, () => {
      const { plan, faults } = compilePlan([{ file: 'orders.yaml', text }])
      expect(plan).toBeUndefined()
      expect(faults).toMatchObject([{ code: 'SPEC_QUERY', saw: expect.stringContaining(reason) }])
    })
})

describe('the plan says what it means', () => {
  const [now, later] = [
    plan(counts('bad', 'failed', 'all')),
    plan(counts('bad', 'failed offset 5m', 'all offset 5m')),
  ]

  test('alerts fire and reset that much later', () => {
    const times = (of: typeof now) => of.slos[0]?.numbers.detection.flatMap(({ at }) => at) ?? []
    expect(times(later)).toEqual(
      times(now).map(({ burn, fireSeconds, resetSeconds }) => ({
        burn,
        fireSeconds: fireSeconds + 300,
        resetSeconds: resetSeconds + 300,
      })),
    )
    expect(formatPlan(later)).toContain('counted 5m later')
    expect(formatPlan(later)).toContain('offset: counted 5 min after it happens')
    expect(formatPlan(now)).not.toContain('offset')
  })

  test('it costs the same, and is another promise', () => {
    const [one, other] = [now.slos[0], later.slos[0]]
    expect(other?.numbers.samplesPerMinute).toBe(one?.numbers.samplesPerMinute)
    expect(other?.revision).not.toBe(one?.revision)
    expect(formatDiff(diffPlans(now, later))).toContain('failed{} offset 5m')
  })

  test('a gauge that looks further back than the period needs more history', () => {
    const gauge = `{thresholdMetric: ${metric('x / x offset 30d')}}`
    const objective = ', timeSliceWindow: 5m, timeSliceTarget: 0.9, op: gt, value: 0.5'
    const [slo] = plan(spec(gauge, { method: 'Timeslices', objective })).slos
    expect(slo?.numbers.historySeconds).toBe(30 * 86_400)
    expect(slo?.indicator.offsetSeconds).toBeUndefined()
  })
})
