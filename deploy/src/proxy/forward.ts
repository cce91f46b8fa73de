/**
 * Passes one HTTP exchange on, streaming both ways. There is no deadline here: when the registry hangs, the client's
 * own deadline must be what ends the exchange, as it would without a proxy. Whichever side leaves, the other is let go.
 */
import { type Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import { answerOciError } from './oci-error.ts'

export type Upstream = { origin: string; agent: Agent; onUnreachable: (error: Error) => void }

/** Headers that belong to one connection and not to the message (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

export function forward(request: IncomingMessage, response: ServerResponse, upstream: Upstream): void {
  const passed = httpRequest(`${upstream.origin}${request.url}`, {
    agent: upstream.agent,
    ...(request.method === undefined ? {} : { method: request.method }),
    headers: requestHeaders(request),
  })
  passed.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer))
    // A body that ends early upstream ends early here too: pipeline destroys the client's connection.
    pipeline(answer, response, () => {})
  })
  passed.on('error', (error) => {
    if (response.destroyed) return
    if (response.headersSent) return void response.destroy()
    upstream.onUnreachable(error)
    answerOciError(response, 502, 'UNAVAILABLE', 'the registry behind this proxy does not answer')
  })
  // The client left, or has its whole answer: what upstream still does for it is of no use.
  response.on('close', () => passed.destroy())
  request.pipe(passed)
}

/** The client's headers with Host as given, so that the registry's Location leads back here. */
function requestHeaders(request: IncomingMessage): string[] {
  const client = request.socket.remoteAddress ?? 'unknown'
  const before = request.headers['x-forwarded-for']
  const kept = endToEnd(request, ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'])
  // Without a length the body is passed in chunks, as it came.
  const chunked = request.headers['transfer-encoding'] ? ['transfer-encoding', 'chunked'] : []
  return [
    ...kept,
    ...chunked,
    ...['x-forwarded-for', before ? `${before}, ${client}` : client],
    ...['x-forwarded-host', request.headers.host ?? ''],
    ...['x-forwarded-proto', 'http'],
  ]
}

/** Name and value in turn, in their order and spelling, without those of the connection. */
function endToEnd(message: IncomingMessage, also: string[] = []): string[] {
  const named = (message.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase())
  const dropped = new Set([...HOP_BY_HOP, ...named, ...also])
  return message.rawHeaders.flatMap((name, index, all) =>
    index % 2 === 0 && !dropped.has(name.toLowerCase()) ? [name, all[index + 1] ?? ''] : [],
  )
}
