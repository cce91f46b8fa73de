import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { REPLICATION_LAG_BUCKETS } from '@plimsoll/instrumentation'
import { type Envelope, envelopeSchema, type ProbeResult } from '@plimsoll/instrumentation/envelope'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { canaryTag } from '../canary-tag.ts'
import { startProxy } from '../testing/proxy.ts'
import { pushTagged } from '../testing/push-tagged.ts'
import { freePort, startRegistry, type TestRegistry } from '../testing/registry.ts'
import type { ProberConfigInput } from './config.ts'
import { type Prober, startProber } from './prober.ts'

let registry: TestRegistry
beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry.stop())

let directory: string
let ledger: Server
let envelopes: Envelope[]
let stop: AbortController
let prober: Prober | undefined
let log: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plimsoll-prober-'))
  envelopes = []
  log = ''
  stop = new AbortController()
  ledger = createServer(async (request, response) => {
    envelopes.push(envelopeSchema.parse(await json(request)))
    response.end('{"status":"applied"}')
  })
  await once(ledger.listen(0, '127.0.0.1'), 'listening')
  await writeFile(join(directory, 'token'), 'ledger-s3cret')
  await writeFile(join(directory, 'user'), '{"username":"canary","password":"hunter2"}')
})
afterEach(async () => {
  stop.abort()
  await prober?.done
  prober = undefined
  ledger.closeAllConnections()
  ledger.close()
  await rm(directory, { recursive: true, force: true })
})

function config(targets: ProberConfigInput['targets']): ProberConfigInput {
  return {
    vantage: 'us-east',
    listen: { port: 0 },
    intervalSeconds: 7,
    jitterSeconds: 0,
    targets,
    ledger: {
      url: `http://127.0.0.1:${(ledger.address() as AddressInfo).port}`,
      tokenFile: join(directory, 'token'),
      spoolDirectory: join(directory, 'spool'),
    },
  }
}

async function start(input: ProberConfigInput): Promise<Prober> {
  const logger = pino({}, { write: (line) => (log += line) })
  prober = await startProber(input, { signal: stop.signal, logger })
  return prober
}

const get = async (path: string) => (await fetch(`${prober?.url}${path}`)).text()
const shownRuns = async (): Promise<ProbeResult[]> => JSON.parse(await get('/runs')).runs
const delivered = () => envelopes.flatMap((each) => (each.kind === 'probe-results' ? each.results : []))

/** `plimsoll_probe_attempts_total` as flow/region/verdict → count. */
function attempts(metrics: string): Record<string, number> {
  const lines = metrics.matchAll(
    /^plimsoll_probe_attempts_total\{flow="(.*?)",vantage="us-east",region="(.*?)",verdict="(.*?)"\} (\d+)$/gm,
  )
  return Object.fromEntries(
    [...lines].map(([, flow, region, verdict, count]) => [`${flow}/${region}/${verdict}`, Number(count)]),
  )
}

test('what /metrics counts, /runs shows and the ledger receives are the same runs', async () => {
  const proxy = await startProxy(registry.url, (question, response, pass) => {
    if (question.url === '/v2/' || !question.headers['x-plimsoll-synthetic']) pass()
    else response.writeHead(500).end()
  })
  await start(
    config([
      { region: 'us-east', url: registry.url },
      { region: 'eu-west', url: proxy.url },
    ]),
  )
  await vi.waitFor(async () => expect(await shownRuns()).toHaveLength(2), { timeout: 20_000, interval: 100 })
  const counted = attempts(await get('/metrics'))
  const runs = await shownRuns()
  await vi.waitFor(() => expect(delivered().length).toBeGreaterThanOrEqual(runs.length), { timeout: 10_000 })
  stop.abort()
  await prober?.done
  await proxy.stop()

  expect(
    delivered()
      .slice(0, 2)
      .map(({ runId }) => runId),
  ).toEqual(runs.map(({ runId }) => runId).reverse())
  expect(
    delivered()
      .slice(0, 2)
      .map(({ region, verdict }) => `${region} ${verdict}`)
      .sort(),
  ).toEqual(['eu-west target_fail', 'us-east ok'])
  expect(envelopes.map(({ sequence }) => sequence)).toEqual(envelopes.map((_, index) => index))
  expect(counted).toEqual({
    'push-pull/us-east/ok': 1,
    'push-pull/us-east/target_fail': 0,
    'push-pull/us-east/prober_fail': 0,
    'push-pull/us-east/indeterminate': 0,
    'push-pull/us-east/skipped': 0,
    'push-pull/eu-west/ok': 0,
    'push-pull/eu-west/target_fail': 1,
    'push-pull/eu-west/prober_fail': 0,
    'push-pull/eu-west/indeterminate': 0,
    'push-pull/eu-west/skipped': 0,
  })
})

test('the lag of a copy is counted from the region of the vantage to the target', async () => {
  await start({
    ...config([
      { region: 'us-east', url: registry.url },
      // The same registry: whatever is pushed in us-east is in eu-west at once.
      { region: 'eu-west', url: registry.url, flows: ['replication'] },
    ]),
    keptRuns: 2,
  })
  await vi.waitFor(async () => expect(await shownRuns()).toHaveLength(2), { timeout: 20_000, interval: 100 })
  const run = (await shownRuns()).find(({ flow }) => flow === 'replication')
  expect(run).toMatchObject({ vantage: 'us-east', region: 'eu-west', verdict: 'ok' })
  const lag = /^plimsoll_replication_lag_seconds_(count|bucket)\{(.*)\} (\d+)$/gm
  const counted = [...(await get('/metrics')).matchAll(lag)].map(([, what, labels, count]) => [
    what,
    labels?.replaceAll('"', ''),
    Number(count),
  ])
  expect(counted).toHaveLength(REPLICATION_LAG_BUCKETS.length + 2)
  expect(counted).toContainEqual(['bucket', 'le=30,from=us-east,to=eu-west', 1])
  expect(counted.at(-1)).toEqual(['count', 'from=us-east,to=eu-west', 1])
})

test('what a killed run left behind is deleted at the start', async () => {
  const repository = 'plimsoll/canary-us-east'
  await pushTagged(registry.url, repository, canaryTag('push-pull', 1_795_500_000, '0123456789abcdef'))
  await start(config([{ region: 'us-east', url: registry.url }]))
  const deleted = async () =>
    /^plimsoll_prober_leftovers_deleted_total (\d+)$/m.exec(await get('/metrics'))?.[1]
  await vi.waitFor(async () => expect(await deleted()).toBe('1'), { timeout: 20_000, interval: 100 })
})

test('the prober says that it works, and a stopped run is cancelled, counted and spooled', async () => {
  const answersSlowly = await startProxy(registry.url, (question, _response, pass) => {
    if (question.method === 'POST') stop.abort()
    else pass()
  })
  await start(config([{ region: 'us-east', url: answersSlowly.url }]))
  const checks = { schedule: true, target_ready: true, spool: true, ledger: true }
  expect(JSON.parse(await get('/healthz'))).toEqual({ status: 'ok', checks })
  await prober?.done
  await answersSlowly.stop()
  expect(delivered()).toMatchObject([
    { verdict: 'prober_fail', reason: 'cancelled', failedStep: 'start-upload' },
  ])
  expect(await readdir(join(directory, 'spool'))).toEqual(['epoch', 'refused'])
})

test('results outlive a ledger that is away: the next process delivers them first', async () => {
  const away = config([{ region: 'us-east', url: registry.url }])
  const nobody = `http://127.0.0.1:${await freePort()}`
  await start({ ...away, ledger: { ...(away.ledger as NonNullable<typeof away.ledger>), url: nobody } })
  await vi.waitFor(async () => expect(await shownRuns()).toHaveLength(1), { timeout: 10_000, interval: 100 })
  const [old] = await shownRuns()
  await vi.waitFor(
    async () => expect(await get('/metrics')).toContain('plimsoll_prober_healthy{check="ledger"} 0'),
    { timeout: 10_000, interval: 100 },
  )
  expect(await get('/metrics')).toContain('plimsoll_prober_spool_pending 1')
  stop.abort()
  await prober?.done

  stop = new AbortController()
  await start(away)
  await vi.waitFor(() => expect(delivered().length).toBeGreaterThanOrEqual(2), {
    timeout: 10_000,
    interval: 100,
  })
  expect(delivered()[0]?.runId).toBe(old?.runId)
  expect(envelopes[1]?.epoch).toBeGreaterThan(envelopes[0]?.epoch ?? Infinity)
})

test('credentials and tokens are in no log line, metric or run', async () => {
  const proxy = await startProxy(registry.url, (question, response) => {
    const said = question.headers.authorization
    if (said) response.writeHead(403).end(JSON.stringify({ errors: [{ code: 'DENIED', message: said }] }))
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end()
  })
  await start(config([{ region: 'us-east', url: proxy.url, credentialsFile: join(directory, 'user') }]))
  await vi.waitFor(async () => expect(await shownRuns()).toHaveLength(1), { timeout: 10_000, interval: 100 })
  const said = [log, await get('/metrics'), await get('/runs')].join('\n')
  await proxy.stop()
  expect(said).toContain('unauthorized')
  for (const secret of ['hunter2', Buffer.from('canary:hunter2').toString('base64'), 'ledger-s3cret'])
    expect(said).not.toContain(secret)
})

test('a port that is taken rejects', async () => {
  const taken = (ledger.address() as AddressInfo).port
  const input = { ...config([{ region: 'us-east', url: registry.url }]), listen: { port: taken } }
  await expect(start(input)).rejects.toThrow('EADDRINUSE')
})
