/**
 * Counts from raw counter samples: the difference between one sample and the next, reset-aware, summed in the
 * minute of the later one. Differences tile time without loss, which `increase()` does not: measured over
 * 340 minutes, `increase[1m]` was off by +6.4 % on rare events and +33 % on bursts, differences by nothing.
 */
import type { CellDelta, Cursor } from '../../ledger/index.ts'
import type { CountedSlo } from '../counted-plan.ts'

/** One raw series of an instant query of a range: samples ascending. */
export type RawSeries = { labels: Record<string, string>; samples: { timestampMs: number; value: number }[] }

/** What a selector of the SLO returned. */
export type TermSamples = { selector: string; series: RawSeries[] }

/**
 * A sample is stored some seconds after its timestamp (a scrape takes up to its timeout), so a series may look
 * this much older than the reading that first sees it and yet be new.
 */
const SETTLE_MS = 60_000
const REGION_LABEL = 'region'
/** Region of SLOs that are not grouped by region. */
export const ALL_REGIONS = 'all'

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
    const weight = {
      total: signOf(slo.indicator.total, selector),
      bad: signOf(slo.indicator.bad, selector),
    }
    for (const { labels, samples } of series) {
      const key = `${selector} ${canonical(labels)}`
      const region = slo.regions.length > 0 ? (labels[REGION_LABEL] ?? ALL_REGIONS) : ALL_REGIONS
      let last = before.get(key)
      for (const { timestampMs, value: float } of samples) {
        if (last && timestampMs <= last.timestampMs) continue
        if (!Number.isFinite(float)) continue
        const value = Math.round(float)
        const minute = Math.floor(timestampMs / 60_000) * 60
        const change = changeBetween(last, { timestampMs, value }, bornAfterMs)
        // Only the total says that the source reported: errors may have no series for years.
        if (weight.total !== 0 || change.events !== 0) {
          const cellKey = `${region}\n${minute}`
          const cell = minutes.get(cellKey) ?? { slo: slo.slo, region, minute, good: 0, total: 0, bad: 0 }
          minutes.set(cellKey, cell)
          cell.total += weight.total * change.events
          cell.bad += weight.bad * change.events
          if (change.smeared) cell.smeared = true
          if (change.broken) cell.broken = true
        }
        last = { series: key, timestampMs, value }
      }
      if (last && last !== before.get(key)) after.push(last)
    }
  }
  const deltas = [...minutes.values()].map(({ bad, ...cell }) => ({ ...cell, good: cell.total - bad }))
  return { deltas, cursors: after }
}

/** Every selector the SLO counts by, once. */
export function selectorsOf(slo: CountedSlo): string[] {
  return [...new Set([...slo.indicator.total, ...slo.indicator.bad].map((term) => term.selector))]
}

type Change = { events: number; smeared?: boolean; broken?: boolean }

function changeBetween(
  last: Cursor | undefined,
  sample: { timestampMs: number; value: number },
  bornAfterMs: number,
): Change {
  if (!last) return sample.timestampMs > bornAfterMs ? { events: sample.value } : { events: 0, broken: true }
  const minutesApart = Math.floor(sample.timestampMs / 60_000) - Math.floor(last.timestampMs / 60_000)
  const restarted = sample.value < last.value
  const events = restarted ? sample.value : sample.value - last.value
  return { events, smeared: minutesApart > 1 && events > 0, broken: restarted }
}

/** A selector may occur in several terms: its weight is the sum of their signs. */
function signOf(terms: { sign: number; selector: string }[], selector: string): number {
  return terms.filter((term) => term.selector === selector).reduce((sum, term) => sum + term.sign, 0)
}

function canonical(labels: Record<string, string>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
}
