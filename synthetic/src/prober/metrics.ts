/** The probe series of the vocabulary, and the prober's own. */
import {
  HTTP_DURATION_BUCKETS,
  PHASES,
  PROBE_SERIES,
  REPLICATION_LAG_BUCKETS,
  VERDICTS,
} from '@plimsoll/instrumentation'
import type { ProbeResult } from '@plimsoll/instrumentation/envelope'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'

export type ProbeMetrics = ReturnType<typeof createMetrics>

/** What is asked at each scrape. */
export type MetricSources = { checks: () => Record<string, boolean>; pending: () => number }

export function createMetrics(
  probes: { flow: string; vantage: string; region: string }[],
  { checks, pending }: MetricSources,
) {
  const registry = new Registry()
  const probe = ['flow', 'vantage', 'region'] as const
  const buckets = [...HTTP_DURATION_BUCKETS]
  const registers = [registry]
  const attempts = new Counter({
    name: PROBE_SERIES.attempts,
    help: 'Finished runs of a probe flow',
    labelNames: [...probe, 'verdict'] as const,
    registers,
  })
  const failures = new Counter({
    name: PROBE_SERIES.failures,
    help: 'Runs that were not ok, by failed step and reason; a run that failed at no step has step ""',
    labelNames: [...probe, 'step', 'reason'] as const,
    registers,
  })
  const duration = new Histogram({
    name: PROBE_SERIES.duration,
    help: 'Duration of runs that were ok',
    labelNames: probe,
    buckets,
    registers,
  })
  const stepDuration = new Histogram({
    name: PROBE_SERIES.stepDuration,
    help: 'Duration of the phases of HTTP exchanges',
    labelNames: [...probe, 'step', 'phase', 'conn'] as const,
    buckets,
    registers,
  })
  const replicationLag = new Histogram({
    name: PROBE_SERIES.replicationLag,
    help: 'From a push in one region until it is visible in another; a copy that never came counts past its limit',
    labelNames: ['from', 'to'] as const,
    buckets: [...REPLICATION_LAG_BUCKETS],
    registers,
  })
  const lastRun = new Gauge({
    name: PROBE_SERIES.lastRun,
    help: 'When the last run ended, Unix time',
    labelNames: probe,
    registers,
  })
  new Gauge({
    name: PROBE_SERIES.healthy,
    help: 'Whether a part of the prober itself works, 1 or 0',
    labelNames: ['check'] as const,
    registers,
    collect() {
      for (const [check, works] of Object.entries(checks())) this.set({ check }, works ? 1 : 0)
    },
  })
  const dropped = new Counter({
    name: 'plimsoll_prober_spool_dropped_total',
    help: 'Results that were counted here and will never reach the ledger',
    registers,
  })
  const swept = new Counter({
    name: 'plimsoll_prober_leftovers_deleted_total',
    help: 'Images of killed runs that were deleted later',
    registers,
  })
  new Gauge({
    name: 'plimsoll_prober_spool_pending',
    help: 'Envelopes that wait to be acknowledged by the ledger',
    registers,
    collect() {
      this.set(pending())
    },
  })
  // A series that is born with its first failure hides that failure from rate().
  for (const labels of probes) {
    for (const verdict of VERDICTS) attempts.inc({ ...labels, verdict }, 0)
    if (labels.flow === 'replication') replicationLag.zero({ from: labels.vantage, to: labels.region })
  }

  return {
    registry,
    dropped,
    swept,
    observe(result: ProbeResult): void {
      const { flow, vantage, region, verdict, reason, failedStep = '' } = result
      const labels = { flow, vantage, region }
      attempts.inc({ ...labels, verdict })
      if (reason) failures.inc({ ...labels, step: failedStep, reason })
      // A refused connection is fast, and no good news for a latency SLO.
      if (verdict === 'ok') duration.observe(labels, result.endedAt - result.startedAt)
      if (result.replicationLagSeconds !== undefined)
        replicationLag.observe({ from: vantage, to: region }, result.replicationLagSeconds)
      lastRun.set(labels, result.endedAt)
      for (const { step, connection: conn = 'new', phases } of result.steps)
        for (const phase of PHASES) {
          const seconds = phases[phase]
          if (seconds !== undefined) stepDuration.observe({ ...labels, step, phase, conn }, seconds)
        }
    },
  }
}
