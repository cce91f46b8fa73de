/** Child process of crash.test.ts: reads an SLO of a Prometheus into a ledger in steps of a minute, and says each. */
import { writeSync } from 'node:fs'
import { openSqliteLedger } from '../../ledger/index.ts'
import { HUB } from '../testing/plan-fixture.ts'
import { readSlo } from './prometheus.ts'
import { prometheusClient } from './prometheus-client.ts'

const [file = '', url = '', from = '0', to = '0'] = process.argv.slice(2)
const ledger = openSqliteLedger(file)
const rawSamples = prometheusClient(url, new AbortController().signal)
const position = await ledger.position(HUB.slo)
for (let readTo = position?.readTo ?? Number(from); readTo <= Number(to); readTo += 60) {
  await readSlo(HUB, ledger, rawSamples, readTo)
  writeSync(1, `${readTo}\n`)
}
