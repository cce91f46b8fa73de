import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openSqliteLedger } from './sqlite.ts'
import { DAY } from './time.ts'
import type { Ledger } from './types.ts'

const MINUTE_ZERO = 20_000 * DAY
const directory = mkdtempSync(join(tmpdir(), 'plimsoll-crash-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** Counts of the day by tier: they must agree whatever happened. */
async function totals(ledger: Ledger): Promise<number[]> {
  const tiers = [60, 3600, 86_400] as const
  const sums = tiers.map(async (tier) =>
    (await ledger.slices('pull', tier, MINUTE_ZERO, MINUTE_ZERO + DAY)).reduce(
      (sum, { total }) => sum + total,
      0,
    ),
  )
  return Promise.all(sums)
}

/** Lets a writer acknowledge some envelopes, kills it with SIGKILL, and returns the last it acknowledged. */
async function writeAndKill(file: string, first: number, enough: number): Promise<number> {
  const writer = join(import.meta.dirname, 'crash-writer.ts')
  const child = spawn(process.execPath, [writer, file, String(first), String(MINUTE_ZERO)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    if (text.split('\n').length > enough) child.kill('SIGKILL')
  })
  await once(child, 'close')
  return Number(text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1))
}

test('a writer killed in the middle of writing, again and again, loses nothing it acknowledged', async () => {
  const file = join(directory, 'killed.db')
  let next = 0
  for (const enough of [20, 7, 33]) {
    const acknowledged = await writeAndKill(file, next, enough)
    const ledger = openSqliteLedger(file)
    const applied = await totals(ledger)
    // One more may be safe than was acknowledged: its re-send is a duplicate.
    expect([2 * (acknowledged + 1), 2 * (acknowledged + 2)]).toContain(applied[0])
    expect(new Set(applied).size).toBe(1)
    expect((await ledger.health()).missingEnvelopes).toBe(0)
    await ledger.close()
    next = acknowledged + 1
  }
})

test('a write-ahead log torn anywhere leaves a state in which counts and sequence agree', async () => {
  const file = join(directory, 'whole.db')
  const ledger = openSqliteLedger(file)
  for (let sequence = 0; sequence < 40; sequence++)
    await ledger.apply(
      {
        envelope: { producer: 'writer', epoch: 1, sequence },
        deltas: [{ slo: 'pull', region: 'us-east', minute: MINUTE_ZERO + sequence * 60, good: 1, total: 2 }],
      },
      MINUTE_ZERO + DAY,
    )
  const walBytes = statSync(`${file}-wal`).size
  const survivors = new Set<number>()
  for (let tear = 1; tear <= 12; tear++) {
    const torn = join(directory, `torn-${tear}.db`)
    copyFileSync(file, torn)
    copyFileSync(`${file}-wal`, `${torn}-wal`)
    truncateSync(`${torn}-wal`, Math.floor((walBytes * tear) / 13) + tear)
    const reopened = openSqliteLedger(torn)
    const [minutes, hours, days] = await totals(reopened)
    expect([hours, days]).toEqual([minutes, minutes])
    // The next envelope the sender would number is the first that is not a duplicate.
    const applied = (minutes ?? 0) / 2
    const again = await Promise.all(
      [applied - 1, applied].map(
        async (sequence) =>
          sequence >= 0 &&
          (
            await reopened.apply(
              { envelope: { producer: 'writer', epoch: 1, sequence }, deltas: [] },
              MINUTE_ZERO,
            )
          ).status,
      ),
    )
    expect(again).toEqual([applied > 0 && 'duplicate', 'applied'])
    survivors.add(applied)
    await reopened.close()
  }
  expect(survivors.size).toBeGreaterThan(3) // the tears did hit different places
  await ledger.close()
})
