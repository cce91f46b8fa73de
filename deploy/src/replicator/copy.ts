/**
 * Copies one manifest, and everything it refers to, from one registry to another: by digest, because an event comes
 * before its tag can be seen. Copying twice changes nothing. Source: OCI distribution spec 1.1, "Pulling" and "Pushing".
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'

/** Written by the replicator itself: registries repeat it in their events, so that nothing is copied back. */
export const USER_AGENT = 'plimsoll-replicator'

const QUESTION_MS = 5000
const BLOB_MS = 60_000
/** The distribution spec asks registries to take manifests of at least 4 MiB. */
const MANIFEST_MAX_BYTES = 4 * 1_048_576
/** An index of indexes of indexes is somebody's joke. */
const MAX_DEPTH = 3

const ACCEPT = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ')

const descriptor = z.object({ digest: z.string(), size: z.number() })
const manifestSchema = z.object({
  config: descriptor.optional(),
  layers: z.array(descriptor).max(1000).default([]),
  manifests: z.array(descriptor).max(1000).default([]),
})

export type Route = { from: string; to: string; repository: string }
export type Manifest = { mediaType: string; bytes: Buffer }

/**
 * Rejects when either side fails; undefined when the source no longer has the manifest, which asking again will not heal.
 */
export async function copyManifest(
  route: Route,
  digest: string,
  tag?: string,
  depth = 0,
): Promise<Manifest | undefined> {
  const path = `/v2/${route.repository}/manifests`
  const found = await ask(`${route.from}${path}/${digest}`, { headers: { accept: ACCEPT } })
  if (found.status === 404) {
    await found.body?.cancel()
    return undefined
  }
  const mediaType = expect(found, 200).headers.get('content-type') ?? ''
  const bytes = await body(found, digest)
  const { config, layers, manifests } = manifestSchema.parse(JSON.parse(bytes.toString()))
  if (depth >= MAX_DEPTH) throw new Error(`${route.repository}@${digest}: nested deeper than ${MAX_DEPTH}`)
  for (const child of manifests) await copyManifest(route, child.digest, undefined, depth + 1)
  for (const blob of [...layers, ...(config ? [config] : [])]) await copyBlob(route, blob)
  const manifest = { mediaType, bytes }
  for (const reference of tag === undefined ? [digest] : [digest, tag])
    await pointTag(route.to, route.repository, reference, manifest)
  return manifest
}

/** Puts a manifest under a tag, or under its own digest. */
export async function pointTag(
  at: string,
  repository: string,
  reference: string,
  { mediaType, bytes }: Manifest,
): Promise<void> {
  const init = { method: 'PUT', headers: { 'content-type': mediaType }, body: bytes }
  expect(await ask(`${at}/v2/${repository}/manifests/${reference}`, init), 201)
}

/** Of a tag, or of a digest itself; undefined when it is not there. */
export async function digestOf(
  at: string,
  repository: string,
  reference: string,
): Promise<string | undefined> {
  const init = { method: 'HEAD', headers: { accept: ACCEPT } }
  const answer = await ask(`${at}/v2/${repository}/manifests/${reference}`, init)
  if (answer.status === 404) return undefined
  return expect(answer, 200).headers.get('docker-content-digest') ?? undefined
}

/** Deletes by digest; false when it was gone already, which is as good. */
export async function deleteManifest(
  { to, repository }: Pick<Route, 'to' | 'repository'>,
  digest: string,
): Promise<boolean> {
  const answer = await ask(`${to}/v2/${repository}/manifests/${digest}`, { method: 'DELETE' })
  if (answer.status === 404) return false
  expect(answer, 202)
  return true
}

/** Streamed: of a layer of gigabytes a few chunks are in memory. The registry hashes what it stores. */
async function copyBlob(
  { from, to, repository }: Route,
  { digest, size }: z.infer<typeof descriptor>,
): Promise<void> {
  const blob = `/v2/${repository}/blobs/${digest}`
  const present = await ask(`${to}${blob}`, { method: 'HEAD' })
  if (present.status === 200) return
  expect(present, 404)
  const session = expect(await ask(`${to}/v2/${repository}/blobs/uploads/`, { method: 'POST' }), 202)
  const upload = new URL(session.headers.get('location') ?? '', to)
  upload.searchParams.set('digest', digest)
  const found = expect(await ask(`${from}${blob}`, {}, BLOB_MS), 200)
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(size) }
  const init = { method: 'PUT', headers, body: found.body, duplex: 'half' as const }
  expect(await ask(upload.href, init, BLOB_MS), 201)
}

/** A blob's body stays unread; every other answer without one is drained, or its connection would not be used again. */
async function ask(
  url: string,
  init: RequestInit & { duplex?: 'half' },
  ms = QUESTION_MS,
): Promise<Response> {
  const headers = new Headers(init.headers)
  headers.set('user-agent', USER_AGENT)
  const answer = await fetch(url, { ...init, headers, signal: AbortSignal.timeout(ms) })
  if (init.method !== undefined) await answer.arrayBuffer()
  return answer
}

function expect(answer: Response, status: number): Response {
  if (answer.status === status) return answer
  // Without the query: that of an upload holds its session.
  throw new Error(`${answer.url.replace(/\?.*/, '')}: saw ${answer.status}, expected ${status}`)
}

async function body(answer: Response, digest: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length
    if (bytes > MANIFEST_MAX_BYTES) throw new Error(`${answer.url}: more than ${MANIFEST_MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  const whole = Buffer.concat(chunks)
  const seen = `sha256:${createHash('sha256').update(whole).digest('hex')}`
  if (digest.startsWith('sha256:') && seen !== digest)
    throw new Error(`${answer.url}: saw ${seen}, expected ${digest}`)
  return whole
}
