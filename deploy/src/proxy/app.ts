/** The fault proxy: clients reach a registry through it, and it plays the registry's bad days. */
import { Agent, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { CONTROL_PATH, control } from './control.ts'
import type { FaultSwitch } from './fault.ts'
import { forward, type Upstream } from './forward.ts'
import { answerOciError } from './oci-error.ts'

export type ProxyParts = { upstream: string; faults: FaultSwitch; faultsToken: string; log: Logger }

export function proxyServer({ upstream: origin, faults, faultsToken, log }: ProxyParts): Server {
  const upstream: Upstream = {
    origin,
    agent: new Agent({ keepAlive: true }),
    onUnreachable: (error) => log.warn({ err: error, upstream: origin }, 'registry unreachable'),
  }
  const server = createServer((request, response) => {
    // A client may leave at any time; what is left of its exchange ends with it.
    response.on('error', () => {})
    request.on('error', () => {})
    if (request.url === CONTROL_PATH) {
      control(request, response, faults, faultsToken).then(
        () =>
          log.info({ method: request.method, status: response.statusCode, fault: faults.fault }, 'control'),
        () => response.destroy(),
      )
    } else meet(request, response, faults, upstream)
  })
  // An upload into a registry that hangs is ended by the client, not by a deadline of ours.
  server.requestTimeout = 0
  server.on('close', () => upstream.agent.destroy())
  return server
}

function meet(
  request: IncomingMessage,
  response: ServerResponse,
  faults: FaultSwitch,
  upstream: Upstream,
): void {
  const fault = faults.draw()
  switch (fault.mode) {
    case 'none':
      forward(request, response, upstream)
      break
    case 'slow': {
      const waiting = setTimeout(() => forward(request, response, upstream), fault.delaySeconds * 1000)
      response.on('close', () => clearTimeout(waiting))
      break
    }
    case 'errors':
      request.resume()
      answerOciError(response, 500, 'UNKNOWN', 'unknown error: broken on purpose')
      break
    case 'throttle':
      request.resume()
      answerOciError(response, 429, 'TOOMANYREQUESTS', 'too many requests: throttled on purpose', {
        'retry-after': String(fault.retryAfterSeconds),
      })
      break
    case 'reset':
      request.socket.resetAndDestroy()
      break
    case 'hang':
      request.resume()
  }
}
