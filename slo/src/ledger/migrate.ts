/** Forward-only migrations: `NNNNNN_name.sql`, each applied once, in order, in one transaction with its number. */
import { readdirSync, readFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'

export const MIGRATIONS = new URL('../../migrations/', import.meta.url)

/** Returns the names that were applied now. Throws when the database is newer than this program. */
export function migrate(db: DatabaseSync): string[] {
  const files = readdirSync(MIGRATIONS)
    .filter((name) => /^\d{6}_[a-z0-9_]+\.sql$/.test(name))
    .sort()
  const versionOf = (name: string) => Number(name.slice(0, 6))
  const applied: string[] = []
  // IMMEDIATE: two programs that start at once must not both find the same migration missing.
  db.exec('BEGIN IMMEDIATE')
  try {
    const row = db.prepare('PRAGMA user_version').get() as { user_version: number }
    const newest = Math.max(0, ...files.map(versionOf))
    if (row.user_version > newest)
      throw new Error(
        `ledger: the database is at migration ${row.user_version}, this program knows ${newest}; run a newer one`,
      )
    for (const name of files.filter((file) => versionOf(file) > row.user_version)) {
      db.exec(readFileSync(new URL(name, MIGRATIONS), 'utf8'))
      db.exec(`PRAGMA user_version = ${versionOf(name)}`)
      applied.push(name)
    }
    db.exec('COMMIT')
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
  return applied
}

/** The schema as text, for review: `migrations/schema.sql` holds it and a test compares the two. */
export function dumpSchema(db: DatabaseSync): string {
  const rows = db
    .prepare(
      "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY tbl_name, type DESC, name",
    )
    .all() as { sql: string }[]
  return `${rows.map(({ sql }) => `${sql};`).join('\n\n')}\n`
}
