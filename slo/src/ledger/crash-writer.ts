/** Child process of crash.test.ts: applies envelopes from `argv[3]` on, and prints each sequence it was told is safe. */
import { writeSync } from 'node:fs'
import { openSqliteLedger } from './sqlite.ts'

const [file = '', first = '0', minute = '0'] = process.argv.slice(2)
const ledger = openSqliteLedger(file)
for (let sequence = Number(first); ; sequence++) {
  const deltas = [
    { slo: 'pull', region: 'us-east', minute: Number(minute) + (sequence % 90) * 60, good: 1, total: 2 },
  ]
  await ledger.apply(
    { envelope: { producer: 'writer', epoch: 1, sequence }, deltas },
    Number(minute) + 86_400,
  )
  writeSync(1, `${sequence}\n`)
}
