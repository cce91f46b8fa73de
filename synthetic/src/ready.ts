/** A prober that starts with its target must not count the target's start as an outage. */
import { Agent } from 'node:http'
import { Agent as SecureAgent } from 'node:https'
import { SYNTHETIC_HEADER } from '@plimsoll/instrumentation'
import { exchange } from './oci/exchange.ts'
import { type Clock, systemClock } from './schedule.ts'

const ATTEMPT_SECONDS = 2
const PAUSE_MS = 250

/** True once `GET /v2/` answers anything below 500; false after the time, or when the signal says stop. */
export async function waitUntilReady(
  registry: URL,
  options: { signal: AbortSignal; timeoutSeconds?: number; clock?: Clock },
): Promise<boolean> {
  const { signal, timeoutSeconds = 60, clock = systemClock } = options
  const untilMs = clock.nowMs() + timeoutSeconds * 1000
  while (!signal.aborted) {
    if (await answers(registry, signal)) return true
    if (clock.nowMs() >= untilMs) return false
    await clock.sleep(PAUSE_MS, signal)
  }
  return false
}

async function answers(registry: URL, signal: AbortSignal): Promise<boolean> {
  const agents = { http: new Agent(), https: new SecureAgent() }
  const what = {
    method: 'GET',
    url: new URL('/v2/', registry),
    headers: { [SYNTHETIC_HEADER]: 'true' },
    maxBytes: 65_536,
    algorithm: 'sha256' as const,
  }
  const attempt = AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_SECONDS * 1000)])
  const { answer } = await exchange(what, agents, attempt)
  return answer !== undefined && answer.status < 500
}
