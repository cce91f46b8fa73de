/** Content digests, `algorithm:hex`. Source: OCI image-spec, descriptor.md, "Digests" (registered algorithms only). */
import { createHash } from 'node:crypto'

export type Digest = { algorithm: 'sha256' | 'sha512'; hex: string }

const HEX_LENGTH = { sha256: 64, sha512: 128 } as const

/** Throws a `TypeError` that shows what was seen; printing the result gives the text back. */
export function parseDigest(text: string): Digest {
  const [, algorithm, hex] = /^(sha256|sha512):([0-9a-f]+)$/.exec(text) ?? []
  if ((algorithm === 'sha256' || algorithm === 'sha512') && hex?.length === HEX_LENGTH[algorithm])
    return { algorithm, hex }
  throw new TypeError(
    `digest: saw ${JSON.stringify(text.slice(0, 150))}, expected sha256:<64 hex digits> or sha512:<128 hex digits>, lower case`,
  )
}

export function formatDigest(digest: Digest): string {
  return `${digest.algorithm}:${digest.hex}`
}

export function sameDigest(a: Digest, b: Digest): boolean {
  return a.algorithm === b.algorithm && a.hex === b.hex
}

export function digestOf(bytes: Uint8Array): Digest {
  return { algorithm: 'sha256', hex: createHash('sha256').update(bytes).digest('hex') }
}
