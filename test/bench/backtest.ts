/**
 * 30 days replayed, from a file and from a real Prometheus with the same samples. The floors: promtool reading the
 * same file into blocks, and the same answers of Prometheus fetched without looking at them.
 */
import { execFileSync } from 'node:child_process'
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { startPrometheus } from '../../slo/src/service/testing/prometheus.ts'
import type { Benchmark } from './run.ts'

const DAYS = 30
const SCRAPE_SECONDS = 15
const METRIC = 'http_server_request_duration_seconds_count'
const SELECTOR = `${METRIC}{service_name="hub-api",http_response_status_code!~"4.."}`

const benchmark: Benchmark = {
  name: 'backtest',
  description: 'replaying 30 days of 8 raw series at 15 s from a file and from Prometheus',
  async run() {
    const directory = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'))
    const to = Math.floor(Date.now() / 3_600_000 - 3) * 3600
    const file = join(directory, 'history.om')
    const samples = await write(file, to - DAYS * 86_400)
    try {
      const blocks = await secondsOf(() => {
        // Blocks of two hours, the default, would read the file 360 times.
        const long = '--max-block-duration=720h'
        const args = ['tsdb', 'create-blocks-from', 'openmetrics', long, file, join(directory, 'data')]
        execFileSync('promtool', args, { stdio: 'ignore' })
      })
      const prometheus = await startPrometheus(directory)
      try {
        const range = { from: String(to - DAYS * 86_400), to: String(to) }
        const fromFile = replayed({ samples: file, ...range })
        const fromPrometheus = replayed({ prometheus: prometheus.url, ...range })
        const bare = await secondsOf(() => fetchAll(prometheus.url, to))
        const said = ({ wallMs, rssMb }: Replayed) =>
          `${(wallMs / 1000).toFixed(1)} s and ${Math.round(rssMb)} MB`
        console.log(
          `backtest: ${DAYS} days, ${(samples / 1e6).toFixed(2)} million samples of 8 series, 2 policies`,
        )
        console.log(`  file        ${said(fromFile)}; promtool makes blocks of it in ${blocks.toFixed(1)} s`)
        console.log(`  prometheus  ${said(fromPrometheus)}; bare answers ${bare.toFixed(1)} s`)
      } finally {
        await prometheus.stop()
      }
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
}
export default benchmark

/** Counters that move unevenly; a failing half hour a week. Returns how many samples there are. */
async function write(file: string, startSeconds: number): Promise<number> {
  const out = createWriteStream(file)
  const scrapes = (DAYS * 86_400) / SCRAPE_SECONDS
  out.write(`# TYPE ${METRIC} unknown\n`)
  let series = 0
  for (const instance of ['a', 'b'])
    for (const route of ['/v2/repositories', '/v2/search'])
      for (const code of ['200', '500']) {
        series += 1
        const labels = `{service_name="hub-api",region="us-east",instance="${instance}",http_route="${route}",http_response_status_code="${code}"}`
        let value = 0
        let lines: string[] = []
        for (let i = 0; i < scrapes; i++) {
          const failing = i % 40_320 > 40_200
          value += code === '200' ? 5 + (i % 7) : failing ? 2 : i % 1999 === 0 ? 1 : 0
          lines.push(`${METRIC}${labels} ${value} ${startSeconds + i * SCRAPE_SECONDS + 7}`)
          if (lines.length === 10_000 || i === scrapes - 1) {
            out.write(`${lines.join('\n')}\n`)
            lines = []
          }
        }
      }
  out.end('# EOF\n')
  await finished(out)
  return series * scrapes
}

type Replayed = { wallMs: number; rssMb: number }

/** From start to end of a process of its own. */
function replayed(options: { samples?: string; prometheus?: string; from: string; to: string }): Replayed {
  const child = join(import.meta.dirname, 'backtest-child.mjs')
  return JSON.parse(execFileSync(process.execPath, [child, JSON.stringify(options)], { encoding: 'utf8' }))
}

async function fetchAll(url: string, to: number): Promise<void> {
  for (let at = to - DAYS * 86_400 + 3600; at <= to; at += 3600) {
    const form = new URLSearchParams({ query: `${SELECTOR}[1h]`, time: String(at) })
    await (await fetch(`${url}/api/v1/query`, { method: 'POST', body: form })).text()
  }
}

async function secondsOf(work: () => void | Promise<void>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}
