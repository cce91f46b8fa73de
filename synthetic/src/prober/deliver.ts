/** Sends the spool to the ledger, in order, each envelope whole and again until it is acknowledged. */
import { readFile } from 'node:fs/promises'
import type { Clock } from '../schedule.ts'
import type { Spool } from './spool.ts'

export type Delivery = {
  spool: Spool
  ledgerUrl: string
  tokenFile: string
  clock: Clock
  random: () => number
  /** After every attempt: whether the ledger has acknowledged everything it could. */
  onAttempt: (delivered: boolean) => void
  /** Why an envelope waits or was set aside; no secret in it. */
  onProblem: (message: string) => void
}

const ATTEMPT_SECONDS = 10
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 10_000

/** Until the signal says stop. */
export async function keepDelivering(delivery: Delivery, signal: AbortSignal): Promise<void> {
  const { spool, clock, random, onAttempt } = delivery
  let pauseMs = FIRST_PAUSE_MS
  while (!signal.aborted) {
    const delivered = await deliverPending(delivery, signal)
    if (signal.aborted) return
    onAttempt(delivered)
    if (delivered) {
      pauseMs = FIRST_PAUSE_MS
      await spool.changed(signal)
    } else {
      // Between half and all of it: probers that lost the ledger together do not return together.
      await clock.sleep(pauseMs * (0.5 + random() / 2), signal)
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
    }
  }
}

/** True when nothing is left, false when the rest must wait. Never rejects. */
export async function deliverPending(delivery: Delivery, signal: AbortSignal): Promise<boolean> {
  const { spool, onProblem } = delivery
  try {
    for (;;) {
      const envelope = await spool.oldest()
      if (!envelope) return true
      const status = await post(delivery, envelope.body, signal)
      if (status >= 200 && status < 300) await spool.acknowledge(envelope.name)
      else if (status === 400 || status === 422)
        onProblem(
          `the ledger refused an envelope with ${status}: set aside as ${await spool.refuse(envelope.name)}`,
        )
      else {
        onProblem(`the ledger answered ${status}, expected 200: ${spool.pending} envelopes wait`)
        return false
      }
    }
  } catch (error) {
    if (!signal.aborted)
      onProblem(`the ledger was not reached (${causeOf(error)}): ${spool.pending} envelopes wait`)
    return false
  }
}

async function post({ ledgerUrl, tokenFile }: Delivery, body: string, signal: AbortSignal): Promise<number> {
  const token = (await readFile(tokenFile, 'utf8')).trim()
  const response = await fetch(new URL('/api/v1/envelopes', ledgerUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body,
    redirect: 'error', // the token is for this host alone
    signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_SECONDS * 1000)]),
  })
  await response.body?.cancel()
  return response.status
}

/** A code, not a message: fetch quotes a malformed header, token and all. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const from = error.cause instanceof Error ? error.cause : error
  return 'code' in from && typeof from.code === 'string' ? from.code : from.name
}
