/** Drops what is past its retention, except the slices that an edge of a window cuts. */
import type { DatabaseSync } from 'node:sqlite'
import { RETENTION_SECONDS } from './retention.ts'
import { DAY, HOUR, startOf } from './time.ts'
import type { Keep } from './types.ts'

/** Must run in a transaction. */
export function prune(
  db: DatabaseSync,
  nowSeconds: number,
  { minutesOf, edges }: Keep = { minutesOf: [], edges: [] },
): void {
  // A promise that began in the middle of an hour cuts that hour in every window it is in.
  const begins = db.prepare('SELECT effective_from AS at FROM revisions').all() as { at: number }[]
  const cuts = [...edges, ...begins.map(({ at }) => at)]
  const cutBy = (coarser: number) =>
    JSON.stringify([...new Set(cuts.map((at) => startOf(coarser, at)))].sort((a, b) => a - b))
  const { minutes, hours, cursors, quarantine } = RETENTION_SECONDS
  db.prepare(`DELETE FROM cells WHERE tier = 60 AND start < :old
    AND start / ${HOUR} * ${HOUR} NOT IN (SELECT value FROM json_each(:cut))
    AND (start < :oldest OR series NOT IN
      (SELECT id FROM series WHERE slo IN (SELECT value FROM json_each(:kept))))`).run({
    old: Math.floor(nowSeconds - minutes),
    oldest: Math.floor(nowSeconds - hours),
    cut: cutBy(HOUR),
    kept: JSON.stringify(minutesOf),
  })
  db.prepare(`DELETE FROM cells WHERE tier = ${HOUR} AND start < ?
    AND start / ${DAY} * ${DAY} NOT IN (SELECT value FROM json_each(?))`).run(
    Math.floor(nowSeconds - hours),
    cutBy(DAY),
  )
  db.prepare('DELETE FROM source_cursors WHERE timestamp_ms < ?').run(
    Math.floor((nowSeconds - cursors) * 1000),
  )
  db.prepare('DELETE FROM quarantine WHERE arrived_at < ?').run(Math.floor(nowSeconds - quarantine))
}
