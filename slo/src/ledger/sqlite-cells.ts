/** Adds deltas to the three tiers: Σ minutes = hour and Σ hours = day hold after every transaction. */
import type { DatabaseSync } from 'node:sqlite'
import { MINUTE, startOf, TIERS } from './time.ts'
import type { CellDelta } from './types.ts'

type Cell = { good: number; total: number; seen: number; smeared: number; broken: number }

export function cellWriter(db: DatabaseSync): (deltas: CellDelta[]) => void {
  const findSeries = db.prepare('SELECT id FROM series WHERE slo = ? AND region = ?')
  const addSeries = db.prepare('INSERT INTO series (slo, region) VALUES (?, ?) RETURNING id')
  const flags = db.prepare(
    `SELECT smeared, broken FROM cells WHERE series = ? AND tier = ${MINUTE} AND start = ?`,
  )
  const add = db.prepare(`INSERT INTO cells (series, tier, start, good, total, seen, smeared, broken)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (series, tier, start) DO UPDATE SET good = good + excluded.good, total = total + excluded.total,
      seen = seen + excluded.seen, smeared = smeared + excluded.smeared, broken = broken + excluded.broken`)

  function seriesId(slo: string, region: string): number {
    const row = (findSeries.get(slo, region) ?? addSeries.get(slo, region)) as { id: number }
    return row.id
  }

  return (deltas) => {
    for (const [series, minutes] of byMinute(deltas, seriesId)) {
      // Hours and days are summed here first: a batch touches each of them once.
      const tiers = TIERS.map(() => new Map<number, Cell>())
      for (const [minute, cell] of minutes) {
        // What is true of a minute is true once, however many batches say so.
        const before = flags.get(series, minute) as { smeared: number; broken: number } | undefined
        const change: Cell = {
          ...cell,
          seen: before ? 0 : 1,
          smeared: Math.max(0, cell.smeared - (before?.smeared ?? 0)),
          broken: Math.max(0, cell.broken - (before?.broken ?? 0)),
        }
        TIERS.forEach((tier, i) => {
          addTo(tiers[i], startOf(tier, minute), change)
        })
      }
      TIERS.forEach((tier, i) => {
        for (const [start, cell] of tiers[i] ?? [])
          add.run(series, tier, start, cell.good, cell.total, cell.seen, cell.smeared, cell.broken)
      })
    }
  }
}

function byMinute(
  deltas: CellDelta[],
  seriesId: (slo: string, region: string) => number,
): Map<number, Map<number, Cell>> {
  const ids = new Map<string, number>()
  const result = new Map<number, Map<number, Cell>>()
  for (const { slo, region, minute, good, total, smeared, broken } of deltas) {
    const key = `${slo}\n${region}`
    const id = ids.get(key) ?? seriesId(slo, region)
    ids.set(key, id)
    const minutes = result.get(id) ?? new Map<number, Cell>()
    result.set(id, minutes)
    const cell = minutes.get(minute) ?? { good: 0, total: 0, seen: 1, smeared: 0, broken: 0 }
    minutes.set(minute, {
      good: cell.good + good,
      total: cell.total + total,
      seen: 1,
      smeared: Math.max(cell.smeared, smeared ? 1 : 0),
      broken: Math.max(cell.broken, broken ? 1 : 0),
    })
  }
  return result
}

function addTo(cells: Map<number, Cell> | undefined, start: number, change: Cell): void {
  const cell = cells?.get(start)
  cells?.set(start, {
    good: (cell?.good ?? 0) + change.good,
    total: (cell?.total ?? 0) + change.total,
    seen: (cell?.seen ?? 0) + change.seen,
    smeared: (cell?.smeared ?? 0) + change.smeared,
    broken: (cell?.broken ?? 0) + change.broken,
  })
}
