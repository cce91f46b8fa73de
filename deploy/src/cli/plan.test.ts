/** `plimsoll plan` beside a real Prometheus: what it measures, and what it says when it cannot. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, freePort, temporaryFolder } from '../process/test-parts.ts'
import { run } from './plan.ts'

/** Scrapes itself every second and keeps five days. */
async function startPrometheus(
  targets: string[] = [],
): Promise<{ url: string; stop: () => Promise<unknown> }> {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-plan-'))
  const address = `127.0.0.1:${await freePort()}`
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [{ job_name: 'self', static_configs: [{ targets: [address, ...targets] }] }],
  }
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config)) // JSON is YAML
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--storage.tsdb.retention.time=5d',
    ],
    { stdio: 'ignore' },
  )
  const stop = async () => {
    child.kill('SIGKILL')
    await once(child, 'close')
    rmSync(folder, { recursive: true, force: true })
  }
  await eventually(async () => (await fetch(`http://${address}/-/ready`)).ok)
  return { url: `http://${address}`, stop }
}

const histogram = 'prometheus_http_request_duration_seconds'
let prometheus: string
let stop: () => Promise<unknown>
beforeAll(async () => {
  // Bounds as Prometheus 3 writes them.
  const exposition = '# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_count 2\nh_sum 3\n'
  const target = createServer((_, response) => response.end(exposition)).listen(0, '127.0.0.1')
  await once(target, 'listening')
  const started = await startPrometheus([`127.0.0.1:${(target.address() as AddressInfo).port}`])
  prometheus = started.url
  stop = () => {
    target.close()
    return started.stop()
  }
  const seen = async (query: string) => {
    const answer = await fetch(`${prometheus}/api/v1/query?query=${query}`)
    return ((await answer.json()) as { data: { result: unknown[] } }).data.result.length > 0
  }
  await eventually(async () => (await seen(`${histogram}_count`)) && (await seen('h_count')))
})
afterAll(() => stop())

const BAD = 'prometheus_http_requests_total{code=~"5.."}'
const TOTAL = 'prometheus_http_requests_total'
const specOf = (counts: { good?: string; bad?: string; total: string }) => {
  const fields = Object.entries(counts).map(
    ([field, query]) => `        ${field}: {metricSource: {type: Prometheus, spec: {query: '${query}'}}}`,
  )
  return `apiVersion: openslo/v1
kind: Service
metadata: {name: prometheus, annotations: {plimsoll.dev/owner: team}}
spec: {}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: answers, annotations: {plimsoll.dev/runbook: answers}}
spec:
  service: prometheus
  indicator:
    metadata: {name: answers}
    spec:
      ratioMetric:
${fields.join('\n')}
  timeWindow: [{duration: 7d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [target: 0.999]
`
}

type Options = { prometheus?: string; retention?: string; json?: boolean }

async function plan(options: Options, spec = specOf({ bad: BAD, total: TOTAL })) {
  const file = join(temporaryFolder(), 'spec.yaml')
  writeFileSync(file, spec)
  const said = { out: '', err: '' }
  const io = { out: (line: string) => (said.out += line), err: (line: string) => (said.err += line) }
  const code = await run([file], options, { ...io, signal: new AbortController().signal })
  return { code, ...said }
}

test('traffic is measured and retention read; a flag of our own goes first', async () => {
  await eventually(
    async () =>
      JSON.parse((await plan({ prometheus, json: true })).out).slos[0].numbers.traffic.eventsPerHour > 0,
  )
  const { code, out } = await plan({ prometheus })
  expect(code).toBe(0)
  expect(out).toMatch(/at [\d.]+ events\/h \(measured\): one failure = [\d.]+ × burn/)
  expect(out).toContain('PLAN_RETENTION: the rules of 7d need 8 days of history, and Prometheus keeps 5')
  expect((await plan({ prometheus, retention: '30d' })).out).not.toContain('PLAN_RETENTION')
})

describe('series that a running Prometheus does not have', () => {
  const cases: { name: string; counts: Parameters<typeof specOf>[0]; says?: string }[] = [
    { name: 'a service that has not failed yet', counts: { bad: BAD, total: TOTAL } },
    {
      name: 'a bound as Prometheus 2 writes it, le="1"',
      counts: { good: `${histogram}_bucket{le="1"}`, total: `${histogram}_count` },
    },
    {
      name: 'a bound as Prometheus 3 writes it, le="1.0"',
      counts: { good: 'h_bucket{le="1"}', total: 'h_count' },
    },
    {
      name: 'a threshold between two bounds',
      counts: { good: `${histogram}_bucket{le="0.5"}`, total: `${histogram}_count` },
      says: `PLAN_BUCKET_MISSING: ${histogram}_bucket has no bucket le="0.5", its bounds are 0.1, 0.2, 0.4, 1, 3, 8, 20, 60, 120, +Inf: every event would count as bad`,
    },
    {
      name: 'a duration without status, as a Go service has it',
      counts: { good: `${histogram}_bucket{le="1",code=~"2.."}`, total: TOTAL },
      says: `PLAN_LABEL_MISSING: no series of ${histogram}_bucket that counts has a label code: every event would count as bad`,
    },
    {
      name: 'failures by a label that nobody sets',
      counts: { bad: `${TOTAL}{status=~"5.."}`, total: TOTAL },
      says: `PLAN_LABEL_MISSING: no series of ${TOTAL} that counts has a label status: no failure would be seen`,
    },
    {
      name: 'a metric of another name',
      counts: { bad: BAD, total: 'prometheus_requests_total' },
      says: 'PLAN_SERIES_MISSING: Prometheus has no series of prometheus_requests_total: nothing would be counted, and SLOBlind would fire',
    },
    {
      name: 'nothing at all, said once',
      counts: { good: 'nosuch_bucket{le="1"}', total: 'nosuch_count' },
      says: 'PLAN_SERIES_MISSING: Prometheus has no series of nosuch_count: nothing would be counted',
    },
    {
      name: 'another job',
      counts: { bad: BAD, total: `${TOTAL}{job="prom"}` },
      says: `PLAN_SERIES_MISSING: no series of ${TOTAL} has job="prom", those there have self: nothing would be counted, and SLOBlind would fire`,
    },
    {
      name: 'two labels of other values',
      counts: { bad: BAD, total: `${TOTAL}{job="prom",code="600"}` },
      says: `PLAN_SERIES_MISSING: no series matches ${TOTAL}{job="prom",code="600"}: nothing would be counted`,
    },
  ]
  for (const { name, counts, says } of cases)
    test(`${name}: ${says ? 'a warning' : 'none'}`, async () => {
      const { code, out } = await plan({ prometheus }, specOf(counts))
      expect(code).toBe(0)
      if (says) {
        expect(out).toContain(says)
        expect(out.match(/PLAN_\w+_MISSING/g)).toHaveLength(1)
      } else expect(out).not.toMatch(/PLAN_\w+_MISSING/)
    })
})

test('a Prometheus that does not answer is 3, and nothing is planned', async () => {
  const { code, out, err } = await plan({ prometheus: `http://127.0.0.1:${await freePort()}` })
  expect({ code, out }).toEqual({ code: 3, out: '' })
  expect(err).toContain('saw no answer, expected one; is it running?')
})

test('a retention that is none is wrong usage', async () => {
  expect(await plan({ retention: 'long' })).toEqual({
    code: 2,
    out: '',
    err: 'plimsoll plan: --retention: saw long, expected a duration such as 15d',
  })
})
