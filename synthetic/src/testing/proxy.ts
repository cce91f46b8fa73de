/** A proxy before a registry that can break any of its answers. */
import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

export type Reply = { status: number; headers: IncomingHttpHeaders; body: Buffer }

/** Answers itself, or lets the registry answer and perhaps edits that. */
export type Fault = (
  question: IncomingMessage,
  response: ServerResponse,
  pass: (edit?: (reply: Reply) => void) => void,
) => void

export type FaultProxy = {
  url: string
  /** `METHOD path` of every request so far, with its headers. */
  seen: { line: string; headers: IncomingHttpHeaders }[]
  stop: () => Promise<void>
}

export async function startProxy(upstream: string, fault: Fault): Promise<FaultProxy> {
  const seen: FaultProxy['seen'] = []
  const server = createServer((question, response) => {
    seen.push({ line: `${question.method} ${question.url}`, headers: question.headers })
    response.on('error', () => {})
    fault(question, response, (edit) => forward(upstream, question, response, edit))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, stop }
}

/** The host is passed on, so that the registry's Location headers point at the proxy. */
function forward(
  upstream: string,
  question: IncomingMessage,
  response: ServerResponse,
  edit: (reply: Reply) => void = () => {},
): void {
  const { method, headers } = question
  const onward = request(new URL(question.url ?? '/', upstream), { method, headers, agent: false })
  onward.on('error', () => response.destroy())
  onward.on('response', async (incoming) => {
    const body = await buffer(incoming)
    const reply = { status: incoming.statusCode ?? 502, headers: { ...incoming.headers }, body }
    delete reply.headers.connection
    edit(reply)
    response.writeHead(reply.status, reply.headers).end(reply.body)
  })
  question.pipe(onward)
}
