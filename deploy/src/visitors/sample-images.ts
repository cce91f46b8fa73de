/** A few small images, the same bytes at every start, so that a new stack has something to browse. */
import { createHash } from 'node:crypto'

export type Blob = { digest: string; bytes: Buffer }
export type Image = { repository: string; tags: string[]; blobs: Blob[]; manifest: Blob }

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'

export const SAMPLE_IMAGES: Image[] = [
  image('samples/web', ['1.0.0'], 'a web server that answers hello\n'),
  image('samples/web', ['1.1.0', 'latest'], 'a web server that answers hello and goodbye\n'),
  image('samples/worker', ['2.3.1', 'latest'], 'a worker that takes jobs from a queue\n'),
  image('samples/batch', ['2026.11', 'nightly'], 'a batch that runs every night\n'),
]

/** An image of one layer with one file. Source: OCI image spec 1.1, "Image Manifest" and "Image Configuration". */
function image(repository: string, tags: string[], content: string): Image {
  const layer = blob(tar('README', content))
  const config = blob(
    json({
      architecture: 'amd64',
      os: 'linux',
      config: {},
      // Layers are not compressed, so the digest of the content is that of the blob.
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    }),
  )
  const describe = (mediaType: string, { digest, bytes }: Blob) => ({ mediaType, digest, size: bytes.length })
  const manifest = blob(
    json({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: describe('application/vnd.oci.image.config.v1+json', config),
      layers: [describe('application/vnd.oci.image.layer.v1.tar', layer)],
    }),
  )
  return { repository, tags, blobs: [layer, config], manifest }
}

function blob(bytes: Buffer): Blob {
  return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, bytes }
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}

/** A tar archive of one file (POSIX ustar): header, content, padding to 512 bytes, two empty blocks. */
function tar(name: string, content: string): Buffer {
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  const size = Buffer.byteLength(content)
  const archive = Buffer.alloc(512 + Math.ceil(size / 512) * 512 + 1024)
  archive.write(name, 0)
  archive.write(octal(0o644, 7), 100)
  archive.write(octal(0, 7), 108)
  archive.write(octal(0, 7), 116)
  archive.write(octal(size, 11), 124)
  archive.write(octal(0, 11), 136)
  archive.write('        0', 148) // the checksum counts itself as blanks; then the type: a file
  archive.write('ustar\x0000', 257)
  const sum = archive.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  archive.write(`${octal(sum, 6)} `, 148)
  archive.write(content, 512)
  return archive
}
