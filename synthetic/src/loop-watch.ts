/** How late the event loop was while a run was under way: a starved prober must not blame its target. */
import { performance } from 'node:perf_hooks'

const TICK_MS = 50

/** Started now; `stop()` returns the worst lateness since, in seconds. */
export function watchLoop(): { stop(): number } {
  let dueMs = performance.now() + TICK_MS
  let worstMs = 0
  const tick = () => {
    const nowMs = performance.now()
    worstMs = Math.max(worstMs, nowMs - dueMs)
    dueMs = nowMs + TICK_MS
  }
  const timer = setInterval(tick, TICK_MS)
  return {
    stop() {
      clearInterval(timer)
      // The tick that is overdue counts as well.
      tick()
      return Math.max(0, worstMs) / 1000
    },
  }
}
