import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import { dumpSchema, MIGRATIONS, migrate } from './migrate.ts'
import { openSqliteLedger } from './sqlite.ts'

const directory = mkdtempSync(join(tmpdir(), 'plimsoll-migrate-'))
const file = join(directory, 'ledger.db')
afterAll(() => rmSync(directory, { recursive: true, force: true }))

test('from empty, the migrations give the committed schema; a second time they do nothing', () => {
  const db = new DatabaseSync(':memory:')
  expect(migrate(db).length).toBeGreaterThan(0)
  expect(dumpSchema(db)).toBe(readFileSync(new URL('schema.sql', MIGRATIONS), 'utf8'))
  expect(migrate(db)).toEqual([])
  db.close()
})

test('a database from a newer program is refused and left as it is', async () => {
  await openSqliteLedger(file).close()
  const db = new DatabaseSync(file)
  db.exec('PRAGMA user_version = 999999')
  db.close()
  expect(() => openSqliteLedger(file)).toThrow('run a newer one')
})
