/**
 * Pull a retained image again and hash it: finds rot, which no fresh push shows. Its bytes come from its name alone,
 * so what it must be is known without keeping state; it stays in the registry for as long as the prober does.
 */
import { createHash } from 'node:crypto'
import type { Reason } from '@plimsoll/instrumentation'
import { type Canary, makeCanary } from '../canary.ts'
import type { RegistryClient } from '../oci/client.ts'
import { OciError } from '../oci/error.ts'
import type { Flow, FlowContext } from './flow.ts'

/**
 * A registry that does not answer keeps its bytes as far as anybody knows: that is what `push-pull` tells, and one
 * outage is not to be told twice, least of all as rot.
 */
export const INTEGRITY_REASONS: ReadonlySet<Reason> = new Set(['digest_mismatch', 'not_found'])

/**
 * The same bytes for every prober and in every region: two that push it at once push the same. Another size is another
 * tag, so that probers that are told different sizes do not take each other's for rot.
 */
export function retainedCanary(repository: string, sizeBytes: number): Canary & { tag: string } {
  return { tag: `retained-${sizeBytes}`, ...makeCanary(sizeBytes, seeded(`${repository}:retained`)) }
}

export function integrity({ repository, sizeBytes, memory }: FlowContext): Flow {
  const { tag, blobs, manifest } = retainedCanary(repository, sizeBytes)
  const byTag = { repository, tag }
  const retain = async (client: RegistryClient) => {
    for (const blob of blobs) await client.pushBlob(repository, blob)
    await client.pushManifest(byTag, manifest)
    memory.add('holds-canary')
  }
  let lost = false
  return {
    async run({ target: client }) {
      await client.ping()
      try {
        await client.pullManifest('find-canary', byTag, manifest.digest)
        memory.add('holds-canary')
      } catch (error) {
        lost = error instanceof OciError && error.failure.kind === 'status' && error.failure.status === 404
        throw error
      }
      for (const blob of blobs) await client.pullBlob(repository, blob)
    },
    // What is gone is told once, then put back; what is rotten stays as it is: it is evidence.
    async cleanUp({ target: client }) {
      if (lost) await retain(client)
    },
  }
}

/** A stream of bytes that is a function of the seed: SHA-256 of seed and counter. */
function seeded(seed: string): (length: number) => Buffer {
  let counter = 0
  return (length) => {
    const blocks = Array.from({ length: Math.ceil(length / 32) }, () =>
      createHash('sha256').update(`${seed}:${counter++}`).digest(),
    )
    return Buffer.concat(blocks, length)
  }
}
