/** The life of a small HTTP process: it listens on 127.0.0.1 and ends promptly when told to. */
import type { Server } from 'node:http'
import { flushCompileCache } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'

const HOST = '127.0.0.1'

/** Exit code of a process that could not begin: the port is taken. */
const COULD_NOT_START = 3

/** Longer than a client's pause between two requests, or a reused connection would race with its closing. */
const KEEP_ALIVE_MS = 75_000

/** Listens on `port` (0: a free one) and resolves to the port. */
export async function listen(server: Server, port: number): Promise<number> {
  server.keepAliveTimeout = KEEP_ALIVE_MS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, HOST, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return (server.address() as AddressInfo).port
}

/** Ends every connection, also those in use, and resolves when the port is free. */
export async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await closed
}

/**
 * Serves until SIGTERM or SIGINT, then calls `onStop`. The process ends by having nothing left to do, so that
 * instrumentation can send its last spans. A port that is taken ends it with one line.
 */
export async function serve(server: Server, port: number, log: Logger, onStop = () => {}): Promise<void> {
  const stop = async (signal: string) => {
    log.info({ signal }, 'stopping')
    await close(server)
    onStop()
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  try {
    log.info({ port: await listen(server, port) }, 'listening')
    // Else it is written at the end, which a process that is killed does not see. Does nothing where there is no cache.
    flushCompileCache()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    process.stderr.write(`port ${port} on ${HOST}: ${code}; free it or choose another PORT\n`)
    process.exit(COULD_NOT_START)
  }
}
