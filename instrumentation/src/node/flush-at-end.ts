/**
 * Hands over the last spans when the process ends, without deciding how it ends: an app with a shutdown of its own
 * keeps it; one without still dies of the signal, at most a second later.
 */

const DEADLINE_MS = 1000
const AGAIN_MS = 200

export function flushAtEnd(flush: () => Promise<void>): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      // `once` has removed this listener by now: any other is the app's.
      if (process.listenerCount(signal) === 0)
        withDeadline(flush).then(() => process.kill(process.pid, signal)) // the default that our listener took away
      // The app drains its requests now, and may call process.exit() at any moment.
      else setInterval(() => flush().catch(() => {}), AGAIN_MS).unref()
    })
  }
  process.once('beforeExit', () => withDeadline(flush))
}

/** Never rejects. Its timer holds the process, which the exporter's sockets do not. */
async function withDeadline(flush: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, DEADLINE_MS)
  })
  await Promise.race([flush().catch(() => {}), deadline])
  clearTimeout(timer)
}
