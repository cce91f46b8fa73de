import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ENVELOPE_MAX_BYTES,
  type Envelope,
  envelopeSchema,
  type ProbeResult,
} from '@plimsoll/instrumentation/envelope'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  burnDownSchema,
  probeListSchema,
  probeMatrixSchema,
  sloListSchema,
  sloStatusSchema,
} from './schemas.ts'
import { type Service, startService } from './service.ts'
import { INDEXING, PLAN, PUSH_PULL } from './testing/plan-fixture.ts'

const TOKEN = 'token-of-the-ledger-1'
const NOW = 1_767_268_830 // 2026-01-01T12:00:30Z
const MINUTE = NOW - 30
let now = NOW
const directory = mkdtempSync(join(tmpdir(), 'plimsoll-service-'))
const log: string[] = []
let stop: AbortController
let service: Service

async function start(plan = PLAN): Promise<void> {
  stop = new AbortController()
  service = await startService({
    plan,
    databaseFile: join(directory, 'ledger.db'),
    port: 0,
    prometheusUrl: 'http://127.0.0.1:9', // nobody answers here
    tokenFile: join(directory, 'token'),
    nowSeconds: () => now,
    logger: pino({}, { write: (line: string) => log.push(line) }),
    signal: stop.signal,
  })
}
async function end(): Promise<void> {
  stop.abort()
  await service.stopped
}
beforeAll(async () => {
  writeFileSync(join(directory, 'token'), `${TOKEN}\n`)
  await start()
})
afterAll(async () => {
  await end()
  rmSync(directory, { recursive: true, force: true })
})

const get = (path: string) => fetch(service.url + path)
const json = async (path: string) => (await get(path)).json() as Promise<never>
const status = async (slo: string) => sloStatusSchema.parse(await json(`/api/v1/slos/${slo}`))

function send(body: unknown, headers: Record<string, string> = { authorization: `Bearer ${TOKEN}` }) {
  return fetch(`${service.url}/api/v1/envelopes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

const run = (
  runId: string,
  verdict: ProbeResult['verdict'],
  more: Partial<ProbeResult> = {},
): ProbeResult => ({
  runId,
  flow: 'push-pull',
  vantage: 'eu-west',
  region: 'us-east',
  startedAt: NOW - 1,
  endedAt: NOW - 0.5,
  verdict,
  steps: [{ step: 'push-blob', durationSeconds: 0.5, statusCode: 201, phases: { first_byte: 0.4 } }],
  ...more,
})
const probes = (sequence: number, results: ProbeResult[]): Envelope => ({
  schema: 'plimsoll/envelope/1',
  producer: 'prober/eu-west',
  epoch: 1,
  sequence,
  kind: 'probe-results',
  results,
})
const deltas = (
  sequence: number,
  list: { slo: string; minute?: number; good: number; total: number }[],
): Envelope => ({
  schema: 'plimsoll/envelope/1',
  producer: 'indexer-1',
  epoch: 1,
  sequence,
  kind: 'deltas',
  deltas: list.map((delta) => ({ region: 'us-east', minute: MINUTE, ...delta })),
})

describe('probe results', () => {
  test('ok and target_fail are counted, every other verdict spends nothing; a re-send counts once', async () => {
    expect((await status(PUSH_PULL.slo)).state).toBe('noData')
    const envelope = probes(0, [
      ...Array.from({ length: 7 }, (_, i) => run(`ok-${i}`, 'ok')),
      run('bad', 'target_fail', { reason: 'timeout', failedStep: 'push-blob' }),
      run('ours', 'prober_fail', { region: 'eu-west', reason: 'prober_overloaded' }),
      run('unclear', 'indeterminate', { region: 'eu-west' }),
    ])
    expect(await (await send(envelope)).json()).toEqual({ status: 'applied', quarantined: 0, refused: [] })
    expect(await (await send(envelope)).json()).toEqual({ status: 'duplicate', quarantined: 0, refused: [] })

    const slo = await status(PUSH_PULL.slo)
    // 8 valid runs at 99.9 % allow 0.008 bad ones; 1 was bad: 125 times the budget.
    expect(slo.budget).toMatchObject({ good: 7, bad: 1, total: 8, goodRatio: 0.875, spentRatio: 125 })
    expect(slo.state).toBe('exhausted')
    expect(slo.burn[0]).toMatchObject({ window: '1h', rate: 125, bad: 1, total: 8 })
    const [east, west] = slo.regions
    expect(east).toMatchObject({ region: 'us-east', state: 'exhausted', coverage: { blind: false } })
    expect(west).toMatchObject({
      region: 'eu-west',
      state: 'noData',
      budget: null,
      coverage: { blind: true },
    })
  })

  test('the runs can be read back, by flow, region and verdict', async () => {
    const { runs } = (await json('/api/v1/probes?verdict=target_fail&region=us-east')) as {
      runs: ProbeResult[]
    }
    expect(runs.map(({ runId }) => runId)).toEqual(['bad'])
    expect(await json('/api/v1/probes/bad')).toMatchObject({ reason: 'timeout', failedStep: 'push-blob' })
  })

  test('a result from the future is kept aside', async () => {
    const receipt = await (await send(probes(1, [run('late', 'ok', { endedAt: NOW + 900 })]))).json()
    expect(receipt).toMatchObject({ status: 'applied', quarantined: 1 })
    expect((await status(PUSH_PULL.slo)).budget?.total).toBe(8)
  })
})

describe('deltas', () => {
  test('each SLO has one source: what comes from another is refused with the reason, the rest is counted', async () => {
    const envelope = deltas(0, [
      { slo: INDEXING.slo, good: 999, total: 1000 },
      { slo: PUSH_PULL.slo, good: 5, total: 5 },
      { slo: 'nobody-knows', good: 1, total: 1 },
    ])
    expect(await (await send(envelope)).json()).toEqual({
      status: 'applied',
      quarantined: 0,
      refused: [
        {
          slo: PUSH_PULL.slo,
          reason: 'its only source is probe: counting deltas too would count events twice',
        },
        { slo: 'nobody-knows', reason: 'the plan has no such SLO' },
      ],
    })
    expect((await status(INDEXING.slo)).budget).toMatchObject({ bad: 1, total: 1000, remainingRatio: 0 })
    expect((await status(PUSH_PULL.slo)).budget?.total).toBe(8)
  })
})

describe('what is refused', () => {
  const cases: { name: string; answer: () => Promise<Response>; status: number; code: string }[] = [
    { name: 'no token', answer: () => send({}, {}), status: 401, code: 'UNAUTHORIZED' },
    {
      name: 'a wrong token',
      answer: () => send({}, { authorization: `Bearer ${TOKEN}x` }),
      status: 401,
      code: 'UNAUTHORIZED',
    },
    {
      name: 'an unknown schema version',
      answer: () => send({ ...deltas(9, []), schema: 'plimsoll/envelope/2' }),
      status: 422,
      code: 'ENVELOPE_INVALID',
    },
    {
      name: 'more good than total',
      answer: () => send(deltas(9, [{ slo: INDEXING.slo, good: 2, total: 1 }])),
      status: 422,
      code: 'ENVELOPE_INVALID',
    },
    { name: 'no JSON', answer: () => send('{'), status: 400, code: 'ENTITY_PARSE_FAILED' },
    {
      name: 'a body over the limit',
      answer: () => send(' '.repeat(ENVELOPE_MAX_BYTES + 1)),
      status: 413,
      code: 'ENTITY_TOO_LARGE',
    },
    { name: 'an unknown SLO', answer: () => get('/api/v1/slos/nope'), status: 404, code: 'SLO_UNKNOWN' },
    { name: 'an unknown run', answer: () => get('/api/v1/probes/nope'), status: 404, code: 'RUN_UNKNOWN' },
    {
      name: 'a limit out of range',
      answer: () => get('/api/v1/probes?limit=1e9'),
      status: 400,
      code: 'QUERY_INVALID',
    },
    {
      name: 'an unknown parameter',
      answer: () => get('/api/v1/probes?flwo=x'),
      status: 400,
      code: 'QUERY_INVALID',
    },
    { name: 'an unknown path', answer: () => get('/api/v1/nope'), status: 404, code: 'NOT_FOUND' },
  ]
  for (const { name, answer, status: expected, code } of cases)
    test(`${name}: ${expected} ${code}, as a problem`, async () => {
      const response = await answer()
      expect(response.status).toBe(expected)
      expect(response.headers.get('content-type')).toContain('application/problem+json')
      expect(await response.json()).toMatchObject({ status: expected, code })
    })
})

test('an SLO without any data says so: no ratio, no budget, blind', async () => {
  const { slos } = sloListSchema.parse(await json('/api/v1/slos'))
  const hub = slos.find(({ slo }) => slo === 'hub-api-availability')
  expect(hub).toMatchObject({
    state: 'noData',
    budget: null,
    coverage: { blind: true, lastSeenMinute: null },
  })
  expect(hub?.burn.map(({ rate }) => rate)).toEqual([null, null, null, null])
})

test('the OpenAPI document resolves all its references, and lists the routes that answer', async () => {
  const document = (await json('/api/v1/openapi.json')) as {
    openapi: string
    paths: Record<string, object>
    components: { schemas: Record<string, object> }
  }
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
    ([, reference]) => reference,
  )
  const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`)
  expect(document.openapi).toBe('3.1.0')
  expect(references.filter((reference) => !known.includes(reference ?? ''))).toEqual([])
  for (const path of Object.keys(document.paths).filter(
    (path) => !path.includes('{') && !path.includes('envelopes'),
  ))
    expect((await get(path)).status).toBe(200)
  expect(envelopeSchema.safeParse(probes(0, [run('x', 'ok')])).success).toBe(true)
})

test('the table of the README has the paths of the OpenAPI document', async () => {
  const { paths } = (await json('/api/v1/openapi.json')) as { paths: Record<string, { get?: object }> }
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const rows = readme.split('\n').filter((line) => line.startsWith('| `/api/'))
  const listed = rows.flatMap((line) => [...line.matchAll(/`(\/api\/[^`]+)`/g)].map(([, path]) => path))
  expect(listed.sort()).toEqual(
    Object.entries(paths)
      .filter(([, { get }]) => get)
      .map(([path]) => path)
      .sort(),
  )
})

test('health, readiness and metrics answer; no inline script or style is allowed', async () => {
  expect((await get('/healthz')).status).toBe(200)
  expect(await json('/readyz')).toMatchObject({ status: 'ready', slos: 3 })
  const text = await (await get('/metrics')).text()
  expect(text).toMatch(/plimsoll_ledger_envelopes_total\{outcome="duplicate"\} \d/)
  const policy = (await get('/')).headers.get('content-security-policy')
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toContain('unsafe')
})

test('after a restart with a stricter promise, each minute keeps the promise of its time, and counts remain', async () => {
  await end()
  now = NOW + 120
  const stricter = PLAN.slos.map((slo) =>
    slo === INDEXING ? { ...slo, revision: 'r2', target: '0.9999', errorBudget: '0.0001' } : slo,
  )
  await start({ ...PLAN, slos: stricter })
  const slo = await status(INDEXING.slo)
  expect(slo.promises.map(({ target }) => target)).toEqual(['0.999', '0.9999'])
  expect(slo.budget).toMatchObject({ bad: 1, total: 1000, allowedBad: 1 })
})

test('a promise for tomorrow is shown, and today keeps its own', async () => {
  await end()
  const tomorrow = MINUTE + 86_400
  const planned = {
    ...INDEXING,
    revision: 'r3',
    target: '0.5',
    errorBudget: '0.5',
    effectiveFromSeconds: tomorrow,
  }
  await start({ ...PLAN, slos: [planned, PUSH_PULL] })
  const slo = await status(INDEXING.slo)
  expect(slo.promises.map(({ target, effectiveFrom }) => [target, effectiveFrom])).toEqual([
    ['0.999', MINUTE],
    ['0.9999', NOW + 120 - 30],
    ['0.5', tomorrow],
  ])
  expect(slo.objective).toEqual({ target: '0.9999', errorBudget: '0.0001' })
  expect(slo.budget?.allowedBad).toBe(1)
})

test('the burn-down ends where the budget stands, and a region that the SLO does not have is unknown', async () => {
  const chart = burnDownSchema.parse(await json(`/api/v1/slos/${PUSH_PULL.slo}/burn-down`))
  expect(chart.points.at(-1)?.remainingRatio).toBeCloseTo(1 - 125, 9)
  expect(chart).toMatchObject({ region: null, marks: [] })
  const west = burnDownSchema.parse(await json(`/api/v1/slos/${PUSH_PULL.slo}/burn-down?region=eu-west`))
  expect(west).toMatchObject({ allowedBad: null, points: [] })
  expect((await get(`/api/v1/slos/${PUSH_PULL.slo}/burn-down?region=mars`)).status).toBe(404)
})

test('a run names the SLOs it counts in; the matrix has its pair, with the last verdict and the ratio of valid runs', async () => {
  expect(await json('/api/v1/probes/bad')).toMatchObject({ slos: [PUSH_PULL.slo] })
  expect(await json('/api/v1/probes/unclear')).toMatchObject({ slos: [] })
  const { runs } = probeListSchema.parse(
    await json(`/api/v1/probes?slo=${PUSH_PULL.slo}&verdict=target_fail`),
  )
  expect(runs.map(({ runId }) => runId)).toEqual(['bad'])
  expect(await json(`/api/v1/probes?slo=${INDEXING.slo}`)).toEqual({ runs: [] })
  const { flows } = probeMatrixSchema.parse(await json('/api/v1/probe-matrix'))
  expect(flows.map(({ flow, slos }) => [flow, slos])).toEqual([['push-pull', [PUSH_PULL.slo]]])
  const east = flows[0]?.cells.find(({ vantage, region }) => vantage === 'eu-west' && region === 'us-east')
  // 7 ok, 1 failed, and the one from the future, which was kept aside as a count and not as a run.
  expect(east?.recent).toMatchObject({ runs: 9, ok: 8, failed: 1 })
})

test('an SLO of time slices is budgeted by slices: 44 of 50 in five minutes are one bad slice of 90 %', async () => {
  await end()
  const slices = { seconds: 300, goodRatio: '0.9' }
  await start({ ...PLAN, slos: [{ ...INDEXING, budgetingMethod: 'Timeslices', slices }] })
  const from = MINUTE - 600
  const counts = [10, 10, 10, 10, 4, 10].map((good, i) => ({
    slo: INDEXING.slo,
    minute: from + i * 60,
    good,
    total: 10,
  }))
  await send({ ...deltas(0, counts), epoch: 2 })
  const slo = await status(INDEXING.slo)
  // 10 of 10 is the good one. The 999 of 1000 at noon are in a slice that has not ended.
  expect(slo).toMatchObject({
    counts: 'slices',
    slices,
    state: 'exhausted',
    budget: { good: 1, bad: 1, total: 2 },
  })
  expect(slo.budget?.allowedBad).toBeCloseTo(2 * 0.001, 12)
})

test('an unreachable Prometheus is logged with the next move, and no token reaches the log', async () => {
  const about = log.filter((line) => line.includes('cannot read from Prometheus'))
  expect(about.length).toBeGreaterThan(0)
  expect(about[0]).toContain('is it running?')
  expect(log.join('')).not.toContain(TOKEN)
})
