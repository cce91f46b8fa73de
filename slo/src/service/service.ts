/** The SLO service: reads its sources into the ledger, and answers what the ledger says. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { openSqliteLedger } from '../ledger/index.ts'
import { createApp } from './app.ts'
import type { CountedPlan } from './counted-plan.ts'
import { pollForever } from './poller.ts'
import { prometheusClient, prometheusValues } from './sources/prometheus-client.ts'
import { traceUrlTemplate } from './trace-url.ts'

export type ServiceOptions = {
  /** Read once: a changed plan takes effect with a restart, which loses nothing. */
  plan: CountedPlan
  databaseFile: string
  /** Default 127.0.0.1. */
  host?: string
  /** 0 picks a free one. */
  port: number
  prometheusUrl: string
  /** File with the bearer token of `POST /api/v1/envelopes`. */
  tokenFile: string
  /** Where people reach the console; default is the address it listens on. */
  consoleBaseUrl?: string
  /** Folder of `<slug>.md`, served at `/runbooks/<slug>`, where alerts link to. */
  runbooksFolder?: string | undefined
  /** Where a trace is shown: an address with `{traceId}` in it. Absent: trace ids are text. */
  traceUrl?: string | undefined
  nowSeconds?: () => number
  logger: Logger
  /** Stops the service. */
  signal: AbortSignal
}

export type Service = {
  url: string
  /** Resolves when it has stopped: no connection, no reading in progress, the ledger closed. */
  stopped: Promise<void>
}

/** Resolves when it listens; throws when the database or the port cannot be had, or the trace address is none. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { plan, host = '127.0.0.1', port, tokenFile, runbooksFolder, logger, signal } = options
  const traceUrl = options.traceUrl === undefined ? undefined : traceUrlTemplate(options.traceUrl)
  const nowSeconds = options.nowSeconds ?? (() => Date.now() / 1000)
  const ledger = openSqliteLedger(options.databaseFile)
  const refusedDates = await ledger.promise(plan.slos, nowSeconds())
  if (refusedDates.length > 0)
    logger.warn({ slos: refusedDates }, 'effective-from ignored: the promise before it began later than that')

  // The default console address is known only once the port is: so listen first, then mount.
  const server = createServer()
  server.listen(port, host)
  await once(server, 'listening').catch(async (cause: Error) => {
    await ledger.close()
    throw new Error(`SLO service: cannot listen on ${host}:${port} (${cause.message}); choose another port`, {
      cause,
    })
  })
  const url = `http://${host}:${(server.address() as AddressInfo).port}`
  const consoleBaseUrl = (options.consoleBaseUrl ?? url).replace(/\/$/, '')
  server.on(
    'request',
    createApp({ plan, ledger, nowSeconds, tokenFile, runbooksFolder, traceUrl, logger, consoleBaseUrl }),
  )

  const rawSamples = prometheusClient(options.prometheusUrl, signal)
  const valuesAt = prometheusValues(options.prometheusUrl, signal)
  const polling = pollForever({ plan, ledger, rawSamples, valuesAt, nowSeconds, logger, signal })
  const stopped = (async () => {
    if (!signal.aborted) await once(signal, 'abort')
    server.close()
    server.closeAllConnections()
    await polling
    await ledger.close()
  })()
  logger.info({ url, slos: plan.slos.length }, 'the SLO service listens')
  return { url, stopped }
}
