/**
 * Exactly once: which envelopes of a producer's epoch were applied, whatever the order they came in.
 * Everything below `next_sequence` was, except the ranges that are still missing.
 */
import type { DatabaseSync } from 'node:sqlite'

type Key = { producer: string; epoch: number; sequence: number }

/** False when it was applied before. Must run in the transaction that applies the counts. */
export function claimEnvelope(db: DatabaseSync, { producer, epoch, sequence }: Key): boolean {
  const sender = [producer, epoch] as const
  const row = db
    .prepare('SELECT next_sequence AS next FROM producers WHERE producer = ? AND epoch = ?')
    .get(...sender) as { next: number } | undefined
  const next = row?.next ?? 0
  const addMissing = (first: number, last: number) => {
    if (first <= last)
      db.prepare('INSERT INTO missing_envelopes VALUES (?, ?, ?, ?)').run(...sender, first, last)
  }
  if (sequence >= next) {
    addMissing(next, sequence - 1)
    db.prepare('INSERT OR REPLACE INTO producers VALUES (?, ?, ?)').run(...sender, sequence + 1)
    return true
  }
  const gap = db
    .prepare(`DELETE FROM missing_envelopes WHERE producer = ? AND epoch = ? AND first_sequence <= ?
      AND last_sequence >= ? RETURNING first_sequence AS first, last_sequence AS last`)
    .get(...sender, sequence, sequence) as { first: number; last: number } | undefined
  if (!gap) return false
  addMissing(gap.first, sequence - 1)
  addMissing(sequence + 1, gap.last)
  return true
}
