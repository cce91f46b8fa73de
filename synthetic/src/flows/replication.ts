/**
 * Push a fresh image in one region and look for it in another until it is there, every byte hashed: the lag a user
 * sees. A source that takes no push ends the run without a word about the target.
 */
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeCanary } from '../canary.ts'
import type { RegistryClient } from '../oci/client.ts'
import { OciError } from '../oci/error.ts'
import type { Flow, FlowContext } from './flow.ts'

/** The first pause between two questions. */
const FIRST_PAUSE_SECONDS = 0.05
/** A pause is this share of the time gone by: the lag is exact to a quarter, and an hour takes 40 questions. */
const PAUSE_RATIO = 0.25

export function replication(context: FlowContext): Flow {
  const { repository, tag, sizeBytes, random, memory, withinSeconds, deadlineSeconds } = context
  const { signal, onReplicationLag } = context
  const { blobs, manifest } = makeCanary(sizeBytes, random)
  const byTag = { repository, tag }
  let mayBeThere = false

  /** Undefined when the copy was there; else why not, worth asking again. What asking again does not heal is thrown. */
  const missing = async (target: RegistryClient): Promise<OciError | undefined> => {
    try {
      await target.within(deadlineSeconds).pullManifest('find-copy', byTag, manifest.digest)
      return undefined
    } catch (error) {
      if (error instanceof OciError && mayPass(error)) return error
      throw error
    }
  }

  return {
    async run({ source, target }) {
      const pushing = source.within(deadlineSeconds)
      await pushing.ping()
      for (const blob of blobs) await pushing.pushBlob(repository, blob)
      memory.add('takes-pushes')
      mayBeThere = true
      await pushing.pushManifest(byTag, manifest)

      const pushedMs = performance.now()
      const gone = () => (performance.now() - pushedMs) / 1000
      for (;;) {
        // The last question is asked when the time is over: what it finds was there in time.
        const isLast = gone() >= withinSeconds
        const error = await missing(target)
        if (!error) {
          onReplicationLag(Math.min(gone(), withinSeconds))
          break
        }
        if (isLast) {
          const isAbsent = error.failure.kind === 'status' && error.failure.status === 404
          if (!isAbsent) throw error
          onReplicationLag(gone())
          throw target.notReplicated(byTag, gone())
        }
        const pause = Math.max(FIRST_PAUSE_SECONDS, PAUSE_RATIO * gone())
        await wait(Math.min(pause, withinSeconds - gone()), signal)
      }
      const pulling = target.within(deadlineSeconds)
      for (const blob of blobs) await pulling.pullBlob(repository, blob)
    },
    async cleanUp({ source, target }) {
      if (!mayBeThere) return
      // Both, whatever the other says: a replicator may have deleted the copy already.
      await Promise.allSettled([source, target].map((at) => at.deleteManifest(repository, manifest.digest)))
    },
  }
}

/** Ends early when the prober stops: the next question then says so. */
function wait(seconds: number, signal: AbortSignal): Promise<void> {
  return sleep(Math.max(0, seconds) * 1000, undefined, { signal }).catch(() => {})
}

/** Not there yet, or a fault that may be over before the time is. */
function mayPass({ failure }: OciError): boolean {
  if (failure.kind === 'status')
    return failure.status === 404 || failure.status === 429 || failure.status >= 500
  return failure.kind === 'network' || failure.kind === 'deadline'
}
