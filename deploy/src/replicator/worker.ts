/** Works off the queue of one direction, one job after another: what a region takes is bounded, however much waits. */
import { once } from 'node:events'
import type { Logger } from 'pino'
import { copyManifest, deleteManifest, digestOf, pointTag, type Route } from './copy.ts'
import type { ReplicatorMetrics } from './metrics.ts'
import type { Job, Queue } from './queue.ts'
import type { StopSwitch } from './stop-switch.ts'

/** Between two looks at a queue that nothing was added to: a retry waits at most so much longer. */
const IDLE_MS = 500
const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 30_000
/** What could not be copied for so long is given up: it is counted, logged, and left to the next push. */
const GIVE_UP_SECONDS = 86_400

export type Direction = { source: string; target: string; from: string; to: string }
export type Working = {
  queue: Queue
  stop: StopSwitch
  metrics: ReplicatorMetrics
  log: Pick<Logger, 'info' | 'warn'>
  nowMs: () => number
}

/** Until the signal says stop. Never rejects. */
export async function keepReplicating(
  direction: Direction,
  working: Working,
  signal: AbortSignal,
): Promise<void> {
  const { source, target } = direction
  while (!signal.aborted) {
    const job = working.stop.stopped ? undefined : working.queue.next(source, target)
    if (job) await replicate(direction, job, working)
    else await added(working.queue, AbortSignal.any([signal, AbortSignal.timeout(IDLE_MS)]))
  }
}

/** Resolves when a job was added or the signal says stop. */
async function added(queue: Queue, signal: AbortSignal): Promise<void> {
  await once(queue.changes, 'added', { signal }).catch(() => {})
}

async function replicate(
  { source, target, from, to }: Direction,
  job: Job,
  { queue, metrics, log, nowMs }: Working,
): Promise<void> {
  const labels = { from: source, to: target }
  const what = { ...labels, repository: job.repository, tag: job.tag, digest: job.digest, kind: job.kind }
  const startedMs = nowMs()
  try {
    const outcome = await perform({ from, to, repository: job.repository }, job)
    queue.finish(job)
    metrics.copies.inc({ ...labels, outcome })
    if (outcome === 'copied') metrics.duration.observe(labels, (nowMs() - startedMs) / 1000)
    log.info({ ...what, outcome }, 'replicated')
  } catch (error) {
    const isOver = nowMs() - job.sinceMs > GIVE_UP_SECONDS * 1000
    if (isOver) queue.finish(job)
    else queue.retry(job, Math.min(FIRST_RETRY_MS * 2 ** Math.min(job.attempts, 10), LAST_RETRY_MS))
    metrics.copies.inc({ ...labels, outcome: isOver ? 'given_up' : 'failed' })
    log.warn({ ...what, attempts: job.attempts + 1, err: error }, isOver ? 'given up' : 'not replicated yet')
  }
}

/** `present`: the target had it already. `gone`: the source has it no longer, and nothing is left to do. */
type Outcome = 'copied' | 'present' | 'gone' | 'deleted'

async function perform(route: Route, { kind, digest, tag }: Job): Promise<Outcome> {
  if (kind === 'delete') return (await deleteManifest(route, digest)) ? 'deleted' : 'present'
  if ((await digestOf(route.to, route.repository, tag ?? digest)) === digest) return 'present'
  const manifest = await copyManifest(route, digest, tag)
  if (!manifest) return 'gone'
  // A tag pushed in two regions at once: an older push that was copied late must not stay over a newer one. This job is
  // of the newest event there is; a tag newer still has its event on the way, which puts it right again.
  const here = tag && (await digestOf(route.from, route.repository, tag))
  if (tag && here && here !== digest) await pointTag(route.from, route.repository, tag, manifest)
  return 'copied'
}
