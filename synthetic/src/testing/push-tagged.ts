import { makeCanary } from '../canary.ts'
import { RegistryClient } from '../oci/client.ts'

/** Pushes a small image of its own bytes, as a run does that is killed before it deletes it. */
export async function pushTagged(registryUrl: string, repository: string, tag: string): Promise<void> {
  const client = new RegistryClient({
    registry: new URL(registryUrl),
    scope: '',
    traceparent: '',
    signal: new AbortController().signal,
    onStep: () => {},
  })
  const { blobs, manifest } = makeCanary(100, (length) => Buffer.alloc(length, tag))
  for (const blob of blobs) await client.pushBlob(repository, blob)
  await client.pushManifest({ repository, tag }, manifest)
  client.close()
}
