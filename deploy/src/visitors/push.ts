/** Pushes an image as a user's client does. Source: OCI distribution spec 1.1, "Pushing". */

import { ask } from './ask.ts'
import { type Blob, type Image, MANIFEST_TYPE } from './sample-images.ts'

/** A blob that is there already is not sent, unless `again`. */
export async function push(registry: string, image: Image, { again = false } = {}): Promise<void> {
  const base = `${registry}/v2/${image.repository}`
  for (const blob of image.blobs) if (again || !(await isThere(base, blob))) await pushBlob(base, blob)
  for (const tag of image.tags) {
    const headers = { 'content-type': MANIFEST_TYPE }
    await expectStatus(201, `${base}/manifests/${tag}`, {
      method: 'PUT',
      headers,
      body: image.manifest.bytes,
    })
  }
}

async function isThere(base: string, { digest }: Blob): Promise<boolean> {
  return (await ask(`${base}/blobs/${digest}`, { method: 'HEAD' })).status === 200
}

async function pushBlob(base: string, { digest, bytes }: Blob): Promise<void> {
  const session = await expectStatus(202, `${base}/blobs/uploads/`, { method: 'POST' })
  const upload = new URL(session.headers.get('location') ?? '', base)
  upload.searchParams.set('digest', digest)
  const headers = { 'content-type': 'application/octet-stream' }
  await expectStatus(201, upload.href, { method: 'PUT', headers, body: bytes })
}

async function expectStatus(status: number, url: string, init: RequestInit): Promise<Response> {
  const response = await ask(url, init)
  if (response.status === status) return response
  // The query of an upload holds its session: it stays out of the message.
  throw new Error(`${init.method} ${url.replace(/\?.*/, '')}: saw ${response.status}, expected ${status}`)
}
