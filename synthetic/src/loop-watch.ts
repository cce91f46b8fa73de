/** How late the event loop was while a run was under way: a starved prober must not blame its target. */
import { performance } from 'node:perf_hooks'

const TICK_MS = 50

/** Later than this a tick is no noise of timers. */
const NOISE_MS = 20

/**
 * Started now; `stop()` returns how late the loop was since, in seconds, every delay added up: ten of 0.3 s starve a run
 * as one of 3 s does.
 */
export function watchLoop(): { stop(): number } {
  let dueMs = performance.now() + TICK_MS
  let lateMs = 0
  const tick = () => {
    const nowMs = performance.now()
    if (nowMs - dueMs > NOISE_MS) lateMs += nowMs - dueMs
    dueMs = nowMs + TICK_MS
  }
  const timer = setInterval(tick, TICK_MS)
  return {
    stop() {
      clearInterval(timer)
      // The tick that is overdue counts as well.
      tick()
      return lateMs / 1000
    },
  }
}
