/**
 * One HTTP exchange over node:http(s), timed by socket events and hashed byte by byte.
 * `fetch` reports no DNS and connect times, and a kept-alive connection hides DNS, TCP and TLS: hence `connection`.
 */
import { createHash, type Hash } from 'node:crypto'
import {
  type Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http'
import { request as httpsRequest, type Agent as SecureAgent } from 'node:https'
import { performance } from 'node:perf_hooks'
import type { Phase } from '@plimsoll/instrumentation'
import type { Digest } from './digest.ts'
import type { Failure } from './error.ts'

/** Kept of a body in memory: manifests of a canary, tokens and error bodies are far smaller. */
export const KEPT_BODY_BYTES = 65_536

export type Exchange = {
  method: string
  url: URL
  headers: Record<string, string>
  body?: Buffer | undefined
  /** A longer body ends the exchange as a protocol failure. */
  maxBytes: number
  algorithm: Digest['algorithm']
}

export type Answer = {
  status: number
  headers: IncomingHttpHeaders
  /** Of the whole body. */
  digest: Digest
  bytes: number
  /** The first `KEPT_BODY_BYTES` of the body. */
  body: Buffer
}

/** Seconds. `first_byte` runs from the ready connection to the answer's headers, the request's body included. */
export type Timing = {
  durationSeconds: number
  connection?: 'new' | 'reused'
  phases: Partial<Record<Phase, number>>
}

/** `status` is there as soon as the headers of an answer were. */
export type Exchanged = { timing: Timing; bytes: number; status?: number | undefined } & (
  | { answer: Answer; failure?: undefined }
  | { answer?: undefined; failure: Failure }
)

export type Agents = { http: Agent; https: SecureAgent }

/** Never rejects: whatever happens is in the result. A signal ends it at any point, at once. */
export function exchange(what: Exchange, agents: Agents, signal: AbortSignal): Promise<Exchanged> {
  return new Promise((resolve) => {
    const stopwatch = new Stopwatch()
    const body = new Body(what)
    let request: ClientRequest | undefined
    let answer: IncomingMessage | undefined

    let settled = false
    const settle = (outcome: { answer: Answer } | { failure: Failure }) => {
      if (settled) return
      settled = true
      signal.removeEventListener('abort', abort)
      if ('failure' in outcome) request?.destroy()
      resolve({ timing: stopwatch.stop(), bytes: body.bytes, status: answer?.statusCode, ...outcome })
    }
    const fail = (failure: Failure) => settle({ failure })
    const abort = () => fail(abortFailure(signal))
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })

    try {
      request = start(what, agents)
    } catch (error) {
      return fail({ kind: 'network', code: codeOf(error) })
    }
    stopwatch.watch(request)
    // A reset shows here with Node's code, even while the body is read; the answer's own error comes after it.
    request.on('error', (error) => fail({ kind: 'network', code: codeOf(error) }))
    request.on('response', (incoming) => {
      answer = incoming
      stopwatch.firstByte()
      incoming.on('data', (chunk: Buffer) => {
        if (!body.add(chunk))
          fail({ kind: 'protocol', saw: 'a longer body', expected: `at most ${what.maxBytes} bytes` })
      })
      incoming.on('end', () => settle({ answer: body.answer(incoming) }))
      // The peer closed before the body was complete: the next turn lets a reset be told first.
      incoming.on('error', () => setImmediate(() => fail(body.truncation(incoming))))
    })
    request.end(what.body)
  })
}

/** Which of the two ended the run: its deadline (`AbortSignal.timeout`) or the one who asked. */
function abortFailure(signal: AbortSignal): Failure {
  return { kind: signal.reason?.name === 'TimeoutError' ? 'deadline' : 'cancelled' }
}

function start(what: Exchange, agents: Agents): ClientRequest {
  const length = what.body ? { 'content-length': String(what.body.length) } : {}
  const options = { method: what.method, headers: { ...what.headers, ...length } }
  return what.url.protocol === 'https:'
    ? httpsRequest(what.url, { ...options, agent: agents.https })
    : httpRequest(what.url, { ...options, agent: agents.http })
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'UNKNOWN'
}

/** Hashes every byte, keeps the first of them, and knows when it is too long or too short. */
class Body {
  bytes = 0
  readonly #what: Exchange
  readonly #hash: Hash
  readonly #kept: Buffer[] = []

  constructor(what: Exchange) {
    this.#what = what
    this.#hash = createHash(what.algorithm)
  }

  /** False when the body has become too long. */
  add(chunk: Buffer): boolean {
    if (this.bytes < KEPT_BODY_BYTES) this.#kept.push(chunk.subarray(0, KEPT_BODY_BYTES - this.bytes))
    this.bytes += chunk.length
    this.#hash.update(chunk)
    return this.bytes <= this.#what.maxBytes
  }

  answer(incoming: IncomingMessage): Answer {
    const digest = { algorithm: this.#what.algorithm, hex: this.#hash.digest('hex') }
    const { statusCode: status = 0, headers } = incoming
    return { status, headers, digest, bytes: this.bytes, body: Buffer.concat(this.#kept) }
  }

  truncation(incoming: IncomingMessage): Failure {
    const length = Number(incoming.headers['content-length'])
    return {
      kind: 'truncated',
      receivedBytes: this.bytes,
      ...(Number.isSafeInteger(length) ? { expectedBytes: length } : {}),
    }
  }
}

class Stopwatch {
  readonly #startMs = performance.now()
  readonly #phases: Timing['phases'] = {}
  #connection: Timing['connection']
  /** When the last finished phase ended. */
  #lapMs = this.#startMs
  #answered = false

  watch(request: ClientRequest): void {
    request.once('socket', (socket) => {
      this.#connection = request.reusedSocket ? 'reused' : 'new'
      // Waiting for a socket belongs to no phase.
      this.#lapMs = performance.now()
      if (!socket.connecting) return
      socket.once('lookup', () => this.#lap('dns'))
      socket.once('connect', () => this.#lap('tcp'))
      socket.once('secureConnect', () => this.#lap('tls'))
    })
  }

  firstByte(): void {
    this.#lap('first_byte')
    this.#answered = true
  }

  stop(): Timing {
    if (this.#answered) this.#lap('transfer')
    const durationSeconds = (performance.now() - this.#startMs) / 1000
    const connection = this.#connection ? { connection: this.#connection } : {}
    return { durationSeconds, ...connection, phases: { ...this.#phases } }
  }

  #lap(phase: Phase): void {
    const nowMs = performance.now()
    this.#phases[phase] = (nowMs - this.#lapMs) / 1000
    this.#lapMs = nowMs
  }
}
