import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { promisify } from 'node:util'
import type { ProbeResult } from '@plimsoll/instrumentation/envelope'
import { expect, test } from 'vitest'
import { freePort } from './testing/registry.ts'

type OtlpTraces = {
  resourceSpans: { scopeSpans: { spans: { traceId: string; parentSpanId?: string; name: string }[] }[] }[]
}

test('under @plimsoll/instrumentation/register a run is the root span of the trace it names', async () => {
  const received: OtlpTraces[] = []
  const sink = createServer(async (request, response) => {
    received.push((await json(request)) as OtlpTraces)
    response.end('{}')
  })
  await once(sink.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${await freePort()}` // nobody listens: the run ends at once
  const script = `import { runProbe } from '@plimsoll/synthetic'
    console.log(JSON.stringify(await runProbe({ url: ${JSON.stringify(url)} })))`
  const register = ['--import', '@plimsoll/instrumentation/register']
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...register, '--input-type=module', '-e', script],
    {
      cwd: import.meta.dirname,
      env: {
        ...process.env,
        OTEL_SERVICE_NAME: 'prober',
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(sink.address() as AddressInfo).port}`,
      },
    },
  ).finally(() => sink.close())
  const { traceId } = JSON.parse(stdout) as ProbeResult
  const spans = received.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
  )
  expect(spans.filter(({ name }) => name === 'probe push-pull')).toMatchObject([{ traceId }])
  expect(spans[0]?.parentSpanId ?? '').toBe('')
})
