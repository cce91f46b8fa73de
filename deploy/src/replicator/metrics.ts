/** The replicator's own metrics, in prom-client's registry, which `/metrics` serves. */
import { HTTP_DURATION_BUCKETS } from '@plimsoll/instrumentation'
import { Counter, Gauge, Histogram, type Registry, register } from 'prom-client'
import type { Waiting } from './queue.ts'

const OUTCOMES = ['copied', 'present', 'gone', 'deleted', 'failed', 'given_up'] as const

export type ReplicatorMetrics = ReturnType<typeof createMetrics>
export type Pair = { from: string; to: string }

/** `waiting` is asked at each scrape. */
export function createMetrics(
  pairs: Pair[],
  waiting: () => Waiting[],
  nowSeconds: () => number,
  registry: Registry = register,
) {
  const labelNames = ['from', 'to'] as const
  const registers = [registry]
  const copies = new Counter({
    name: 'plimsoll_replicator_jobs_total',
    help: 'Attempts to bring one changed tag or digest to another region, by outcome; failed ones are tried again',
    labelNames: [...labelNames, 'outcome'] as const,
    registers,
  })
  const duration = new Histogram({
    name: 'plimsoll_replicator_copy_duration_seconds',
    help: 'Duration of copies of whole images',
    labelNames,
    buckets: [...HTTP_DURATION_BUCKETS],
    registers,
  })
  const ofEach = (gauge: Gauge<'from' | 'to'>, value: (one: Waiting | undefined) => number) => {
    const all = waiting()
    for (const pair of pairs)
      gauge.set(pair, value(all.find(({ source, target }) => source === pair.from && target === pair.to)))
  }
  new Gauge({
    name: 'plimsoll_replicator_pending',
    help: 'Changed tags and digests that are not in the other region yet',
    labelNames,
    registers,
    collect() {
      ofEach(this, (one) => one?.pending ?? 0)
    },
  })
  new Gauge({
    name: 'plimsoll_replicator_oldest_pending_age_seconds',
    help: 'Age of the oldest change that is not in the other region yet; 0 when nothing waits',
    labelNames,
    registers,
    collect() {
      ofEach(this, (one) => (one ? Math.max(0, nowSeconds() - one.oldestSeconds) : 0))
    },
  })
  for (const pair of pairs) for (const outcome of OUTCOMES) copies.inc({ ...pair, outcome }, 0)
  return { copies, duration }
}
