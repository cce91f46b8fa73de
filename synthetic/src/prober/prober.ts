/** The prober process: probes on a schedule, counts, and hands every result to the ledger. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ProbeResult } from '@plimsoll/instrumentation/envelope'
import type { Logger } from 'pino'
import { parseRegistryUrl } from '../oci/reference.ts'
import { waitUntilReady } from '../ready.ts'
import { type FlowName, runProbe } from '../run.ts'
import { repeat, systemClock } from '../schedule.ts'
import type { Remembered } from '../verdict.ts'
import { addressOf } from './address.ts'
import {
  type ProberConfig,
  type ProberConfigInput,
  proberConfigSchema,
  settingsOf,
  sourceOf,
  sweptBy,
} from './config.ts'
import { type Delivery, deliverPending, keepDelivering } from './deliver.ts'
import { Health } from './health.ts'
import { createMetrics, type ProbeMetrics } from './metrics.ts'
import { pages } from './pages.ts'
import { Spool } from './spool.ts'
import { keepSweeping } from './sweeping.ts'

export type Prober = {
  /** Of its HTTP server. */
  url: string
  /** Resolves when the signal has stopped everything: runs under way are cancelled, results are on disk. */
  done: Promise<void>
}

export type ProberOptions = { signal: AbortSignal; logger: Pick<Logger, 'info' | 'warn' | 'error'> }

const clock = systemClock
const FLUSH_SECONDS = 2

/** Resolves when it listens. Rejects when the port is taken or the spool cannot be opened. */
export async function startProber(input: ProberConfigInput, options: ProberOptions): Promise<Prober> {
  const config = proberConfigSchema.parse(input)
  const { signal, logger } = options
  const { vantage } = config
  const probes = config.targets.flatMap((target) => target.flows.map((flow) => ({ flow, target })))
  const health = new Health()
  const checks = () => health.checks(clock.nowMs())
  const metrics = createMetrics(
    probes.map(({ flow, target }) => ({ flow, vantage, region: target.region })),
    { checks, pending: () => delivery?.spool.pending ?? 0 },
  )
  const delivery = config.ledger && (await openDelivery(config, config.ledger, metrics, health, logger))
  const runs: ProbeResult[] = []
  const server = await listen(createServer(pages({ metrics: metrics.registry, checks, runs })), config.listen)

  const record = async (result: ProbeResult) => {
    await spoolResult(result)
    metrics.observe(result)
    runs.push(result)
    if (runs.length > config.keptRuns) runs.shift()
    if (result.verdict !== 'ok') logProbe(logger, result)
  }
  const spoolResult = async (result: ProbeResult) => {
    if (!delivery) return
    try {
      await delivery.spool.append(result)
      health.appended(true)
    } catch (error) {
      // Pages depend on the metrics alone: a full disk must not hide an outage.
      metrics.dropped.inc()
      health.appended(false)
      logger.error({ err: error }, 'a result was not spooled and will not reach the ledger')
    }
  }

  const probing = probes.map((probe) => keepProbing(config, probe, { signal, health, logger, record }))
  const sweeping = sweptBy(config).map((one) => keepSweeping(config, one, { signal, logger, metrics }))
  const done = Promise.all([...probing, ...sweeping, delivery && keepDelivering(delivery, signal)]).then(
    async () => {
      if (delivery) await deliverPending(delivery, AbortSignal.timeout(FLUSH_SECONDS * 1000))
      await close(server)
    },
  )
  const { address, port } = server.address() as AddressInfo
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}`
  logger.info({ url, vantage, probes: probes.length }, 'prober listens')
  return { url, done }
}

type Probe = { flow: FlowName; target: ProberConfig['targets'][number] }
type Probing = {
  signal: AbortSignal
  health: Health
  logger: ProberOptions['logger']
  record: (result: ProbeResult) => Promise<void>
}

async function keepProbing(config: ProberConfig, { flow, target }: Probe, probing: Probing): Promise<void> {
  const { signal, health, logger, record } = probing
  const { vantage } = config
  const { region, url, repository } = target
  const settings = settingsOf(config, flow)
  const sourceTarget = flow === 'replication' ? sourceOf(config) : undefined
  const name = `${flow} to ${region}`
  const memory = new Set<Remembered>()

  const ready = await waitUntilReady(parseRegistryUrl(url), { signal })
  if (!ready && !signal.aborted)
    logger.warn({ flow, region }, 'the target is not ready: probing starts all the same')
  health.started(name, clock.nowMs(), { ready, intervalSeconds: settings.intervalSeconds })

  const once = async () => {
    try {
      const source = sourceTarget && (await addressOf(sourceTarget))
      const at = { ...(await addressOf(target)), region, repository, source }
      const result = await runProbe(at, { ...settings, flow, vantage, signal, memory })
      await record(result)
      health.ran(name, clock.nowMs(), result.verdict === 'ok')
    } catch (error) {
      // No run, no result: `schedule` turns unhealthy when this lasts.
      logger.error({ flow, region, err: error }, 'a run did not take place')
    }
  }
  await repeat(once, { ...settings, clock, random: Math.random }, signal)
}

async function openDelivery(
  config: ProberConfig,
  ledger: NonNullable<ProberConfig['ledger']>,
  metrics: ProbeMetrics,
  health: Health,
  logger: ProberOptions['logger'],
): Promise<Delivery> {
  const spool = await Spool.open({
    directory: ledger.spoolDirectory,
    producer: config.producer ?? `prober-${config.vantage}`,
    maxBytes: ledger.spoolMaxBytes,
    nowMs: Date.now(),
    onDropped: () => metrics.dropped.inc(),
  })
  return {
    spool,
    ledgerUrl: ledger.url,
    tokenFile: ledger.tokenFile,
    clock,
    random: Math.random,
    onAttempt: (delivered) => health.delivered(delivered),
    onProblem: (message) => logger.warn(message),
  }
}

function logProbe(logger: ProberOptions['logger'], result: ProbeResult): void {
  const { flow, region, verdict, reason, failedStep, traceId, message } = result
  logger.warn({ flow, region, verdict, reason, failedStep, traceId }, message)
}

function listen(server: Server, { host, port }: ProberConfig['listen']): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve(server))
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
