/**
 * Who can reach whom: per flow, the last runs from each vantage to each target. An old verdict is not a current one:
 * a pair is stale when three of its usual intervals have passed without a run.
 */

import type { ProbeResult } from '@plimsoll/instrumentation/envelope'
import type { Ledger } from '../ledger/index.ts'
import type { CountedPlan } from './counted-plan.ts'
import { probeRunOf, type RunContext } from './probe-runs.ts'
import type { ProbeCell, ProbeMatrix } from './schemas.ts'

/** Runs of a pair that are looked at. */
export const RECENT_RUNS = 30
const STALE_AFTER_INTERVALS = 3
/** Rounds of a schedule jitter; and a pair with one run has no interval yet. */
const STALE_AFTER_AT_LEAST_SECONDS = 60
const STALE_WITHOUT_INTERVAL_SECONDS = 300

export async function probeMatrix(
  ledger: Ledger,
  context: RunContext,
  nowSeconds: number,
): Promise<ProbeMatrix> {
  const pairs = await ledger.probePairs()
  const cells = await Promise.all(
    pairs.map(async (pair) => {
      const runs = await ledger.probeRuns({ ...pair, limit: RECENT_RUNS })
      return { ...pair, ...cellOf(runs, context, nowSeconds) }
    }),
  )
  const promised = promisedFlows(context.plan)
  const flows = [...new Set([...promised.map(({ flow }) => flow), ...pairs.map(({ flow }) => flow)])].sort()
  return {
    now: nowSeconds,
    flows: flows.map((flow) => {
      const own = cells.filter((cell) => cell.flow === flow)
      const expected = promised.filter((slo) => slo.flow === flow)
      return {
        flow,
        slos: expected.map(({ slo }) => slo),
        vantages: [...new Set(own.map(({ vantage }) => vantage))].sort(),
        regions: [
          ...new Set([...expected.flatMap(({ regions }) => regions), ...own.map(({ region }) => region)]),
        ].sort(),
        cells: own.map(({ flow: _, ...cell }) => cell),
      }
    }),
  }
}

/** `runs`: newest first, at least one. */
export function cellOf(
  runs: ProbeResult[],
  context: RunContext,
  nowSeconds: number,
): Omit<ProbeCell, 'vantage' | 'region'> {
  const [last] = runs
  if (!last) throw new Error('probe matrix: saw a pair without runs')
  const intervalSeconds = medianGap(runs.map(({ endedAt }) => endedAt))
  const staleAfter =
    intervalSeconds === null
      ? STALE_WITHOUT_INTERVAL_SECONDS
      : Math.max(STALE_AFTER_AT_LEAST_SECONDS, STALE_AFTER_INTERVALS * intervalSeconds)
  const ageSeconds = Math.max(0, nowSeconds - last.endedAt)
  const count = (verdict: ProbeResult['verdict']) => runs.filter((run) => run.verdict === verdict).length
  const [ok, failed] = [count('ok'), count('target_fail')]
  return {
    last: probeRunOf(last, context),
    ageSeconds,
    intervalSeconds,
    stale: ageSeconds > staleAfter,
    recent: {
      runs: runs.length,
      ok,
      failed,
      okRatio: ok + failed === 0 ? null : ok / (ok + failed),
      verdicts: runs.map(({ runId, verdict, endedAt }) => ({ runId, verdict, endedAt })),
    },
  }
}

function medianGap(endsNewestFirst: number[]): number | null {
  const gaps = endsNewestFirst
    .slice(1)
    .map((end, i) => (endsNewestFirst[i] ?? end) - end)
    .sort((a, b) => a - b)
  return gaps[Math.floor(gaps.length / 2)] ?? null
}

function promisedFlows(plan: CountedPlan): { flow: string; slo: string; regions: string[] }[] {
  return plan.slos.flatMap(({ slo, source, regions }) =>
    source.kind === 'probe' ? [{ flow: source.flow, slo, regions }] : [],
  )
}
