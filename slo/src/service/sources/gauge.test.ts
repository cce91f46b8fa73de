import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSqliteLedger } from '../../ledger/index.ts'
import type { CountedSlo } from '../counted-plan.ts'
import { HUB } from '../testing/plan-fixture.ts'
import { startPrometheus, type TestPrometheus } from '../testing/prometheus.ts'
import { countSlices, readGauge } from './gauge.ts'
import { prometheusValues } from './prometheus-client.ts'

const SLICE = 300
const LAG: CountedSlo = {
  ...HUB,
  slo: 'replication-lag',
  regions: ['us-east', 'eu-west'],
  budgetingMethod: 'Timeslices',
  slices: { seconds: SLICE, goodRatio: '0.95' },
  indicator: {
    kind: 'threshold',
    good: 'a sample that is at most 30',
    total: [],
    bad: [],
    badShareExpr: '1 - ((lag_seconds) <= bool 30)',
  },
}
const directory = mkdtempSync(join(tmpdir(), 'plimsoll-gauge-'))
const start = Math.floor((Date.now() / 1000 - 3 * 3600) / 3600) * 3600
let prometheus: TestPrometheus

/**
 * A sample every 30 s, just after the half minute. Six slices of five minutes: good; 6 of 10 samples bad; good;
 * silence from 15:00 to 25:00, of which Prometheus takes the last sample as valid for five minutes; good again.
 */
beforeAll(async () => {
  const lines = Array.from({ length: 60 }, (_, i) => i * 30)
    .filter((second) => second < 900 || second >= 1500)
    .map(
      (second) =>
        `lag_seconds{region="us-east"} ${second >= 300 && second < 480 ? 90 : 1} ${start + second + 1}`,
    )
  const history = join(directory, 'history.om')
  writeFileSync(history, ['# TYPE lag_seconds gauge', ...lines, '# EOF', ''].join('\n'))
  execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', history, join(directory, 'data')], {
    stdio: 'ignore',
  })
  prometheus = await startPrometheus(directory)
})
afterAll(async () => {
  await prometheus?.stop()
  rmSync(directory, { recursive: true, force: true })
})

test('a gauge is read by slices, over downtime of the reader, once each; a slice that nobody saw stays unseen', async () => {
  const ledger = openSqliteLedger(':memory:')
  const asked: number[] = []
  const client = prometheusValues(prometheus.url, new AbortController().signal)
  const valuesAt: typeof client = (expr, from, to, step) => {
    asked.push(from - start, to - start)
    return client(expr, from, to, step)
  }
  await readGauge(LAG, ledger, valuesAt, start + 310) // the first slice; then nobody reads for 25 minutes
  await readGauge(LAG, ledger, valuesAt, start + 1810)
  await readGauge(LAG, ledger, valuesAt, start + 2099) // no other slice has ended
  expect(asked).toEqual([300, 300, 600, 1800])
  const read = (goodRatio?: string) =>
    ledger
      .read(LAG.slo, start, start + 1800, { seconds: SLICE, goodRatio })
      .then((sums) => sums.get('us-east'))
  // The fifth slice is unseen: 25 minutes.
  expect(await read('0.95')).toMatchObject({ good: 4, total: 5, seenMinutes: 25 })
  // Judged anew: a slice with 4 of 10 good samples is good enough for 0.4, and counts as 0.4 without a line.
  expect(await read('0.4')).toMatchObject({ good: 5, total: 5 })
  expect(await read()).toMatchObject({ good: 4_400_000, total: 5_000_000 })
  expect([...(await ledger.lastSeen(LAG.slo)).keys()]).toEqual(['us-east'])
  await ledger.close()
})

test('a share that is no number is not seen, and one outside 0 to 1 is cut', () => {
  const samples = [Number.NaN, 1.5, -1].map((value, i) => ({
    timestampMs: (start + (i + 1) * SLICE) * 1000,
    value,
  }))
  const cells = countSlices(LAG, [{ labels: { region: 'eu-west' }, samples }], SLICE)
  expect(
    cells.filter(({ total }) => total > 0).map(({ minute, good, region }) => [minute - start, good, region]),
  ).toEqual([
    [SLICE, 0, 'eu-west'],
    [2 * SLICE, 1_000_000, 'eu-west'],
  ])
  expect(cells).toHaveLength(10)
})
