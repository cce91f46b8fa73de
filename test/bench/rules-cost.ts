/**
 * What Prometheus reads to evaluate the rules of 100 SLOs over four raw series each, by its own query statistics, with 30
 * days of samples, beside rules of the shape of two rivals over the same data. `SLOS=10 DAYS=2` for a first look.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { backfill } from './rules-cost/backfill.ts'
import { writeOurRules } from './rules-cost/ours.ts'
import { measure, type RuleCost, type SetCost, startPrometheus } from './rules-cost/prometheus.ts'
import { type Group, generatorA, generatorB } from './rules-cost/rivals.ts'
import type { Benchmark } from './run.ts'

const SLOS = Number(process.env.SLOS ?? 100)
const DAYS = Number(process.env.DAYS ?? 30)
/** The memory group, the slowest, must have been evaluated. */
const EVALUATED_SECONDS = 6 * 60
/** History ends this much later than it is begun to be written, so that the scrapes that follow leave no gap. */
const LEAD_SECONDS = Math.ceil((SLOS * DAYS) / 25)

const benchmark: Benchmark = {
  name: 'rules-cost',
  description: 'samples Prometheus reads for the rules of 100 SLOs, against two other generators; 10 minutes',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'))
    try {
      mkdirSync(join(folder, 'rules'))
      const { reckonedPerMinute } = await writeOurRules(join(folder, 'rules/ours'), SLOS)
      writeRules(join(folder, 'rules/A'), generatorA(SLOS))
      writeRules(join(folder, 'rules/B'), generatorB(SLOS))
      const endSeconds = Math.floor(Date.now() / 1000) + LEAD_SECONDS
      backfill(join(folder, 'data'), SLOS, DAYS, endSeconds)
      const lateSeconds = Math.round(Date.now() / 1000 - endSeconds)
      console.log(
        `rules-cost: history is there, with a gap of ${Math.max(0, lateSeconds)} s until Prometheus starts`,
      )
      await sleep(Math.max(0, -lateSeconds) * 1000)
      const prometheus = await startPrometheus(folder, SLOS)
      try {
        await sleep(EVALUATED_SECONDS * 1000)
        print(await measure(prometheus.url, Math.floor(Date.now() / 1000)), reckonedPerMinute)
      } finally {
        await prometheus.stop()
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
}
export default benchmark

function writeRules(folder: string, groups: Group[]): void {
  mkdirSync(folder)
  writeFileSync(join(folder, 'rules.yaml'), JSON.stringify({ groups })) // JSON is YAML
}

/**
 * Samples a minute: as the groups are, or as if those with windows of alerts were evaluated every `everySeconds`. Slower
 * ones (what our sums remember of outages, B's 30 days) stay.
 */
function perMinute({ rules }: SetCost, everySeconds?: number): number {
  return rules.reduce((sum, { samples, intervalSeconds }) => {
    const every = intervalSeconds <= 60 ? (everySeconds ?? intervalSeconds) : intervalSeconds
    return sum + (samples * 60) / every
  }, 0)
}

function print(sets: Map<string, SetCost>, reckonedPerMinute: number): void {
  const ours = sets.get('ours')
  if (!ours) throw new Error('no rules of ours are loaded')
  const million = (samples: number) => `${(samples / 1e6).toFixed(3)} M`.padStart(10)
  console.log(
    `rules-cost: ${SLOS} SLOs, ${DAYS} days; samples a minute (and times ours), group seconds a minute`,
  )
  console.log('            rules        as they are  alerts each 60 s  alerts each 30 s seconds')
  for (const [name, set] of [...sets].sort(([a], [b]) => b.localeCompare(a))) {
    const columns = [undefined, 60, 30].map((every) => {
      const times = perMinute(set, every) / perMinute(ours, every)
      return `${million(perMinute(set, every))} ${`(${times.toFixed(0)}×)`.padStart(6)}`
    })
    const seconds = set.groups.reduce((sum, group) => sum + (group.seconds * 60) / group.intervalSeconds, 0)
    console.log(
      `  ${name.padEnd(8)} ${String(set.rules.length).padStart(6)} ${columns.join('')}  ${seconds.toFixed(2)}`,
    )
  }
  const part = (wanted: (rule: RuleCost) => boolean) =>
    perMinute({ rules: ours.rules.filter(wanted), groups: [] })
  for (const every of new Set(ours.rules.map(({ intervalSeconds }) => intervalSeconds)))
    console.log(`  ours, groups of ${every} s: ${million(part((rule) => rule.intervalSeconds === every))}`)
  console.log(
    `  ours, of raw series: ${million(part(({ raw }) => raw))}, four times that when scraped every 15 s`,
  )
  const recordings = part(({ type }) => type === 'recording')
  const quotient = reckonedPerMinute / recordings
  console.log(
    `  ours, recording rules: ${million(recordings)}; reckoned from their text ${million(reckonedPerMinute)}: ${quotient.toFixed(2)} of it`,
  )
}
