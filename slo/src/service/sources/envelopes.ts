/** From an envelope to what the ledger adds: each SLO counts from exactly one source, the one its plan names. */
import type { Envelope, ProbeResult } from '@plimsoll/instrumentation/envelope'
import type { Batch, CellDelta } from '../../ledger/index.ts'
import type { CountedPlan, CountedSlo } from '../counted-plan.ts'
import { ALL_REGIONS } from './counter-reader.ts'

/** Counts that were not taken, and why. */
export type Refusal = { slo: string; reason: string }

export function batchOf(plan: CountedPlan, envelope: Envelope): { batch: Batch; refused: Refusal[] } {
  const { producer, epoch, sequence } = envelope
  const key = { producer, epoch, sequence }
  if (envelope.kind === 'probe-results') {
    const deltas = envelope.results.flatMap((result) => countProbe(plan, result))
    return { batch: { envelope: key, deltas, probeRuns: envelope.results }, refused: [] }
  }
  const bySlo = new Map(plan.slos.map((slo) => [slo.slo, slo]))
  const refused = new Map<string, Refusal>()
  const deltas: CellDelta[] = []
  for (const delta of envelope.deltas) {
    const slo = bySlo.get(delta.slo)
    const reason = refusalOf(slo)
    if (reason) refused.set(delta.slo, { slo: delta.slo, reason })
    else deltas.push({ ...delta, region: regionOf(slo, delta.region) })
  }
  return { batch: { envelope: key, deltas }, refused: [...refused.values()] }
}

/** bad = target_fail, total = ok + target_fail. Every other verdict counts nothing: its minute may stay unseen. */
function countProbe(plan: CountedPlan, { flow, region, verdict, endedAt }: ProbeResult): CellDelta[] {
  if (verdict !== 'ok' && verdict !== 'target_fail') return []
  const minute = Math.floor(endedAt / 60) * 60
  return plan.slos
    .filter(({ source }) => source.kind === 'probe' && source.flow === flow)
    .map((slo) => ({
      slo: slo.slo,
      region: regionOf(slo, region),
      minute,
      good: verdict === 'ok' ? 1 : 0,
      total: 1,
    }))
}

function refusalOf(slo: CountedSlo | undefined): string | undefined {
  if (!slo) return 'the plan has no such SLO'
  if (slo.source.kind === 'deltas') return undefined
  return `its only source is ${slo.source.kind}: counting deltas too would count events twice`
}

function regionOf(slo: CountedSlo | undefined, region: string): string {
  return slo && slo.regions.length > 0 ? region : ALL_REGIONS
}
