/** Keeps the ledger up with Prometheus: one round every 15 s, and a prune a day. Never throws; says so once. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Ledger } from '../ledger/index.ts'
import type { CountedPlan } from './counted-plan.ts'
import { metrics } from './metrics.ts'
import { readGauge } from './sources/gauge.ts'
import { readSlo, sharingAnswers } from './sources/prometheus.ts'
import type { RawSamples, ValuesAt } from './sources/prometheus-client.ts'
import { keepOf } from './windows.ts'

const ROUND_MS = 15_000
const PRUNE_EVERY_SECONDS = 86_400
/**
 * Selectors are asked one after the other. A scrape that is being stored meanwhile would be in one answer and not
 * in the next, and errors would show without their successes until the next round: so stay behind it.
 */
const STAY_BEHIND_SECONDS = 5

export type Poller = {
  plan: CountedPlan
  ledger: Ledger
  rawSamples: RawSamples
  valuesAt: ValuesAt
  nowSeconds: () => number
  logger: Logger
  signal: AbortSignal
}

/** Resolves when the signal is aborted and the round in progress has ended. */
export async function pollForever(poller: Poller): Promise<void> {
  const { plan, ledger, nowSeconds, logger, signal } = poller
  let unreadable = new Set<string>()
  let prunedAt = 0
  while (!signal.aborted) {
    unreadable = await pollOnce(poller, unreadable)
    if (nowSeconds() - prunedAt > PRUNE_EVERY_SECONDS) {
      await ledger
        .prune(nowSeconds(), keepOf(plan, nowSeconds()))
        .catch((error: unknown) => logger.error({ err: error }, 'cannot prune the ledger'))
      prunedAt = nowSeconds()
    }
    await sleep(ROUND_MS, undefined, { signal }).catch(() => undefined)
  }
}

/** Returns the SLOs that could not be read. One that fails does not hold up the others. */
async function pollOnce(
  { plan, ledger, rawSamples, valuesAt, nowSeconds, logger, signal }: Poller,
  unreadableBefore: Set<string>,
): Promise<Set<string>> {
  const unreadable = new Set<string>()
  const shared = sharingAnswers(rawSamples)
  const readTo = Math.floor(nowSeconds()) - STAY_BEHIND_SECONDS
  for (const slo of plan.slos.filter(({ source }) => source.kind === 'prometheus')) {
    if (signal.aborted) return unreadable
    try {
      if (slo.indicator.kind === 'threshold') await readGauge(slo, ledger, valuesAt, readTo)
      else await readSlo(slo, ledger, shared, readTo)
      if (unreadableBefore.has(slo.slo))
        logger.info({ slo: slo.slo }, 'reads from Prometheus again; nothing was lost')
    } catch (error) {
      if (signal.aborted) return unreadable
      unreadable.add(slo.slo)
      if (!unreadableBefore.has(slo.slo))
        logger.warn(
          { slo: slo.slo, reason: (error as Error).message },
          'cannot read from Prometheus; its time is unseen until it answers',
        )
    }
  }
  metrics.readings.inc({ outcome: unreadable.size === 0 ? 'ok' : 'failed' })
  if (unreadable.size === 0) metrics.readTo.set(readTo)
  return unreadable
}
