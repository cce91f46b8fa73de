import { describe, expect, test } from 'vitest'
import { HUB } from '../service/testing/plan-fixture.ts'
import { HistoryBuilder, viewOf } from './history.ts'
import { OpenMetricsReader, SAMPLES_LIMITS } from './openmetrics.ts'

const NOON = 1_767_268_800 // 2026-01-01T12:00:00Z

/** HUB counts requests_total, bad are those with code 5xx. */
function read(text: string, chunkBytes = Buffer.byteLength(text)) {
  const bytes = Buffer.from(text)
  const builder = new HistoryBuilder()
  const reader = new OpenMetricsReader(HUB, builder)
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.read(bytes.subarray(at, at + chunkBytes))
  reader.end()
  const history = builder.build()
  return history && viewOf(history, 'us-east').events(NOON + 600, 3600)
}

const HISTORY = `# TYPE requests counter
# HELP requests Answered, "all" of them
requests_total{region="us-east",code="200"} 100 ${NOON}
requests_total{region="us-east",code="200"} 190 ${NOON + 15}.5 # {trace_id="abc"} 1.0 ${NOON}
requests_total{code="500",region="us-east"} 7 ${NOON}
requests_total{code="500",region="us-east"} 1.7e1 ${NOON + 15}.5
requests_total{region="eu-west",code="200"} 5 ${NOON}
requests_total{region="eu-west",code="200"} 500 ${NOON + 15}
other_total{region="us-east",note="a } brace, \\"quotes\\" and code=\\"500\\""} 1 ${NOON}
# EOF
`

test('only the series of the SLO count, however the text is cut into chunks', () => {
  for (const chunkBytes of [HISTORY.length, 1, 7, 100])
    expect(read(HISTORY, chunkBytes)).toEqual({ total: 100, bad: 10 })
})

test('label values are unescaped: a brace or a quote ends nothing', () => {
  const odd = HISTORY.replaceAll('code="500"', 'code="500",path="/a\\"} 9 1"')
  expect(read(odd)).toEqual({ total: 100, bad: 10 })
})

describe('malformed text is refused by line', () => {
  const lines = HISTORY.split('\n')
  const withLine = (number: number, line: string) =>
    [...lines.slice(0, number - 1), line, ...lines.slice(number)].join('\n')
  const cases: { name: string; text: string; says: string }[] = [
    {
      name: 'no timestamp',
      text: withLine(4, 'requests_total{region="us-east",code="200"} 190'),
      says: '4: saw requests_total{region="us-east",code="200"} 190, expected a timestamp in seconds after the value',
    },
    {
      name: 'milliseconds',
      text: withLine(4, `requests_total{region="us-east",code="200"} 190 ${NOON}000`),
      says: `4: saw the timestamp ${NOON}000, expected seconds, not milliseconds`,
    },
    {
      name: 'a value that is no number',
      text: withLine(4, `requests_total{region="us-east",code="200"} many ${NOON}`),
      says: `4: saw requests_total{region="us-east",code="200"} many ${NOON}, expected name{label="value"} value timestamp`,
    },
    {
      name: 'labels without quotes',
      text: withLine(4, `requests_total{region=us-east} 1 ${NOON}`),
      says: `4: saw requests_total{region=us-east} 1 ${NOON}, expected name{label="value"} value timestamp`,
    },
    {
      name: 'a brace that never closes',
      text: withLine(4, `requests_total{region="us-east 1 ${NOON}`),
      says: `4: saw requests_total{region="us-east 1 ${NOON}, expected name{label="value"} value timestamp`,
    },
    {
      name: 'time that goes back',
      text: withLine(4, `requests_total{region="us-east",code="200"} 190 ${NOON - 15}`),
      says: `4: saw the timestamp ${NOON - 15}, expected one after that of the sample before`,
    },
    {
      name: 'a file that was cut off',
      text: HISTORY.replace('# EOF\n', ''),
      says: '10: saw the end, expected a line "# EOF" before it; was it cut off?',
    },
    {
      name: 'lines after the end',
      text: `${HISTORY}requests_total 1 ${NOON}\n`,
      says: '11: saw more lines, expected nothing after "# EOF"',
    },
    {
      name: 'a line without end',
      text: `requests_total{region="${'x'.repeat(SAMPLES_LIMITS.lineBytes)}`,
      says: `0: saw a longer line, expected at most ${SAMPLES_LIMITS.lineBytes} bytes`,
    },
  ]
  for (const { name, text, says } of cases)
    test(name, () => expect(() => read(text)).toThrow(new RegExp(`^${literal(says)}$`)))
})

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
