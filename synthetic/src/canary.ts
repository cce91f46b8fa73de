/**
 * A small real image: gzip'd tar layers, config and manifest. A layer that only claims to be gzip changes its digest
 * in some clients (seen with skopeo). Sources: OCI image-spec, manifest.md and config.md; POSIX pax, ustar format.
 */
import { gzipSync } from 'node:zlib'
import type { Content } from './oci/client.ts'
import { digestOf, formatDigest } from './oci/digest.ts'

export type Canary = { blobs: Content[]; manifest: Content }

const LAYERS = 3
const BLOCK_BYTES = 512
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json'
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar+gzip'

/**
 * Three layers with `sizeBytes` of payload in all. What `random` returns makes every digest new (or, when it is
 * always the same, the image always the same), and does not compress.
 */
export function makeCanary(sizeBytes: number, random: (length: number) => Buffer): Canary {
  const archives = Array.from({ length: LAYERS }, (_, index) =>
    tar(`plimsoll/canary-${index}`, random(Math.ceil(sizeBytes / LAYERS))),
  )
  // Stored, not deflated: random bytes do not compress, and trying cost most of the probe's CPU at 1 MiB.
  const layers = archives.map((archive) => content(LAYER_TYPE, gzipSync(archive, { level: 0 })))
  const config = json(CONFIG_TYPE, {
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: archives.map((archive) => formatDigest(digestOf(archive))) },
  })
  const manifest = json(MANIFEST_TYPE, {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: descriptor(config),
    layers: layers.map(descriptor),
  })
  return { blobs: [...layers, config], manifest }
}

function content(mediaType: string, bytes: Buffer): Content {
  return { mediaType, digest: digestOf(bytes), sizeBytes: bytes.length, bytes }
}

function json(mediaType: string, value: unknown): Content {
  return content(mediaType, Buffer.from(JSON.stringify(value)))
}

function descriptor({ mediaType, digest, sizeBytes }: Content) {
  return { mediaType, digest: formatDigest(digest), size: sizeBytes }
}

/** One ustar archive with one file, dated 1970 and owned by nobody in particular. */
function tar(path: string, payload: Buffer): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES)
  header.write(path, 0, 'ascii')
  header.write('0000644\0' + '0000000\0' + '0000000\0', 100, 'ascii')
  header.write(`${payload.length.toString(8).padStart(11, '0')}\0`, 124, 'ascii')
  header.write('00000000000\0', 136, 'ascii')
  // The sum of all bytes of the header, its own field read as spaces.
  header.write('        0', 148, 'ascii')
  header.write('ustar\0' + '00', 257, 'ascii')
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'ascii')
  const padding = Buffer.alloc((BLOCK_BYTES - (payload.length % BLOCK_BYTES)) % BLOCK_BYTES)
  return Buffer.concat([header, payload, padding, Buffer.alloc(2 * BLOCK_BYTES)])
}
