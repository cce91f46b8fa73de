/** Repeats work on a grid of slots: no drift, never two at once, a slot that was missed is left out. */
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

export type Clock = {
  /** Monotonic. */
  nowMs(): number
  /** Resolves when the time is over or the signal says stop; never rejects. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }).catch(() => {}),
}

export type Schedule = {
  intervalSeconds: number
  /** Each start is later than its slot by 0 to this many seconds, so that probers do not march in step. */
  jitterSeconds: number
  clock: Clock
  /** [0, 1). */
  random: () => number
}

/** Returns when the signal says stop and the work under way has ended. `work` must not throw. */
export async function repeat(
  work: () => Promise<void>,
  schedule: Schedule,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random } = schedule
  const intervalMs = schedule.intervalSeconds * 1000
  const originMs = clock.nowMs()
  for (let slot = 0; ; ) {
    const dueMs = originMs + slot * intervalMs + random() * schedule.jitterSeconds * 1000
    await clock.sleep(Math.max(0, dueMs - clock.nowMs()), signal)
    if (signal.aborted) return
    await work()
    slot = Math.max(slot, Math.floor((clock.nowMs() - originMs) / intervalMs)) + 1
  }
}
