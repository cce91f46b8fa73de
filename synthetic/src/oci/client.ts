/**
 * A client of the OCI distribution-spec that measures: one attempt per question and never a retry, because one
 * attempt is one event of the SLI. Every exchange is told to `onStep`; every body is hashed, because a registry
 * with a rotten disk answers 200 with the right Docker-Content-Digest and the wrong bytes.
 */
import { Agent } from 'node:http'
import { Agent as SecureAgent } from 'node:https'
import { SYNTHETIC_HEADER } from '@plimsoll/instrumentation'
import type { ProbeStep } from '@plimsoll/instrumentation/envelope'
import type { Credentials } from '../credentials.ts'
import type { Step } from '../steps.ts'
import { basicAuthorization, parseChallenge, parseToken, tokenUrl } from './auth.ts'
import { type Digest, formatDigest, parseDigest, sameDigest } from './digest.ts'
import { type Failure, OciError, ociCodeOf, type Side } from './error.ts'
import { type Agents, type Answer, exchange } from './exchange.ts'
import { manifestPath, type Reference } from './reference.ts'

export type Descriptor = { mediaType: string; digest: Digest; sizeBytes: number }
export type Content = Descriptor & { bytes: Buffer }

export type ClientOptions = {
  registry: URL
  /** Said with every failure; default `target`. */
  side?: Side
  /** Answered only to a challenge, and only to the registry or the token server that it names. */
  credentials?: Credentials | undefined
  /** What a token is asked for, e.g. `repository:plimsoll/canary:pull,push,delete`. */
  scope: string
  /** W3C Trace Context, sent with every request. */
  traceparent: string
  /** Ends every exchange at any point: the run's deadline. */
  signal: AbortSignal
  onStep: (step: ProbeStep) => void
}

/** Both families: a registry that is asked for Docker's types alone answers an OCI tag with 404. */
const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ')

/** The distribution-spec asks registries to take manifests of at least 4 MiB. */
const MANIFEST_MAX_BYTES = 4 * 1_048_576
/** Error bodies, tokens and other answers whose size nobody announced. */
const ANSWER_MAX_BYTES = 65_536
const MAX_REDIRECTS = 5

type Question = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: URL
  headers?: Record<string, string>
  body?: Buffer
  maxBytes?: number
  algorithm?: Digest['algorithm']
  expected: number[]
}

export class RegistryClient {
  readonly #options: ClientOptions
  /** Shared with clients made by `under`. A fresh pool per run: its first exchange connects anew. */
  readonly #session: { agents: Agents; authorization?: string }

  constructor(options: ClientOptions, session?: { agents: Agents; authorization?: string }) {
    this.#options = options
    this.#session = session ?? {
      agents: { http: new Agent({ keepAlive: true }), https: new SecureAgent({ keepAlive: true }) },
    }
  }

  /** The same connections and authorization under another deadline, unrecorded: for cleaning up. */
  under(signal: AbortSignal): RegistryClient {
    return new RegistryClient({ ...this.#options, signal, onStep: () => {} }, this.#session)
  }

  /** The same, recorded, with a deadline of its own within that of the run. */
  within(seconds: number): RegistryClient {
    const signal = AbortSignal.any([this.#options.signal, AbortSignal.timeout(seconds * 1000)])
    return new RegistryClient({ ...this.#options, signal }, this.#session)
  }

  close(): void {
    this.#session.agents.http.destroy()
    this.#session.agents.https.destroy()
  }

  async ping(): Promise<void> {
    await this.#ask('ping', { method: 'GET', url: this.#url('/v2/'), expected: [200] })
  }

  /** Monolithic upload, POST then PUT: registries that lack the single POST all have this. */
  async pushBlob(repository: string, blob: Content): Promise<void> {
    const startUrl = this.#url(`/v2/${repository}/blobs/uploads/`)
    const started = await this.#ask('start-upload', { method: 'POST', url: startUrl, expected: [202] })
    const url = this.#location('start-upload', 'POST', startUrl, started)
    // Appended as text: parsing the query would write the registry's own upload state anew.
    url.search += `${url.search ? '&' : '?'}digest=${encodeURIComponent(formatDigest(blob.digest))}`
    const headers = { 'content-type': 'application/octet-stream' }
    const pushed = await this.#ask('push-blob', {
      method: 'PUT',
      url,
      headers,
      body: blob.bytes,
      expected: [201],
    })
    this.#checkHeader('push-blob', 'PUT', url, pushed, blob.digest)
  }

  async pushManifest(reference: Reference, manifest: Content): Promise<void> {
    const url = this.#url(manifestPath(reference))
    const headers = { 'content-type': manifest.mediaType }
    const body = manifest.bytes
    const pushed = await this.#ask('push-manifest', { method: 'PUT', url, headers, body, expected: [201] })
    this.#checkHeader('push-manifest', 'PUT', url, pushed, manifest.digest)
  }

  async pullManifest(step: Step, reference: Reference, digest: Digest): Promise<void> {
    const url = this.#url(manifestPath(reference))
    const headers = { accept: MANIFEST_TYPES }
    const { algorithm } = digest
    const question = { method: 'GET', url, headers, maxBytes: MANIFEST_MAX_BYTES, algorithm } as const
    const answer = await this.#ask(step, { ...question, expected: [200] })
    this.#checkBody(step, url, answer, digest)
    this.#checkHeader(step, 'GET', url, answer, digest)
  }

  async pullBlob(repository: string, blob: Descriptor): Promise<void> {
    const url = this.#url(`/v2/${repository}/blobs/${formatDigest(blob.digest)}`)
    const maxBytes = Math.max(blob.sizeBytes, ANSWER_MAX_BYTES)
    const { algorithm } = blob.digest
    const answer = await this.#ask('pull-blob', { method: 'GET', url, maxBytes, algorithm, expected: [200] })
    // Shorter than anybody announced is a broken transfer; shorter as announced is other bytes.
    if (answer.bytes < blob.sizeBytes && Number(answer.headers['content-length']) !== answer.bytes)
      throw this.#error('pull-blob', 'GET', url, {
        kind: 'truncated',
        receivedBytes: answer.bytes,
        expectedBytes: blob.sizeBytes,
      })
    this.#checkBody('pull-blob', url, answer, blob.digest)
  }

  async deleteManifest(repository: string, digest: Digest): Promise<void> {
    const url = this.#url(manifestPath({ repository, digest }))
    await this.#ask('delete-manifest', { method: 'DELETE', url, expected: [202, 200, 204] })
  }

  async verifyDeleted(repository: string, digest: Digest): Promise<void> {
    const url = this.#url(manifestPath({ repository, digest }))
    const headers = { accept: MANIFEST_TYPES }
    const question = { method: 'GET', url, headers, maxBytes: MANIFEST_MAX_BYTES } as const
    const answer = await this.#ask('verify-deleted', { ...question, expected: [404, 200] })
    if (answer.status === 200) throw this.#error('verify-deleted', 'GET', url, { kind: 'still-present' })
  }

  /** Of the first `KEPT_BODY_BYTES` of the answer: docker-registry has no pages of tags. None when there is no such repository. */
  async listTags(repository: string): Promise<string[]> {
    const url = this.#url(`/v2/${repository}/tags/list`)
    const question = { method: 'GET', url, maxBytes: MANIFEST_MAX_BYTES } as const
    const answer = await this.#ask('list-tags', { ...question, expected: [200, 404] })
    if (answer.status === 404) return []
    const [, listed = ''] = /"tags"\s*:\s*\[([^\]]*)/.exec(answer.body.toString('latin1')) ?? []
    return [...listed.matchAll(/"([\w.-]{1,128})"/g)].map(([, tag = '']) => tag)
  }

  /** Deletes the manifest of a tag, and with it the tag; false when there is none. */
  async deleteTagged(reference: { repository: string; tag: string }): Promise<boolean> {
    const url = this.#url(manifestPath(reference))
    const headers = { accept: MANIFEST_TYPES }
    const question = { method: 'GET', url, headers, maxBytes: MANIFEST_MAX_BYTES } as const
    const answer = await this.#ask('pull-tag', { ...question, expected: [200, 404] })
    if (answer.status === 404) return false
    await this.deleteManifest(reference.repository, answer.digest)
    return true
  }

  /** Answers a challenge once per run, and follows redirects of a GET. */
  async #ask(step: Step, question: Question, redirects = 0): Promise<Answer> {
    const answer = await this.#send(step, question, this.#headersFor(question))
    if (question.expected.includes(answer.status)) return answer
    if (answer.status === 401 && !this.#session.authorization && this.#atRegistry(question.url)) {
      const authorization = await this.#authorize(answer, question.url)
      if (authorization) {
        this.#session.authorization = authorization
        return this.#ask(step, question, redirects)
      }
    }
    if (question.method === 'GET' && [301, 302, 303, 307, 308].includes(answer.status)) {
      const url = this.#location(step, question.method, question.url, answer)
      if (redirects < MAX_REDIRECTS) return this.#ask(step, { ...question, url }, redirects + 1)
      const expected = `at most ${MAX_REDIRECTS} redirects`
      throw this.#error(step, question.method, url, { kind: 'protocol', saw: 'one more redirect', expected })
    }
    const ociCode = ociCodeOf(answer.body)
    const expected = question.expected.join(' or ')
    const failure: Failure = {
      kind: 'status',
      status: answer.status,
      expected,
      ...(ociCode ? { ociCode } : {}),
    }
    throw this.#error(step, question.method, question.url, failure)
  }

  async #send(step: Step, question: Question, headers: Record<string, string>): Promise<Answer> {
    const { method, url, body, maxBytes = ANSWER_MAX_BYTES, algorithm = 'sha256' } = question
    const what = { method, url, headers, body, maxBytes, algorithm }
    const exchanged = await exchange(what, this.#session.agents, this.#options.signal)
    const { timing, bytes, answer, status } = exchanged
    this.#options.onStep({
      step,
      ...timing,
      ...(status ? { statusCode: status } : {}),
      bytes: body?.length || bytes,
    })
    if (!answer) throw this.#error(step, method, url, exchanged.failure)
    return answer
  }

  #headersFor(question: Question): Record<string, string> {
    const { authorization } = this.#session
    return {
      ...this.#commonHeaders(),
      ...question.headers,
      // Never to the host of a CDN or of an upload elsewhere.
      ...(authorization && this.#atRegistry(question.url) ? { authorization } : {}),
    }
  }

  #commonHeaders(): Record<string, string> {
    return {
      'user-agent': 'plimsoll-synthetic',
      // Bytes as stored: the digest is of those.
      'accept-encoding': 'identity',
      [SYNTHETIC_HEADER]: 'true',
      traceparent: this.#options.traceparent,
    }
  }

  /** Undefined when the challenge cannot be answered with what we have. */
  async #authorize(challenged: Answer, at: URL): Promise<string | undefined> {
    const { credentials, scope } = this.#options
    const challenge = parseChallenge(challenged.headers['www-authenticate'])
    if (!challenge)
      throw this.#error('auth', 'GET', at, {
        kind: 'protocol',
        saw: '401 without a challenge that can be answered',
        expected: 'WWW-Authenticate with Basic, or Bearer and its realm',
      })
    if (challenge.scheme === 'basic') return credentials && basicAuthorization(credentials)
    const url = tokenUrl(challenge, scope)
    if (credentials && at.protocol === 'https:' && url.protocol === 'http:')
      throw this.#error('auth', 'GET', url, {
        kind: 'protocol',
        saw: 'a token server without TLS',
        expected: 'https, as the registry itself: credentials stay unsent',
      })
    const headers = {
      ...this.#commonHeaders(),
      ...(credentials ? { authorization: basicAuthorization(credentials) } : {}),
    }
    const answer = await this.#send('auth', { method: 'GET', url, expected: [200] }, headers)
    if (answer.status !== 200)
      throw this.#error('auth', 'GET', url, { kind: 'status', status: answer.status, expected: '200' })
    const token = parseToken(answer.body)
    if (token) return `Bearer ${token}`
    throw this.#error('auth', 'GET', url, {
      kind: 'protocol',
      saw: 'no usable token',
      expected: 'JSON with "token" or "access_token"',
    })
  }

  /** Relative or absolute, as RFC 9110 allows. */
  #location(step: Step, method: string, from: URL, answer: Answer): URL {
    const { location } = answer.headers
    if (location && URL.canParse(location, from.href)) {
      const url = new URL(location, from)
      if (url.protocol === 'http:' || url.protocol === 'https:') return url
    }
    const saw = location ? 'a Location that is no http URL' : `${answer.status} without a Location`
    throw this.#error(step, method, from, { kind: 'protocol', saw, expected: 'a relative or absolute URL' })
  }

  #checkBody(step: Step, url: URL, answer: Answer, expected: Digest): void {
    if (sameDigest(answer.digest, expected)) return
    const saw = `${answer.bytes} bytes with ${formatDigest(answer.digest)}`
    throw this.#error(step, 'GET', url, { kind: 'digest', expected, saw })
  }

  /** The header is optional in the distribution-spec; when it is there it must tell the truth. */
  #checkHeader(step: Step, method: string, url: URL, answer: Answer, expected: Digest): void {
    const header = answer.headers['docker-content-digest']
    if (header === undefined) return
    try {
      if (sameDigest(parseDigest(String(header)), expected)) return
    } catch {
      const saw = 'a Docker-Content-Digest that is no digest'
      throw this.#error(step, method, url, { kind: 'protocol', saw, expected: formatDigest(expected) })
    }
    throw this.#error(step, method, url, { kind: 'digest', expected, saw: `Docker-Content-Digest ${header}` })
  }

  /** What a question by this client fails with, for a flow that asked it often enough. */
  notReplicated(reference: Reference, afterSeconds: number): OciError {
    const failure = { kind: 'not-replicated', afterSeconds } as const
    return this.#error('find-copy', 'GET', this.#url(manifestPath(reference)), failure)
  }

  #atRegistry(url: URL): boolean {
    return url.origin === this.#options.registry.origin
  }

  #url(path: string): URL {
    return new URL(path, this.#options.registry)
  }

  #error(step: Step, method: string, url: URL, failure: Failure): OciError {
    return new OciError(step, method, url, failure, this.#options.side)
  }
}
