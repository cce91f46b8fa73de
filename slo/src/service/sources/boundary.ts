/**
 * Counts from raw counter samples: the difference between one sample and the next, reset-aware, summed in the
 * minute of the later one. Differences tile time without loss, which `increase()` does not: measured over
 * 340 minutes, `increase[1m]` was off by +6.4 % on rare events and +33 % on bursts, differences by nothing.
 */
import type { CellDelta, Cursor } from '../../ledger/index.ts'
import type { CountedSlo } from '../counted-plan.ts'
import { type Change, CounterReader, offsetOf, regionOf, seriesKey, weightOf } from './counter-reader.ts'

/** One raw series of an instant query of a range: samples ascending. */
export type RawSeries = { labels: Record<string, string>; samples: { timestampMs: number; value: number }[] }

/** What a selector of the SLO returned, at the times at which it counts: its offset later. */
export type TermSamples = { selector: string; series: RawSeries[] }

/**
 * A sample is stored some seconds after its timestamp (a scrape takes up to its timeout), so a series may look
 * this much older than the reading that first sees it and yet be new.
 */
const SETTLE_MS = 60_000

/**
 * The deltas since the cursors, and the new cursors. `readFrom` is where the last reading ended, Unix seconds.
 * A series without cursor counts from 0 when its first sample is newer than that; otherwise its past is unknown,
 * its first sample is only a starting point, and the minute is marked broken.
 */
export function countSamples(
  slo: CountedSlo,
  terms: TermSamples[],
  cursors: Cursor[],
  readFrom: number,
): { deltas: CellDelta[]; cursors: Cursor[] } {
  const before = new Map(cursors.map((cursor) => [cursor.series, cursor]))
  const after: Cursor[] = []
  const minutes = new Map<string, CellDelta & { bad: number }>()
  const bornAfterMs = readFrom * 1000 - SETTLE_MS

  for (const { selector, series } of terms) {
    const weight = weightOf(slo, selector)
    const offsetSeconds = offsetOf(slo, selector)
    for (const { labels, samples } of series) {
      const key = seriesKey(selector, labels, offsetSeconds)
      const region = regionOf(slo, labels)
      const reader = new CounterReader(key, before.get(key))
      for (const { timestampMs, value } of samples) {
        const change = reader.next(timestampMs, value)
        if (!change) continue
        const { events, smeared, broken } = sinceReading(change, timestampMs > bornAfterMs)
        // Only the total says that the source reported: errors may have no series for years.
        if (weight.total === 0 && events === 0) continue
        const minute = Math.floor(timestampMs / 60_000) * 60
        const cellKey = `${region}\n${minute}`
        const cell = minutes.get(cellKey) ?? { slo: slo.slo, region, minute, good: 0, total: 0, bad: 0 }
        minutes.set(cellKey, cell)
        cell.total += weight.total * events
        cell.bad += weight.bad * events
        if (smeared) cell.smeared = true
        if (broken) cell.broken = true
      }
      const { last } = reader
      if (last && last !== before.get(key)) after.push(last)
    }
  }
  const deltas = [...minutes.values()].map(({ bad, ...cell }) => ({ ...cell, good: cell.total - bad }))
  return { deltas, cursors: after }
}

/** A first sample counts only when the series was born since the last reading. */
function sinceReading(change: Change, born: boolean): Change {
  return change.first && !born ? { events: 0, broken: true } : change
}
