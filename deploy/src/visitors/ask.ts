/** One request of a simulated user: honest about who asks, traced, with a deadline, its answer read to the end. */
import { randomBytes } from 'node:crypto'

const DEADLINE_MS = 10_000

export async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  headers.set('user-agent', 'plimsoll-visitors')
  headers.set('traceparent', traceparent())
  const response = await fetch(url, { ...init, headers, signal: AbortSignal.timeout(DEADLINE_MS) })
  await response.arrayBuffer()
  return response
}

/** A new trace, sampled. Source: W3C Trace Context. */
function traceparent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`
}
