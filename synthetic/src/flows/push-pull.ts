/** Push a fresh image, pull it by digest and by tag, delete it, and see that it is gone. */
import { makeCanary } from '../canary.ts'
import { isUnsupported } from '../verdict.ts'
import type { Flow, FlowContext } from './flow.ts'

export function pushPull({ repository, tag, sizeBytes, random, memory }: FlowContext): Flow {
  const { blobs, manifest } = makeCanary(sizeBytes, random)
  const byTag = { repository, tag }
  let mayBeThere = false
  return {
    async run({ target: client }) {
      await client.ping()
      for (const blob of blobs) await client.pushBlob(repository, blob)
      memory.add('takes-pushes')
      mayBeThere = true
      await client.pushManifest(byTag, manifest)
      await client.pullManifest('pull-manifest', { repository, digest: manifest.digest }, manifest.digest)
      for (const blob of blobs) await client.pullBlob(repository, blob)
      await client.pullManifest('pull-tag', byTag, manifest.digest)
      try {
        await client.deleteManifest(repository, manifest.digest)
      } catch (error) {
        // A registry need not delete: the rest counts, and nothing is left to verify.
        mayBeThere = !isUnsupported(error)
        if (mayBeThere) throw error
        return
      }
      await client.verifyDeleted(repository, manifest.digest)
      mayBeThere = false
    },
    async cleanUp({ target: client }) {
      if (mayBeThere) await client.deleteManifest(repository, manifest.digest)
    },
  }
}
