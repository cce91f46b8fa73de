import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openSqliteLedger } from '../../ledger/index.ts'
import { HUB } from '../testing/plan-fixture.ts'
import { startPrometheus, type TestPrometheus } from '../testing/prometheus.ts'

const directory = mkdtempSync(join(tmpdir(), 'plimsoll-reader-'))
let prometheus: TestPrometheus | undefined
afterEach(async () => {
  await prometheus?.stop()
  rmSync(directory, { recursive: true, force: true })
})

/** Reads on from where the ledger stands; killed with SIGKILL after so many steps. */
async function readAndKill(file: string, from: number, to: number, steps: number): Promise<void> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'crash-reader.ts'), file, prometheus?.url ?? '', String(from), String(to)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let seen = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    seen += text.split('\n').length - 1
    if (seen >= steps) child.kill('SIGKILL')
  })
  await once(child, 'close')
}

test('a reader killed again and again, and then down for ten minutes, has counted every event once', async () => {
  // An hour of a request every second and an error every ten, scraped every 15 s, 7 s off the minute. From minute 20
  // to minute 30 Prometheus itself was down: requests went on, and nobody measured.
  const start = Math.floor((Date.now() / 1000 - 3 * 3600) / 3600) * 3600
  const scrapes = Array.from({ length: 240 }, (_, i) => i * 15 + 7).filter((at) => at < 1200 || at >= 1800)
  const series = (code: string, per: number) =>
    scrapes.map(
      (at) => `requests_total{code="${code}",region="us-east"} ${Math.floor(at / per)} ${start + at}`,
    )
  const history = join(directory, 'history.om')
  writeFileSync(
    history,
    ['# TYPE requests counter', ...series('200', 1), ...series('500', 10), '# EOF', ''].join('\n'),
  )
  execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', history, join(directory, 'data')], {
    stdio: 'ignore',
  })
  prometheus = await startPrometheus(directory)
  const file = join(directory, 'ledger.db')
  for (const steps of [3, 8, 1, 5]) await readAndKill(file, start + 60, start + 3000, steps)
  await readAndKill(file, start, start + 3600, Number.POSITIVE_INFINITY)

  const ledger = openSqliteLedger(file)
  const sum = (await ledger.read(HUB.slo, start, start + 3600)).get('us-east')
  // Nobody knew the series before, so they count from 0; the last scrape, at 3592 s, found 3592 and 359.
  const total = 3592 + 359
  expect(sum).toMatchObject({ total, good: total - 359, seenMinutes: 50, smearedMinutes: 1 })
  await ledger.close()
})
