import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSqliteLedger } from '../../ledger/index.ts'
import type { CountedSlo } from '../counted-plan.ts'
import { HUB } from '../testing/plan-fixture.ts'
import { startPrometheus, type TestPrometheus } from '../testing/prometheus.ts'
import { readSlo } from './prometheus.ts'
import { prometheusClient, type RawSamples } from './prometheus-client.ts'

let directory: string
let prometheus: TestPrometheus | undefined
const end = new AbortController()
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'plimsoll-source-'))
})
afterEach(async () => {
  await prometheus?.stop()
  prometheus = undefined
  rmSync(directory, { recursive: true, force: true })
})

const nowSeconds = () => Math.floor(Date.now() / 1000)

test('three hours of downtime are read back exactly, over a scrape gap and a restart', async () => {
  // Every 15 s, 7 s off the minute: 3 requests, and an error every 20th time. A 12-minute gap from 01:00 on
  // in which events go on; a restart at 02:00 that loses nothing, as the process had just been scraped.
  const start = Math.floor((nowSeconds() - 4 * 3600) / 3600) * 3600
  const lines: string[] = []
  const expected = { total: 0, bad: 0 }
  const since = { total: 0, bad: 0 }
  for (let i = 0; i < 3 * 240; i++) {
    const error = i % 20 === 19 ? 1 : 0
    if (i === 480) Object.assign(since, { total: 0, bad: 0 })
    since.total += 3
    since.bad += error
    expected.total += 3
    expected.bad += error
    const inGap = i >= 240 && i < 288
    const at = start + i * 15 + 7
    if (!inGap) lines.push(`requests_total{code="2xx",region="us-east"} ${since.total - since.bad} ${at}`)
    if (!inGap) lines.push(`requests_total{code="500",region="us-east"} ${since.bad} ${at}`)
  }
  const history = join(directory, 'history.om')
  const sorted = ['2xx', '500'].flatMap((code) => lines.filter((line) => line.includes(code)))
  writeFileSync(history, ['# TYPE requests counter', ...sorted, '# EOF', ''].join('\n'))
  execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', history, join(directory, 'data')], {
    stdio: 'ignore',
  })
  prometheus = await startPrometheus(directory)

  const asked: number[] = []
  const client = prometheusClient(prometheus.url, end.signal)
  const rawSamples: RawSamples = (selector, rangeSeconds, at) => {
    asked.push(rangeSeconds)
    return client(selector, rangeSeconds, at)
  }
  const ledger = openSqliteLedger(':memory:')
  await readSlo(HUB, ledger, rawSamples, start + 20) // sees the first sample, then is down for three hours
  await readSlo(HUB, ledger, rawSamples, start + 3 * 3600)

  const counted = {
    total: expected.total,
    good: expected.total - expected.bad,
    seenMinutes: 180 - 12,
    smearedMinutes: 1,
    brokenMinutes: 1,
  }
  const sum = (await ledger.read(HUB.slo, start, start + 3 * 3600)).get('us-east')
  expect(sum).toEqual(counted)
  expect(Math.max(...asked)).toBeLessThanOrEqual(3600 + 300)

  // With an offset of five minutes the same counts are those of five minutes later, to the minute.
  const late = readLate(HUB, 300)
  await readSlo(late, ledger, rawSamples, start + 300 + 20)
  await readSlo(late, ledger, rawSamples, start + 300 + 3 * 3600)
  const [first, last] = [start + 300, start + 300 + 3 * 3600]
  expect((await ledger.read(late.slo, first, last)).get('us-east')).toEqual(counted)
  // The gap of 12 minutes began after an hour.
  const inGap = await ledger.read(late.slo, first + 3600, first + 3600 + 12 * 60)
  expect(inGap.get('us-east')?.seenMinutes ?? 0).toBe(0)
  await ledger.close()
})

/** The SLO with an offset in its queries. */
function readLate(slo: CountedSlo, offsetSeconds: number): CountedSlo {
  const { total, bad } = slo.indicator
  const [lateTotal, lateBad] = [total, bad].map((terms) => terms.map((term) => ({ ...term, offsetSeconds })))
  const indicator = { ...slo.indicator, offsetSeconds, total: lateTotal ?? [], bad: lateBad ?? [] }
  return { ...slo, slo: `${slo.slo}-late`, indicator }
}

test('a changed offset counts nothing again: samples at other times are those of other series', async () => {
  // One request a second for an hour, as of a million, scraped every 15 s.
  const rawSamples: RawSamples = async (_, rangeSeconds, at) => {
    const from = Math.max(0, Math.ceil((at - rangeSeconds) / 15))
    const samples = Array.from({ length: Math.floor(at / 15) - from + 1 }, (_, i) => ({
      timestampMs: (from + i) * 15_000,
      value: 1_000_000 + (from + i) * 15,
    }))
    return [{ labels: { region: 'us-east' }, samples }]
  }
  const ledger = openSqliteLedger(':memory:')
  const slo: CountedSlo = { ...HUB, indicator: { ...HUB.indicator, bad: [] } }
  await readSlo(slo, ledger, rawSamples, 1200)
  await readSlo(slo, ledger, rawSamples, 1800)
  const late = { ...readLate(slo, 300), slo: slo.slo }
  await readSlo(late, ledger, rawSamples, 2400)
  // From the first sample seen, at 600, to 1800; then from that of 1200, which is first seen at 1500, to 2100.
  expect((await ledger.read(slo.slo, 0, 3600)).get('us-east')).toMatchObject({ total: 1200 + 900 })
  await ledger.close()
})

test('counts of a live process are exact through a scrape gap, a restart, and Prometheus not answering', async () => {
  const counters = { '200': 0, '500': 0 }
  let answering = true
  const exporter = createServer((_request, response) => {
    if (!answering) return response.writeHead(503).end()
    response.end(
      Object.entries(counters)
        .map(([code, value]) => `requests_total{code="${code}"} ${value}\n`)
        .join(''),
    )
  }).listen(0, '127.0.0.1')
  await once(exporter, 'listening')
  const target = `127.0.0.1:${(exporter.address() as AddressInfo).port}`
  prometheus = await startPrometheus(directory, target)
  const client = prometheusClient(prometheus.url, end.signal)
  const ledger = openSqliteLedger(':memory:')

  const scraped = async () =>
    (await client('requests_total', 30, nowSeconds() + 1))
      .map(({ samples }) => samples.at(-1)?.value ?? 0)
      .reduce((sum, value) => sum + value, 0)
  const readOnceScraped = async () => {
    while ((await scraped()) !== counters['200'] + counters['500']) await sleep(100)
    await sleep(1000) // the scrape may lie in the second that has begun
    await readSlo(HUB, ledger, client, nowSeconds())
    const thisMinute = Math.floor(nowSeconds() / 60) * 60
    return (await ledger.read(HUB.slo, thisMinute - 3600, thisMinute + 60)).get('us-east')
  }

  Object.assign(counters, { '200': 90, '500': 10 })
  expect(await readOnceScraped()).toMatchObject({ good: 90, total: 100 })

  answering = false // the scrapes fail, the traffic goes on
  Object.assign(counters, { '200': 140, '500': 15 })
  await sleep(1500)
  answering = true
  expect(await readOnceScraped()).toMatchObject({ good: 140, total: 155, brokenMinutes: 0 })

  Object.assign(counters, { '200': 20, '500': 1 }) // a new process under the same name
  expect(await readOnceScraped()).toMatchObject({ good: 160, total: 176, brokenMinutes: 1 })

  const nobody = prometheusClient('http://127.0.0.1:9', end.signal)
  await expect(readSlo(HUB, ledger, nobody, nowSeconds() + 60)).rejects.toThrow('is it running?')
  Object.assign(counters, { '200': 30, '500': 2 })
  expect(await readOnceScraped()).toMatchObject({ good: 170, total: 187 })
  await ledger.close()
  exporter.close()
  exporter.closeAllConnections()
})
