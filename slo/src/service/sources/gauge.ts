/**
 * Reads an SLO of a gauge into the ledger: for each time slice that has ended, the share of it that was bad, as
 * millionths in the slice's first minute. Its other minutes are only marked as seen. So a slice is judged when read,
 * like one of events, and another threshold for slices judges the past anew without changing a count.
 */
import { type CellDelta, type Ledger, MINUTE, startOf } from '../../ledger/index.ts'
import { sliceBadShare } from '../../plan/tile-rules.ts'
import type { CountedSlo } from '../counted-plan.ts'
import type { RawSeries } from './boundary.ts'
import { regionOf } from './counter-reader.ts'
import { LOOK_BACK_SECONDS, RETENTION_SECONDS } from './prometheus.ts'
import type { ValuesAt } from './prometheus-client.ts'

const WHOLE = 1_000_000
/** Bounds an answer when catching up; Prometheus itself refuses above 11,000. */
const SLICES_A_STEP = 500

/** One SLO up to `readTo`, Unix seconds. Throws when Prometheus does not answer; what was read until then stays. */
export async function readGauge(
  slo: CountedSlo,
  ledger: Ledger,
  valuesAt: ValuesAt,
  readTo: number,
): Promise<void> {
  const { slices, indicator } = slo
  if (!slices || indicator.badShareExpr === undefined)
    throw new Error(`${slo.slo}: saw a gauge without time slices, expected a plan of plimsoll build`)
  const { seconds } = slices
  const expr = sliceBadShare(indicator.badShareExpr, seconds, slo.regions.length > 0)
  const end = startOf(seconds, readTo)
  for (;;) {
    const position = await ledger.position(slo.slo)
    const since = position?.readTo ?? readTo - LOOK_BACK_SECONDS
    const from = startOf(seconds, Math.max(since, readTo - RETENTION_SECONDS))
    const to = Math.min(end, from + SLICES_A_STEP * seconds)
    if (to <= from) return
    const deltas = countSlices(slo, await valuesAt(expr, from + seconds, to, seconds), seconds)
    const { status } = await ledger.apply(
      { deltas, position: { slo: slo.slo, expectedReadTo: position?.readTo, readTo: to, cursors: [] } },
      readTo,
    )
    if (status === 'stale') return // another reader was faster
  }
}

/** Each value is the bad share of the slice that ended at its time. One that is no number leaves its slice unseen. */
export function countSlices(slo: CountedSlo, series: RawSeries[], seconds: number): CellDelta[] {
  return series.flatMap(({ labels, samples }) =>
    samples
      .filter(({ value }) => Number.isFinite(value))
      .flatMap(({ timestampMs, value }) => {
        const start = timestampMs / 1000 - seconds
        const good = Math.round(WHOLE * (1 - Math.min(1, Math.max(0, value))))
        const cell = { slo: slo.slo, region: regionOf(slo, labels) }
        const rest = Array.from({ length: seconds / MINUTE - 1 }, (_, i) => start + (i + 1) * MINUTE)
        return [
          { ...cell, minute: start, good, total: WHOLE },
          ...rest.map((minute) => ({ ...cell, minute, good: 0, total: 0 })),
        ]
      }),
  )
}
