/** `plimsoll plan` beside a real Prometheus: what it measures, and what it says when it cannot. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { eventually, freePort, temporaryFolder } from '../process/test-parts.ts'
import { run } from './plan.ts'

/** Scrapes itself every second and keeps five days. */
async function realPrometheus(): Promise<string> {
  const folder = temporaryFolder()
  const address = `127.0.0.1:${await freePort()}`
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [{ job_name: 'self', static_configs: [{ targets: [address] }] }],
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
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await once(child, 'close')
  })
  await eventually(async () => (await fetch(`http://${address}/-/ready`)).ok)
  return `http://${address}`
}

const SPEC = `apiVersion: openslo/v1
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
        bad: {metricSource: {type: Prometheus, spec: {query: 'prometheus_http_requests_total{code=~"5.."}'}}}
        total: {metricSource: {type: Prometheus, spec: {query: prometheus_http_requests_total}}}
  timeWindow: [{duration: 7d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [target: 0.999]
`

async function plan(options: { prometheus?: string; retention?: string; json?: boolean }) {
  const file = join(temporaryFolder(), 'spec.yaml')
  writeFileSync(file, SPEC)
  const said = { out: '', err: '' }
  const io = { out: (line: string) => (said.out += line), err: (line: string) => (said.err += line) }
  const code = await run([file], options, { ...io, signal: new AbortController().signal })
  return { code, ...said }
}

test('traffic is measured and retention read; a flag of our own goes first', async () => {
  const prometheus = await realPrometheus()
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
