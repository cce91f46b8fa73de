/**
 * The ledger against the least that SQLite could do: the same deltas as bare upserts of one row each. The ledger
 * writes three tiers, coverage and the sender's sequence in the same transaction.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type CellDelta, openSqliteLedger, rollingWindow } from '@plimsoll/slo/ledger'
import type { Benchmark } from './run.ts'

const DAY = 86_400
const START = 20_000 * DAY
const SLOS = 20
const DAYS = 28
/** One envelope's worth: every SLO in every region over some minutes. */
const MINUTES_PER_BATCH = 50

const benchmark: Benchmark = {
  name: 'ledger',
  description: 'applying deltas against bare SQLite upserts; reading a 27-day window',
  async run() {
    const directory = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'))
    try {
      const batches = makeBatches()
      const cells = batches.reduce((sum, batch) => sum + batch.length, 0)
      const floor = cells / secondsOf(() => bareUpserts(join(directory, 'bare.db'), batches))

      const ledger = openSqliteLedger(join(directory, 'ledger.db'))
      const now = START + DAYS * DAY
      const started = performance.now()
      for (const [sequence, deltas] of batches.entries())
        await ledger.apply({ envelope: { producer: 'bench', epoch: 1, sequence }, deltas }, now)
      const applied = cells / ((performance.now() - started) / 1000)

      const { from, to } = rollingWindow(now - 12_345, 27 * DAY)
      const reads = 200
      const readStarted = performance.now()
      for (let i = 0; i < reads; i++) await ledger.read(`slo-${i % SLOS}`, from, to)
      const readMs = (performance.now() - readStarted) / reads
      const bareMs = bareRead(join(directory, 'ledger.db'), from, to)
      await ledger.close()

      const thousands = (rate: number) => `${Math.round(rate / 1000)} thousand cells/s`
      console.log(`ledger: ${cells} cells of ${SLOS} SLOs in 2 regions over ${DAYS} days`)
      console.log(
        `  apply   ${thousands(applied)}; bare upsert of one row ${thousands(floor)}; ratio ${(applied / floor).toFixed(2)}`,
      )
      console.log(
        `  read    ${readMs.toFixed(2)} ms for one SLO's 27-day ragged window; by minute rows ${bareMs.toFixed(2)} ms`,
      )
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
}
export default benchmark

function makeBatches(): CellDelta[][] {
  const batches: CellDelta[][] = []
  for (let minute = 0; minute < DAYS * 1440; minute += MINUTES_PER_BATCH) {
    const batch: CellDelta[] = []
    for (let slo = 0; slo < SLOS; slo++)
      for (const region of ['us-east', 'eu-west'])
        for (let i = 0; i < MINUTES_PER_BATCH && minute + i < DAYS * 1440; i++)
          batch.push({ slo: `slo-${slo}`, region, minute: START + (minute + i) * 60, good: 99, total: 100 })
    batches.push(batch)
  }
  return batches
}

function bareUpserts(file: string, batches: CellDelta[][]): void {
  const db = new DatabaseSync(file)
  db.exec(`PRAGMA journal_mode = WAL; CREATE TABLE cells (series INTEGER, minute INTEGER, good INTEGER, total INTEGER,
    PRIMARY KEY (series, minute)) STRICT, WITHOUT ROWID`)
  const upsert = db.prepare(`INSERT INTO cells VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
    SET good = good + excluded.good, total = total + excluded.total`)
  const ids = new Map<string, number>()
  for (const batch of batches) {
    db.exec('BEGIN')
    for (const { slo, region, minute, good, total } of batch) {
      const key = slo + region
      const id = ids.get(key) ?? ids.size
      ids.set(key, id)
      upsert.run(id, minute, good, total)
    }
    db.exec('COMMIT')
  }
  db.close()
}

/** The same answer from minute rows alone, milliseconds. */
function bareRead(file: string, from: number, to: number): number {
  const db = new DatabaseSync(file, { readOnly: true })
  const query = db.prepare(`SELECT region, sum(good), sum(total) FROM series JOIN cells ON series = id
    WHERE slo = 'slo-1' AND tier = 60 AND start >= ? AND start < ? GROUP BY region`)
  query.all(from, to)
  const seconds = secondsOf(() => query.all(from, to))
  db.close()
  return seconds * 1000
}

function secondsOf(work: () => void): number {
  const started = performance.now()
  work()
  return (performance.now() - started) / 1000
}
