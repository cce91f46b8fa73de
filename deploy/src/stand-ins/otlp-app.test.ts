import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { served, silent, temporaryFolder } from '../process/test-parts.ts'
import { otlpApp } from './otlp-app.ts'

/** Source: the OpenTelemetry protocol's own example of a trace in JSON (examples/trace.json), one span added. */
const TRACE_ID = '5b8efff798038103d269b633813fc60c'
const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } })
const exported = {
  resourceSpans: [
    {
      resource: { attributes: [attribute('service.name', 'my.service')] },
      scopeSpans: [
        {
          scope: { name: 'my.library', version: '1.0.0', attributes: [attribute('my.scope.attribute', 'x')] },
          spans: [
            {
              traceId: '5B8EFFF798038103D269B633813FC60C',
              spanId: 'EEE19B7EC3C1B174',
              parentSpanId: 'EEE19B7EC3C1B173',
              name: "I'm a server span",
              startTimeUnixNano: '1544712660000000000',
              endTimeUnixNano: '1544712661000000000',
              kind: 2,
              attributes: [
                attribute('my.span.attr', 'some value'),
                { key: 'http.response.status_code', value: { intValue: '200' } },
                {
                  key: 'list',
                  value: { arrayValue: { values: [{ boolValue: true }, { doubleValue: 0.5 }] } },
                },
              ],
            },
            {
              traceId: TRACE_ID,
              spanId: 'eee19b7ec3c1b173',
              parentSpanId: '',
              name: 'the request before it',
              startTimeUnixNano: '1544712659000000000',
              endTimeUnixNano: '1544712662000000000',
              kind: 3,
              status: { code: 2, message: 'failed' },
            },
          ],
        },
      ],
    },
  ],
}

function sink(stateFolder = temporaryFolder()): Promise<string> {
  return served(otlpApp({ stateFolder, log: silent }))
}

function send(
  origin: string,
  body: string | Buffer<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Response> {
  const all = { 'content-type': 'application/json', ...headers }
  return fetch(`${origin}/v1/traces`, { method: 'POST', headers: all, body })
}

test('spans of a trace come back in the order in which they began, flattened', async () => {
  const origin = await sink()
  const answer = await send(origin, JSON.stringify(exported))
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual({ partialSuccess: {} })
  expect(await (await fetch(`${origin}/traces/${TRACE_ID}`)).json()).toEqual({
    traceId: TRACE_ID,
    spans: [
      {
        traceId: TRACE_ID,
        spanId: 'eee19b7ec3c1b173',
        name: 'the request before it',
        kind: 'client',
        scope: 'my.library',
        startedAt: 1_544_712_659,
        durationSeconds: 3,
        status: 'error',
        statusMessage: 'failed',
        attributes: {},
        resource: { 'service.name': 'my.service' },
        events: [],
      },
      {
        traceId: TRACE_ID,
        spanId: 'eee19b7ec3c1b174',
        parentSpanId: 'eee19b7ec3c1b173',
        name: "I'm a server span",
        kind: 'server',
        scope: 'my.library',
        startedAt: 1_544_712_660,
        durationSeconds: 1,
        status: 'unset',
        attributes: { 'my.span.attr': 'some value', 'http.response.status_code': 200, list: [true, 0.5] },
        resource: { 'service.name': 'my.service' },
        events: [],
      },
    ],
  })
})

test('a batch may come gzipped; its spans stand as JSON lines in the file and are listed, newest last', async () => {
  const folder = temporaryFolder()
  const origin = await sink(folder)
  const answer = await send(origin, gzipSync(JSON.stringify(exported)), { 'content-encoding': 'gzip' })
  expect(answer.status).toBe(200)
  const lines = readFileSync(join(folder, 'spans.jsonl'), 'utf8').trim().split('\n')
  expect(lines.map((line) => JSON.parse(line).spanId)).toEqual(['eee19b7ec3c1b174', 'eee19b7ec3c1b173'])
  const { spans } = (await (await fetch(`${origin}/spans?limit=1`)).json()) as { spans: { spanId: string }[] }
  expect(spans.map(({ spanId }) => spanId)).toEqual(['eee19b7ec3c1b173'])
})

test('protobuf is refused with the setting that helps', async () => {
  const answer = await send(await sink(), 'x', { 'content-type': 'application/x-protobuf' })
  expect(answer.status).toBe(415)
  expect(await answer.json()).toMatchObject({
    message: 'only JSON is taken here; set OTEL_EXPORTER_OTLP_PROTOCOL=http/json',
  })
})

const span = exported.resourceSpans[0]?.scopeSpans[0]?.spans[0]
const withSpan = (change: object) =>
  JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ ...span, ...change }] }] }] })
const refused: {
  name: string
  status: number
  body: string | Buffer<ArrayBuffer>
  headers?: Record<string, string>
}[] = [
  { name: 'a trace id of zeros', status: 400, body: withSpan({ traceId: '0'.repeat(32) }) },
  { name: 'a span id that is no hexadecimal', status: 400, body: withSpan({ spanId: 'eee19b7ec3c1b17x' }) },
  { name: 'a time that is no integer', status: 400, body: withSpan({ startTimeUnixNano: 'now' }) },
  { name: 'a body that is no JSON', status: 400, body: '{' },
  {
    name: 'a small body that inflates to 8 MiB',
    status: 413,
    body: gzipSync(withSpan({ name: 'x'.repeat(8 * 1024 * 1024) })),
    headers: { 'content-encoding': 'gzip' },
  },
]
for (const { name, status, body, headers } of refused) {
  test(`${name} is answered ${status}`, async () => {
    expect((await send(await sink(), body, headers)).status).toBe(status)
  })
}

test('an unknown trace is 404', async () => {
  expect((await fetch(`${await sink()}/traces/${TRACE_ID}`)).status).toBe(404)
})
