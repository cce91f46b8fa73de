/**
 * What a registry tells the hub and the replicator: the notification envelope of docker-registry (distribution 2.8,
 * "Work with notifications"), one event per manifest or tag that changed.
 */
import { z } from 'zod'

export const NOTIFICATION_TYPE = 'application/vnd.docker.distribution.events.v1+json'

/** Largest envelope read, bytes. The registry sends one event at a time, about 1 KiB, more with many layers. */
export const NOTIFICATION_MAX_BYTES = 1_048_576

/** One change in one region. `at` is the registry's clock, microseconds since 1970. */
export type RegistryEvent =
  | {
      kind: 'manifest-pushed'
      repository: string
      digest: string
      tag: string | undefined
      mediaType: string
      /** The manifest and what it refers to directly: for an image its whole compressed size. */
      sizeBytes: number
      at: number
    }
  | { kind: 'manifest-deleted'; repository: string; digest: string; at: number }
  | { kind: 'tag-deleted'; repository: string; tag: string; at: number }

const MANIFEST_TYPES = new Set([
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
])

/** Grammar of names, tags and digests: OCI distribution spec 1.1, "Pulling manifests". */
const repository = z
  .string()
  .max(255)
  .regex(/^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/)
const tag = z.string().regex(/^\w[\w.-]{0,127}$/)
const digest = z.string().regex(/^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]{32,128}$/)
const sizeBytes = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)

export const notificationSchema = z.object({
  events: z.array(z.unknown()).max(1000),
})

const eventSchema = z.object({
  timestamp: z.iso.datetime({ offset: true }),
  action: z.string(),
  target: z.object({
    repository,
    mediaType: z.string().optional(),
    digest: digest.optional(),
    tag: tag.optional(),
    size: sizeBytes.optional(),
    references: z.array(z.object({ size: sizeBytes })).optional(),
  }),
})

/** The event, or undefined when it is none of a manifest or tag (a blob, a pull), or not well-formed. */
export function parseEvent(input: unknown): RegistryEvent | undefined {
  const parsed = eventSchema.safeParse(input)
  if (!parsed.success) return undefined
  const { action, timestamp, target } = parsed.data
  const { repository, digest, tag, mediaType } = target
  const at = microseconds(timestamp)
  if (action === 'push' && digest && mediaType && MANIFEST_TYPES.has(mediaType)) {
    const references = target.references ?? []
    const sizeBytes = references.reduce((sum, reference) => sum + reference.size, target.size ?? 0)
    return { kind: 'manifest-pushed', repository, digest, tag, mediaType, sizeBytes, at }
  }
  // A deletion names no media type; that of a blob is not seen here, because a registry deletes blobs on its own.
  if (action === 'delete' && digest) return { kind: 'manifest-deleted', repository, digest, at }
  if (action === 'delete' && tag) return { kind: 'tag-deleted', repository, tag, at }
  return undefined
}

/** RFC 3339 with up to nine decimals (Go's) → whole microseconds: a push and its deletion can share a millisecond. */
export function microseconds(timestamp: string): number {
  const [, seconds = '', fraction = '', zone = ''] =
    /^([^.]+?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(timestamp) ?? []
  return Date.parse(seconds + zone) * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6))
}
