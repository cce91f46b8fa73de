/** Probe runs with what they mean: the SLOs they count in, and where to look further. */
import type { ProbeResult } from '@plimsoll/instrumentation/envelope'
import type { CountedPlan, CountedSlo } from './counted-plan.ts'
import type { ProbeRun } from './schemas.ts'
import { traceLink } from './trace-url.ts'

export type RunContext = { plan: CountedPlan; consoleBaseUrl: string; traceUrl?: string | undefined }

export function probeRunOf(result: ProbeResult, { plan, consoleBaseUrl, traceUrl }: RunContext): ProbeRun {
  const trace = traceLink(traceUrl, result.traceId)
  return {
    ...result,
    slos: countsIn(plan, result).map(({ slo }) => slo),
    links: {
      console: `${consoleBaseUrl}/probes/${encodeURIComponent(result.runId)}`,
      ...(trace !== undefined && { trace }),
    },
  }
}

/** bad = target_fail, total = ok + target_fail: a run with another verdict counts in no SLO. */
export function countsIn(
  plan: CountedPlan,
  { flow, verdict }: Pick<ProbeResult, 'flow' | 'verdict'>,
): CountedSlo[] {
  if (verdict !== 'ok' && verdict !== 'target_fail') return []
  return plan.slos.filter(({ source }) => source.kind === 'probe' && source.flow === flow)
}
