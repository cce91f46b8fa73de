/** Services as processes of their own, started with `--import`, and a collector that really receives OTLP. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { checkExposition } from './contract.ts'
import { type ChildService, freePort, REGISTER, startService } from './testing/child-service.ts'
import { type OtlpReceiver, startOtlpReceiver } from './testing/otlp-receiver.ts'

const SAMPLE_APP = fileURLToPath(new URL('./testing/sample-app.ts', import.meta.url))
const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' // W3C Trace Context, section 3.2's ids
const MANIFEST = '/v2/library/ubuntu/manifests/latest'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function start(...parameters: Parameters<typeof startService>): Promise<ChildService> {
  const service = await startService(...parameters)
  cleanUps.push(() => service.end('SIGKILL'))
  return service
}

async function receiver(options?: { isSilent: boolean }): Promise<OtlpReceiver> {
  const started = await startOtlpReceiver(options)
  cleanUps.push(() => started.close())
  return started
}

const tracesTo = (url: string) => ({
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_BSP_SCHEDULE_DELAY: '50',
  OTEL_SERVICE_NAME: 'hub-api',
  OTEL_RESOURCE_ATTRIBUTES: 'cloud.region=us-east,service.version=1.2%2E3',
})

type Passed = { active?: { traceId: string; spanId: string }; passedOn: { traceparent?: string } }
async function manifest(service: ChildService, headers: Record<string, string> = {}): Promise<Passed> {
  return (await (await fetch(service.url + MANIFEST, { headers })).json()) as Passed
}

test('one SERVER span per request, child of the incoming one, with route, status and resource', async () => {
  const collector = await receiver()
  const service = await start(SAMPLE_APP, tracesTo(collector.url))
  const { active, passedOn } = await manifest(service, { traceparent: PARENT })
  const [span] = await collector.received(1)
  expect(span).toMatchObject({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    parentSpanId: 'b7ad6b7169203331',
    spanId: active?.spanId,
    name: 'GET /v2/{name}/manifests/{reference}',
    kind: 2, // SPAN_KIND_SERVER of the OTLP protocol
    attributes: {
      'http.request.method': 'GET',
      'http.route': '/v2/{name}/manifests/{reference}',
      'http.response.status_code': 200,
      'url.path': MANIFEST,
      'url.scheme': 'http',
    },
    resource: { 'service.name': 'hub-api', 'cloud.region': 'us-east', 'service.version': '1.2.3' },
  })
  expect(passedOn.traceparent).toBe(`00-0af7651916cd43dd8448eb211c80319c-${active?.spanId}-01`)
  expect(JSON.stringify(span?.resource)).not.toContain('command')
})

test('a failed request is an error span of its status, and no secret of it is exported', async () => {
  const collector = await receiver()
  const service = await start(SAMPLE_APP, tracesTo(collector.url))
  await fetch(`${service.url}/v2/broken?token=s3cret`, { headers: { authorization: 'Bearer s3cret' } })
  const [span] = await collector.received(1)
  expect(span).toMatchObject({
    name: 'GET /v2/broken',
    status: { code: 2 },
    attributes: { 'error.type': '500' },
  })
  expect(JSON.stringify(span)).not.toContain('s3cret')
})

test('an unsampled request exports nothing and still passes on a valid traceparent', async () => {
  const collector = await receiver()
  const service = await start(SAMPLE_APP, { ...tracesTo(collector.url), OTEL_TRACES_SAMPLER: 'always_off' })
  const { passedOn } = await manifest(service)
  expect(passedOn.traceparent).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-00$/)
  await service.end('SIGTERM')
  expect(collector.spans).toEqual([])
})

test('an unmodified service gets /metrics on a port of its own, which keeps the contract', async () => {
  const port = await freePort()
  const collector = await receiver()
  const service = await start(SAMPLE_APP, { ...tracesTo(collector.url), PLIMSOLL_METRICS_PORT: String(port) })
  await manifest(service, { traceparent: PARENT })
  await fetch(`${service.url}/v2/broken`)
  const metrics = `http://127.0.0.1:${port}/metrics`
  const text = await (await fetch(metrics)).text()
  expect(text).toContain(
    'http_server_request_duration_seconds_count{service_name="hub-api",http_request_method="GET",http_route="/v2/{name}/manifests/{reference}",http_response_status_code="200",error_type=""} 1\n',
  )
  expect(checkExposition(text)).toEqual([])

  const accept = 'application/openmetrics-text;version=1.0.0'
  const response = await fetch(metrics, { headers: { accept } })
  expect(response.headers.get('content-type')).toBe(
    'application/openmetrics-text; version=1.0.0; charset=utf-8',
  )
  const openMetrics = await response.text()
  expect(openMetrics).toContain('# {trace_id="0af7651916cd43dd8448eb211c80319c"}')
  expect(openMetrics.match(/^process_cpu_seconds_total /gm)).toHaveLength(1)
  expect(openMetrics.endsWith('\n# EOF\n')).toBe(true)
  expect(checkExposition(openMetrics)).toEqual([])
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404)
})

test('promtool reads the whole exposition; its lint knows only prom-client’s gauges named _total', async () => {
  const port = await freePort()
  await start(SAMPLE_APP, { PLIMSOLL_METRICS_PORT: String(port) })
  const input = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const { stderr, stdout } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' })
  const lint = `${stdout}${stderr}`.trim().split('\n')
  expect(
    lint.filter(
      (line) => !/^nodejs_\w+_total non-counter metrics should not have "_total" suffix$/.test(line),
    ),
  ).toEqual([])
})

test('an app in CommonJS is measured too', async () => {
  const app = join(temporaryDirectory(), 'app.cjs')
  writeFileSync(
    app,
    `const app = require('express')()
app.get('/cjs/:id', (request, response) => response.send('ok'))
const server = app.listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port))`,
  )
  const port = await freePort()
  const service = await start(app, { PLIMSOLL_METRICS_PORT: String(port) })
  await fetch(`${service.url}/cjs/1`)
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  expect(text).toMatch(
    /_count\{[^}]*http_route="\/cjs\/\{id}",http_response_status_code="200",error_type=""} 1\n/,
  )
})

test('Express that got past the hooks is warned about once, with the next move', async () => {
  const app = join(temporaryDirectory(), 'app.cjs')
  writeFileSync(
    app,
    `const app = require(require.resolve('express'))()
app.get('/', (request, response) => response.send('ok'))
const server = app.listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port))
app.listen(0, '127.0.0.1')`,
  )
  const service = await start(app)
  await expect.poll(() => service.stderr()).toContain('EXPRESS_NOT_INSTRUMENTED')
  const lines = service.stderr().trim().split('\n')
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'warn',
    code: 'EXPRESS_NOT_INSTRUMENTED',
    msg: expect.stringContaining('before every other --import'),
  })
  expect((await fetch(service.url)).status).toBe(200)
})

test('Express that another --import loaded first is measured all the same', async () => {
  const early = join(temporaryDirectory(), 'early.mjs')
  writeFileSync(early, 'import "express"')
  const port = await freePort()
  const env = { PLIMSOLL_METRICS_PORT: String(port) }
  const service = await start(SAMPLE_APP, env, ['--import', early, '--import', REGISTER])
  await manifest(service)
  expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toMatch(
    /manifests.*_code="200",error_type=""} 1\n/,
  )
  expect(service.stderr()).toBe('')
})

test('SIGTERM hands over the last spans and still ends an app that has no shutdown of its own', async () => {
  const collector = await receiver()
  const service = await start(SAMPLE_APP, { ...tracesTo(collector.url), OTEL_BSP_SCHEDULE_DELAY: '60000' })
  await manifest(service)
  expect(await service.end('SIGTERM')).toEqual({ code: null, signal: 'SIGTERM' })
  expect(collector.spans).toHaveLength(1)
})

test('an app with a shutdown of its own keeps it, and its last spans arrive', async () => {
  const collector = await receiver()
  const env = { ...tracesTo(collector.url), OTEL_BSP_SCHEDULE_DELAY: '60000', SAMPLE_OWN_SHUTDOWN: 'yes' }
  const service = await start(SAMPLE_APP, env)
  await manifest(service)
  expect(await service.end('SIGTERM')).toEqual({ code: 0, signal: null })
  expect(collector.spans).toHaveLength(1)
})

test('a collector that accepts and never answers holds up neither requests nor the end', async () => {
  const collector = await receiver({ isSilent: true })
  const env = { ...tracesTo(collector.url), SAMPLE_OWN_SHUTDOWN: 'yes', OTEL_EXPORTER_OTLP_TIMEOUT: '600000' }
  const service = await start(SAMPLE_APP, env)
  for (let i = 0; i < 20; i++) await manifest(service)
  expect(await service.end('SIGTERM')).toEqual({ code: 0, signal: null })
})

test('a collector that is down is said once, without the credentials of its URL', async () => {
  const port = await freePort()
  const service = await start(SAMPLE_APP, tracesTo(`http://user:s3cret@127.0.0.1:${port}`))
  await manifest(service)
  await expect.poll(() => service.stderr(), { timeout: 10_000 }).toContain('"TRACING"')
  await manifest(service)
  expect(service.stderr()).not.toContain('s3cret')
  expect(service.stderr().trim().split('\n')).toHaveLength(1)
})

test('settings that make no sense are said and ignored; a taken metrics port is said', async () => {
  const occupant = createServer().listen(0, '127.0.0.1')
  cleanUps.push(() => occupant.close())
  await new Promise((resolve) => occupant.once('listening', resolve))
  const { port } = occupant.address() as AddressInfo
  const service = await start(SAMPLE_APP, {
    PLIMSOLL_METRICS_PORT: String(port),
    PLIMSOLL_MAX_SERIES: 'many',
    OTEL_RESOURCE_ATTRIBUTES: 'a=%zz',
    OTEL_TRACES_SAMPLER: 'nonsense',
    OTEL_EXPORTER_OTLP_ENDPOINT: ':::',
    OTEL_TRACES_EXPORTER: 'otlp',
  })
  await expect.poll(() => service.stderr()).toContain('"METRICS_PORT"')
  expect(service.stderr()).toContain('saw many, expected a whole number from 1 to 100000; ignored')
  expect(service.stderr()).toContain('"BAD_RESOURCE_ATTRIBUTE"')
  expect((await fetch(service.url + MANIFEST)).status).toBe(200)
})

test('importing the vocabulary loads neither Express nor the OpenTelemetry SDK nor prom-client', () => {
  const index = new URL('./index.ts', import.meta.url).href
  const script = `
    import module from 'node:module'
    const loaded = []
    module.registerHooks({ resolve(specifier, context, next) { loaded.push(specifier); return next(specifier, context) } })
    await import(${JSON.stringify(index)})
    console.log(loaded.join(' '))`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  })
  expect(stdout).toContain('./vocabulary.ts')
  expect(stdout).not.toMatch(/\bexpress(\s|$)|sdk-|exporter|prom-client/)
})

/** With a way to the project's packages, so that an app in it finds Express. */
function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-register-'))
  cleanUps.push(() => rmSync(directory, { recursive: true }))
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(directory, 'node_modules'))
  return directory
}
