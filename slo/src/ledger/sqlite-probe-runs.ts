/** The last probe runs, to look at. Failed ones are kept longer: they are what spent a budget. */
import type { DatabaseSync } from 'node:sqlite'
import type { ProbeResult } from '@plimsoll/instrumentation/envelope'
import type { ProbePair, ProbeRunFilter } from './types.ts'

/** So many of all, and beyond them so many that failed. */
const KEEP_RUNS = 5000
const COLUMNS = ['flow', 'vantage', 'region', 'verdict'] as const

export function probeRunStore(db: DatabaseSync): {
  /** Once each. Must run in the transaction that applies their counts. */
  add(runs: ProbeResult[]): void
  find(filter: ProbeRunFilter): ProbeResult[]
  get(runId: string): ProbeResult | undefined
  pairs(): ProbePair[]
} {
  const insert = db.prepare(`INSERT OR IGNORE INTO probe_runs
    (run_id, flow, vantage, region, verdict, ended_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)`)
  const dropGood = db.prepare(
    "DELETE FROM probe_runs WHERE verdict = 'ok' AND id <= (SELECT max(id) FROM probe_runs) - ?",
  )
  const dropFailed = db.prepare(`DELETE FROM probe_runs WHERE verdict <> 'ok' AND id <=
    (SELECT id FROM probe_runs WHERE verdict <> 'ok' ORDER BY id DESC LIMIT 1 OFFSET ?)`)
  const byId = db.prepare('SELECT body FROM probe_runs WHERE run_id = ?')
  const pairs = db.prepare('SELECT DISTINCT flow, vantage, region FROM probe_runs ORDER BY 1, 2, 3')

  return {
    add(runs) {
      for (const run of runs) {
        const { runId, flow, vantage, region, verdict, endedAt } = run
        insert.run(runId, flow, vantage, region, verdict, endedAt, JSON.stringify(run))
      }
      if (runs.length > 0) dropGood.run(KEEP_RUNS)
      if (runs.some(({ verdict }) => verdict !== 'ok')) dropFailed.run(KEEP_RUNS)
    },
    find(filter) {
      const { since = null, limit } = filter
      const asked = COLUMNS.filter((column) => filter[column] !== undefined)
      // Only what is asked for stands in the query, so that it finds its index.
      const conditions = [
        ...asked.map((column) => `${column} = ?`),
        ...(since === null ? [] : ['ended_at >= ?']),
      ]
      const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''
      const values = [...asked.map((column) => filter[column] ?? null), ...(since === null ? [] : [since])]
      const rows = db
        .prepare(`SELECT body FROM probe_runs ${where} ORDER BY ended_at DESC LIMIT ?`)
        .all(...values, limit) as { body: string }[]
      return rows.map(({ body }) => JSON.parse(body) as ProbeResult)
    },
    get(runId) {
      const row = byId.get(runId) as { body: string } | undefined
      return row && (JSON.parse(row.body) as ProbeResult)
    },
    pairs() {
      return pairs.all().map((row) => ({ ...row }) as ProbePair)
    },
  }
}
