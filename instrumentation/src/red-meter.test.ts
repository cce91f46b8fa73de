import { expect, test } from 'vitest'
import { type Outcome, RedMeter } from './red-meter.ts'

const ok: Outcome = {
  method: 'GET',
  statusCode: 200,
  errorType: '',
  synthetic: false,
  durationSeconds: 0.004,
}
const labelsOf = (meter: RedMeter) => meter.series.map(({ labels }) => labels)
const countsOf = (meter: RedMeter) => meter.series.map(({ counts }) => counts.reduce((a, b) => a + b))

test('a duration on a bound belongs to that bucket, as Prometheus means le', () => {
  const meter = new RedMeter('hub', 10)
  for (const durationSeconds of [0.005, 0.0050001, 10, 10.1])
    meter.record(meter.route('/a'), { ...ok, durationSeconds })
  const counts = [...(meter.series[0]?.counts ?? [])]
  expect(counts.slice(0, 3)).toEqual([1, 1, 0])
  expect(counts.slice(13)).toEqual([1, 1])
  expect(meter.series[0]?.sum).toBeCloseTo(0.005 + 0.0050001 + 10 + 10.1, 9)
})

test('route, method, status, error and canary traffic each make a series of their own', () => {
  const meter = new RedMeter('hub', 10)
  const route = meter.route('/a')
  for (const outcome of [
    ok,
    ok,
    { ...ok, method: 'PUT' },
    { ...ok, statusCode: 500, errorType: '500' },
    { ...ok, statusCode: 500, errorType: 'RangeError' },
    { ...ok, synthetic: true },
  ])
    meter.record(route, outcome)
  expect(countsOf(meter)).toEqual([2, 1, 1, 1, 1])
  expect(labelsOf(meter).at(-1)).toMatchObject({ synthetic: 'true', http_response_status_code: '200' })
  expect(labelsOf(meter)[0]).not.toHaveProperty('synthetic')
})

test('a method that nobody knows is _OTHER', () => {
  const meter = new RedMeter('hub', 10)
  for (const method of ['PROPFIND', 'BREW']) meter.record(meter.route('/a'), { ...ok, method })
  expect(labelsOf(meter)).toEqual([expect.objectContaining({ http_request_method: '_OTHER' })])
})

test('past the cap a request is counted by its status alone, and the drop is counted', () => {
  const meter = new RedMeter('hub', 2)
  for (let i = 0; i < 100; i++)
    meter.record(meter.route(`/${i}`), {
      ...ok,
      statusCode: i < 90 ? 200 : 503,
      errorType: i < 90 ? '' : 'E',
    })
  expect(meter.dropped).toBe(98)
  expect(meter.series).toHaveLength(4)
  expect(labelsOf(meter).slice(2)).toEqual([
    expect.objectContaining({ http_route: '_OVERFLOW', http_response_status_code: '200', error_type: '' }),
    expect.objectContaining({ http_route: '_OVERFLOW', http_response_status_code: '503', error_type: '503' }),
  ])
  expect(countsOf(meter)).toEqual([1, 1, 88, 10])
})

test('a known route has its 200 and its 500 at zero before its first request', () => {
  const meter = new RedMeter('hub', 10)
  meter.announce('/a', 'GET')
  meter.announce('/a', 'GET')
  expect(labelsOf(meter).map((labels) => [labels.http_response_status_code, labels.error_type])).toEqual([
    ['200', ''],
    ['500', '500'],
  ])
  expect(countsOf(meter)).toEqual([0, 0])
  meter.record(meter.route('/a'), { ...ok, statusCode: 500, errorType: '500' })
  expect(countsOf(meter)).toEqual([0, 1])
})
