/** One history read with an offset and without: from a file, and as a Prometheus answers. */
import { expect, test } from 'vitest'
import type { CountedSlo } from '../service/counted-plan.ts'
import type { RawSamples } from '../service/sources/prometheus-client.ts'
import { HUB } from '../service/testing/plan-fixture.ts'
import { type History, HistoryBuilder, viewOf } from './history.ts'
import { OpenMetricsReader } from './openmetrics.ts'
import { readPrometheus } from './prometheus-history.ts'

const START = 1_767_268_800 // 2026-01-01T12:00:00Z
const HOUR = 3600

/** Samples every 15 s for three hours, of what was there from the start at 1000, restarts, and is born with 40. */
const SERIES: [string, (seconds: number) => number | undefined][] = [
  ['requests_total{code="200",region="us-east"}', (t) => (t < 5000 ? 1000 + 2 * t : 2 * (t - 5000))],
  ['requests_total{code="500",region="us-east"}', (t) => (t < HOUR ? undefined : 40 + Math.floor(t / 600))],
  ['jobs_total{region="us-east"}', (t) => 9000 + Math.floor(t / 5)],
]
const TIMES = Array.from({ length: 3 * 240 }, (_, i) => i * 15 + 7)

function slo(offsets: { requests: number; jobs: number }): CountedSlo {
  const term = (selector: string, offsetSeconds: number) => ({
    sign: 1 as const,
    selector,
    ...(offsetSeconds > 0 && { offsetSeconds }),
  })
  const total = [term('requests_total{}', offsets.requests), term('jobs_total{}', offsets.jobs)]
  const bad = [term('requests_total{code="500"}', offsets.requests)]
  return { ...HUB, indicator: { ...HUB.indicator, total, bad } }
}

function fromFile(counted: CountedSlo): History {
  const lines = SERIES.flatMap(([name, value]) =>
    TIMES.flatMap((t) => (value(t) === undefined ? [] : [`${name} ${value(t)} ${START + t}`])),
  )
  const builder = new HistoryBuilder()
  const reader = new OpenMetricsReader(counted, builder)
  reader.read(Buffer.from(`${lines.join('\n')}\n# EOF\n`))
  reader.end()
  return known(builder)
}

async function fromPrometheus(counted: CountedSlo): Promise<History> {
  const rawSamples: RawSamples = async (selector, rangeSeconds, at) =>
    SERIES.flatMap(([name, value]) => {
      const [, metric = '', code] = /^(\w+)\{(?:code="(\d+)")?/.exec(name) ?? []
      const wanted = selector.startsWith(metric) && (!selector.includes('code') || code === '500')
      const samples = TIMES.flatMap((t) => {
        const [seen, timestampMs] = [value(t), (START + t) * 1000]
        const inRange = timestampMs > (at - rangeSeconds) * 1000 && timestampMs <= at * 1000
        return inRange && seen !== undefined ? [{ timestampMs, value: seen }] : []
      })
      const labels = { region: 'us-east', ...(code !== undefined && { code }) }
      return wanted && samples.length > 0 ? [{ labels, samples }] : []
    })
  const range = { fromSeconds: START, toSeconds: START + 4 * HOUR }
  const builder = new HistoryBuilder(range)
  await readPrometheus(counted, rawSamples, range, builder)
  return known(builder)
}

function known(builder: HistoryBuilder): History {
  const history = builder.build()
  if (!history) throw new Error('no samples')
  return history
}

const at = (history: History, seconds: number, window: number) =>
  viewOf(history, 'us-east').events(START + seconds, window)

test('every window holds, the offset later, what it holds without', async () => {
  const now = fromFile(slo({ requests: 0, jobs: 0 }))
  // Up to 5000, again from 0 on, and one in 5 s: by hand, of the last scrapes before each end.
  const [requests, restarted, jobs] = [2 * (4987 - 7), 2 * (10_792 - 5000), 2158 - 1]
  expect(at(now, 3 * HOUR, 3 * HOUR)).toEqual({ total: requests + restarted + jobs + 40 + 17, bad: 40 + 17 })
  for (const late of [
    fromFile(slo({ requests: 300, jobs: 300 })),
    await fromPrometheus(slo({ requests: 300, jobs: 300 })),
  ])
    for (let seconds = 600; seconds <= 3 * HOUR; seconds += 30)
      for (const window of [300, HOUR])
        expect(at(late, seconds + 300, window)).toEqual(at(now, seconds, window))
})

test('of several offsets each counts at its own time, and what was there from the start is no birth', async () => {
  const several = slo({ requests: HOUR, jobs: 0 })
  const [file, prometheus] = [fromFile(several), await fromPrometheus(several)]
  // Requests up to 2 h, jobs up to 3 h; the first sample of either is only where it begins.
  const requests = 2 * (4987 - 7) + 2 * (7192 - 5000)
  const expected = { total: requests + 2158 - 1 + 40 + 11, bad: 40 + 11 }
  expect(at(file, 3 * HOUR, 3 * HOUR)).toEqual(expected)
  expect(at(prometheus, 3 * HOUR, 3 * HOUR)).toEqual(expected)
})
