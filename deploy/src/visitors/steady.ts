/** Something that simulated users do over and over, at a steady, low rate that nobody has to type. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'

/** Slow answers do not slow the users down; but past this many at once new ones stay away. */
const MAX_UNDER_WAY = 50
const LOG_EVERY_SECONDS = 60

export type Steady = { what: string; perSecond: number; random: () => number; log: Logger }

/**
 * Acts until aborted; `act` says whether the user got what was asked for, and failing says no. Users come on their own
 * time: pauses vary from half the mean to one and a half.
 */
export async function steadily(
  { what, perSecond, random, log }: Steady,
  act: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const seen = { done: 0, failed: 0, stayedAway: 0 }
  let underWay = 0
  const reporting = setInterval(() => {
    log.info({ ...seen }, `simulated ${what} so far`)
  }, LOG_EVERY_SECONDS * 1000)
  while (!signal.aborted) {
    await sleep(((0.5 + random()) / perSecond) * 1000, undefined, { signal }).catch(() => {})
    if (signal.aborted) break
    if (underWay >= MAX_UNDER_WAY) {
      seen.stayedAway++
      continue
    }
    underWay++
    seen.done++
    act()
      .catch(() => false)
      .then((answered) => {
        underWay--
        if (!answered) seen.failed++
      })
  }
  clearInterval(reporting)
}
