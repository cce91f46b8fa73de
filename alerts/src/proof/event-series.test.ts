import type { IndicatorPlan } from '@plimsoll/slo/plan'
import { describe, expect, test } from 'vitest'
import { eventSeries } from './event-series.ts'
import { examples } from './examples.ts'

const indicator = (total: string[], bad: [1 | -1, string][]): IndicatorPlan => ({
  kind: 'http',
  good: '',
  total: total.map((selector) => ({ sign: 1, selector })),
  bad: bad.map(([sign, selector]) => ({ sign, selector })),
})
const availability = indicator(
  ['requests_count{service_name="hub",synthetic="",code!~"401|404|429"}'],
  [[1, 'requests_count{service_name="hub",synthetic="",code=~"5.."}']],
)
const latency = indicator(
  ['requests_count{service_name="hub",synthetic="",code=~"2.."}'],
  [
    [1, 'requests_count{service_name="hub",synthetic="",code=~"2.."}'],
    [-1, 'requests_bucket{service_name="hub",synthetic="",code=~"2..",le=~"1(\\\\.0)?"}'],
  ],
)
const count = (code: string) => ({ metric: 'requests_count', labels: { service_name: 'hub', code } })
const withinOneSecond = { metric: 'requests_bucket', labels: { service_name: 'hub', code: '200', le: '1' } }

describe('one event increments', () => {
  test('a count, for requests answered well or with a server fault', () => {
    expect(eventSeries(availability, [])).toEqual({ good: [count('200')], bad: [count('500')] })
  })
  test('a count and a bucket when fast, only the count when slow', () => {
    expect(eventSeries(latency, [])).toEqual({ good: [count('200'), withinOneSecond], bad: [count('200')] })
  })
  test('what its neighbours call good as well: an answered request is also fast', () => {
    const { good, bad } = eventSeries(availability, [availability, latency])
    expect({ good, bad }).toEqual({ good: [count('200'), withinOneSecond], bad: [count('500')] })
  })
})

test('an indicator whose every event is bad is refused', () => {
  const wrong = indicator(['a{x="1"}'], [[1, 'a{x="1"}']])
  expect(() => eventSeries(wrong, [])).toThrow(
    'no series make a good and a bad event of a{x="1"}, a{x="1"}; expected some events to be good and some bad',
  )
})

test('regular expressions give one example for each alternative', () => {
  const of = (value: string) => examples({ label: 'x', op: '=~', value })
  expect(of('ok|target_fail')).toEqual(['ok', 'target_fail'])
  expect(of('5..|404')).toEqual(['500', '404'])
  expect(of('/v2/.+/(blobs|tags/list)')).toEqual(['/v2/0/blobs', '/v2/0/tags/list'])
  expect(of('0\\.5')).toEqual(['0.5'])
})
