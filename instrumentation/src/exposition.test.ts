import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { negotiate, renderRed } from './exposition.ts'
import { RedMeter } from './red-meter.ts'

const accepts: { accept: string | undefined; expected: 'text' | 'openmetrics' }[] = [
  { accept: undefined, expected: 'text' },
  { accept: '*/*', expected: 'text' },
  { accept: 'text/html,*/*;q=0.8', expected: 'text' },
  { accept: 'application/openmetrics-text', expected: 'openmetrics' },
  // What Prometheus 2.42 sends.
  {
    accept:
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    expected: 'openmetrics',
  },
  { accept: 'application/openmetrics-text;q=0.4, text/plain;q=0.5', expected: 'text' },
  { accept: 'application/openmetrics-text;q=0', expected: 'text' },
  { accept: 'application/openmetrics-text;version=9.0.0', expected: 'text' },
]
for (const { accept, expected } of accepts)
  test(`Accept: ${accept ?? 'absent'} is answered in ${expected}`, () =>
    expect(negotiate(accept)).toBe(expected))

function meterWithOneRequest(): RedMeter {
  const meter = new RedMeter('hub', 10)
  const route = meter.route('/a"b\\c')
  meter.record(route, {
    method: 'GET',
    statusCode: 200,
    errorType: '',
    synthetic: false,
    durationSeconds: 0.25,
    traceId: '0af7651916cd43dd8448eb211c80319c',
  })
  return meter
}
const render = (meter: RedMeter, format: 'text' | 'openmetrics') => [...renderRed(meter, format)].join('')

test('buckets are cumulative, and quotes and backslashes in a label are escaped', () => {
  const text = render(meterWithOneRequest(), 'text')
  const labels =
    'service_name="hub",http_request_method="GET",http_route="/a\\"b\\\\c",http_response_status_code="200",error_type=""'
  expect(text).toContain(`http_server_request_duration_seconds_bucket{${labels},le="0.1"} 0\n`)
  expect(text).toContain(`http_server_request_duration_seconds_bucket{${labels},le="0.25"} 1\n`)
  expect(text).toContain(`http_server_request_duration_seconds_bucket{${labels},le="+Inf"} 1\n`)
  expect(text).toContain(`http_server_request_duration_seconds_sum{${labels}} 0.25\n`)
  expect(text).toContain(`http_server_request_duration_seconds_count{${labels}} 1\n`)
})

test('an exemplar names its trace in OpenMetrics and is absent from plain text', () => {
  const meter = meterWithOneRequest()
  expect(render(meter, 'openmetrics')).toMatch(
    /le="0.25"} 1 # \{trace_id="0af7651916cd43dd8448eb211c80319c"} 0.25 \d+\.\d{3}\n/,
  )
  expect(render(meter, 'text')).not.toContain('trace_id')
})

test('promtool has nothing to say against it', () => {
  const { status, stderr, stdout } = spawnSync('promtool', ['check', 'metrics'], {
    input: render(meterWithOneRequest(), 'text'),
    encoding: 'utf8',
  })
  expect({ status, stderr, stdout }).toEqual({ status: 0, stderr: '', stdout: '' })
})

test('ten thousand series come in pieces of at most fifty', () => {
  const meter = new RedMeter('hub', 10_000)
  for (let i = 0; i < 5000; i++) meter.announce(`/r${i}`, 'GET')
  const pieces = [...renderRed(meter, 'text')]
  const counts = pieces.map((piece) => piece.match(/_count\{/g)?.length ?? 0)
  expect(Math.max(...counts)).toBe(50)
  expect(counts.reduce((a, b) => a + b)).toBe(10_000)
})
