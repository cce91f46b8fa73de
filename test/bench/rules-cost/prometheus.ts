/** A real Prometheus over backfilled data that scrapes the raw series on, and what it says its rules cost. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { runPrometheus } from '../../../slo/src/service/testing/prometheus.ts'
import { SAMPLE_SECONDS } from './backfill.ts'
import { CODES, isGood, rawSeries } from './ours.ts'

export type RuleCost = {
  samples: number
  intervalSeconds: number
  type: 'recording' | 'alerting'
  raw: boolean
}
/** Of one set of rules: each rule's samples in one evaluation, and the seconds its groups took in theirs. */
export type SetCost = { rules: RuleCost[]; groups: { seconds: number; intervalSeconds: number }[] }

export async function startPrometheus(folder: string, slos: number) {
  const exporter = createServer((_, response) => {
    const value = Math.floor(Date.now() / 1000) - 1_600_000_000
    const lines = Array.from({ length: slos }, (_, slo) =>
      CODES.map((code) => `${rawSeries(slo, `="${code}"`)} ${isGood(code) ? value : 0}\n`).join(''),
    )
    response.setHeader('content-type', 'text/plain; version=0.0.4')
    response.end(lines.join(''))
  }).listen(0, '127.0.0.1')
  await once(exporter, 'listening')
  const target = `127.0.0.1:${(exporter.address() as AddressInfo).port}`
  // The backfilled series have neither label.
  const drop = { action: 'labeldrop', regex: 'job|instance' }
  const config = {
    global: { scrape_interval: `${SAMPLE_SECONDS}s`, evaluation_interval: '60s' },
    rule_files: ['ours', 'A', 'B'].map((set) => join(folder, 'rules', set, '*.yaml')),
    scrape_configs: [
      { job_name: 'raw', static_configs: [{ targets: [target] }], metric_relabel_configs: [drop] },
    ],
  }
  const prometheus = await runPrometheus(folder, config)
  const stop = async () => {
    exporter.close()
    await prometheus.stop()
  }
  return { url: prometheus.url, stop }
}

type ApiGroup = {
  file: string
  interval: number
  evaluationTime: number
  rules: { name: string; type: RuleCost['type']; query: string; health: string; lastError?: string }[]
}

/** By the folder below `rules/`. Every rule's expression is asked once, at one instant, with the query's statistics. */
export async function measure(url: string, atSeconds: number): Promise<Map<string, SetCost>> {
  const { groups } = await get<{ groups: ApiGroup[] }>(`${url}/api/v1/rules`)
  const sets = new Map<string, SetCost>()
  for (const { file, interval, evaluationTime, rules } of groups) {
    const set = file.split('/').at(-2) ?? ''
    const cost = sets.get(set) ?? { rules: [], groups: [] }
    sets.set(set, cost)
    cost.groups.push({ seconds: evaluationTime, intervalSeconds: interval })
    for (const { name, type, query, health, lastError } of rules) {
      if (health !== 'ok') throw new Error(`${file}: ${name}: saw ${health} ${lastError}, expected ok`)
      const asked = new URLSearchParams({ query, time: String(atSeconds), stats: 'all' })
      const { stats } = await get<{ stats: { samples: { totalQueryableSamples: number } } }>(
        `${url}/api/v1/query?${asked}`,
      )
      const { totalQueryableSamples: samples } = stats.samples
      cost.rules.push({ samples, intervalSeconds: interval, type, raw: query.includes('requests_total{') })
    }
  }
  return sets
}

async function get<Data>(url: string): Promise<Data> {
  const answer = (await (await fetch(url)).json()) as { status: string; error?: string; data: Data }
  if (answer.status !== 'success') throw new Error(`${url}: saw ${answer.error}, expected an answer`)
  return answer.data
}
