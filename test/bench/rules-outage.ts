/**
 * Counts after outages of Prometheus itself, when nothing is scraped and no rule evaluated, and after gaps of scraping
 * longer than an hour, with each group at its own interval and phase: what promtool cannot show, which evaluates always.
 *
 * Truth is counted from the traffic. An outage of up to an hour must be counted when it ends; of a longer one, what
 * happened in it is lost, as nobody saw it, and what came before must stay.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compilePlan, type RuleGroupPlan } from '@plimsoll/slo/plan'
import { startVirtualPrometheus } from './outage/virtual-prometheus.ts'
import type { Benchmark } from './run.ts'
import { printTable } from './table/print-table.ts'

const MINUTE = 60
const HOUR = 3600
const SCRAPE_SECONDS = 15
/** Seconds after a whole minute at which each group is evaluated, and at which targets are scraped. */
const PHASE = { page: 3, slow: 11, memory: 137, scrape: 7.5 }
const WINDOWS: [string, number][] = [
  ['5m', 5 * MINUTE],
  ['30m', 30 * MINUTE],
  ['1h', HOUR],
  ['2h', 2 * HOUR],
  ['6h', 6 * HOUR],
  ['1d', 24 * HOUR],
  ['3d', 72 * HOUR],
]

type Outage = {
  name: string
  beforeSeconds: number
  downSeconds: number
  afterSeconds: number
  scrapeOnly?: true
}
const OUTAGES: Outage[] = [
  {
    name: 'Prometheus down for 8 min',
    beforeSeconds: 2 * HOUR,
    downSeconds: 8 * MINUTE,
    afterSeconds: 2 * HOUR,
  },
  {
    name: 'Prometheus down for 50 min',
    beforeSeconds: 2 * HOUR,
    downSeconds: 50 * MINUTE,
    afterSeconds: 3 * HOUR,
  },
  {
    name: 'Prometheus down for 3 h',
    beforeSeconds: 2 * HOUR,
    downSeconds: 3 * HOUR,
    afterSeconds: 6.5 * HOUR,
  },
  {
    name: 'Prometheus down for 20 h',
    beforeSeconds: 2 * HOUR,
    downSeconds: 20 * HOUR,
    afterSeconds: 2 * HOUR,
  },
  {
    name: 'scrape gap of 3 h',
    beforeSeconds: 2 * HOUR,
    downSeconds: 3 * HOUR,
    afterSeconds: HOUR,
    scrapeOnly: true,
  },
]

const SPEC = `
apiVersion: openslo/v1
kind: Service
metadata: {name: shop, annotations: {plimsoll.dev/owner: team-shop}}
spec: {description: Sells.}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: shop, annotations: {plimsoll.dev/runbook: hub-api-errors}}
spec:
  service: shop
  description: Answers.
  indicator: {metadata: {name: shop}, spec: {ratioMetric: {counter: true,
    bad: {metricSource: {type: Prometheus, spec: {query: 'x{code="500"}'}}},
    total: {metricSource: {type: Prometheus, spec: {query: x}}}}}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.999}]
`

/** Events up to a second: 7 a second, of which one in a hundred is bad. */
const EVENTS = { total: (t: number) => 7 * t, bad: (t: number) => Math.floor(t / 14) }

const benchmark: Benchmark = {
  name: 'rules-outage',
  description:
    'recorded counts after outages of Prometheus and long scrape gaps, in a real Prometheus; 5 minutes',
  async run() {
    const { plan, faults } = compilePlan([{ file: 'shop.yaml', text: SPEC }])
    if (!plan) throw new Error(JSON.stringify(faults))
    const wanted = process.env.OUTAGE ?? ''
    for (const outage of OUTAGES.filter(({ name }) => name.includes(wanted)))
      await measure(outage, plan.groups)
  },
}
export default benchmark

/** The last time up to `t` that is `phase` after a whole multiple of `every`. */
function before(t: number, phase: number, every: number): number {
  return t - ((((t - phase) % every) + every) % every)
}

async function measure(outage: Outage, groups: RuleGroupPlan[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'))
  const prometheus = await startVirtualPrometheus(folder)
  try {
    const start = Math.floor(Date.now() / 1000 / HOUR) * HOUR - 80 * HOUR
    const down = start + outage.beforeSeconds
    const up = down + outage.downSeconds
    const end = up + outage.afterSeconds
    const isDown = (t: number) => t >= down && t < up
    const due = groups.map((group) => {
      const name = group.name.split(':')[1] as 'page' | 'slow' | 'memory'
      // Rules are texts made anew when asked for: evaluation remembers them by identity.
      return {
        phase: PHASE[name] % group.intervalSeconds,
        every: group.intervalSeconds,
        rules: group.recordings,
      }
    })
    const scrapes: number[] = []
    const worst = new Map<string, { off: number; truth: number; at: number; absent: number }>()
    for (let t = start; t <= end; t += 0.5) {
      if ((t - PHASE.scrape) % SCRAPE_SECONDS === 0 && !isDown(t)) {
        scrapes.push(t)
        const values = { 200: EVENTS.total(t - start) - EVENTS.bad(t - start), 500: EVENTS.bad(t - start) }
        // A million before the first scrape, which nobody may count.
        await prometheus.write(
          Object.entries(values).map(([code, value]) => ({
            labels: { __name__: 'x', code, instance: 'a' },
            value: 1_000_000 + value,
            seconds: t,
          })),
        )
      }
      if (t === up && !outage.scrapeOnly) prometheus.restart()
      if (isDown(t) && !outage.scrapeOnly) continue
      for (const { phase, every, rules } of due)
        if ((t - phase) % every === 0) await prometheus.evaluate(rules, t)
      // After every group has been evaluated, at minutes that fall on other steps of the sums each time.
      if (t > up && (t - start) % (7 * MINUTE) === 30) await compare(t)
    }
    async function compare(t: number): Promise<void> {
      const lastScrape = (at: number) => scrapes.findLast((scrape) => scrape <= at) ?? scrapes[0] ?? at
      for (const [window, seconds] of WINDOWS) {
        for (const count of ['total', 'bad'] as const) {
          const slow = ['2h', '1d', '3d'].includes(window)
          const phase = slow ? PHASE.slow : PHASE.page
          const every = slow ? 60 : 30
          // Slow rules read what the page group recorded last before them.
          const asked = before(t, phase, every)
          const evaluated = slow ? before(asked, PHASE.page, 30) : asked
          const [first, last] = [lastScrape(evaluated - seconds), lastScrape(evaluated)]
          const seen = (at: number) => EVENTS[count](at - start)
          const [leaving, returning] = [lastScrape(down), scrapes.find((scrape) => scrape >= up) ?? up]
          const isLost =
            outage.downSeconds > HOUR && !outage.scrapeOnly && first <= leaving && last >= returning
          const truth = seen(last) - seen(first) - (isLost ? seen(returning) - seen(leaving) : 0)
          const [answer] = await prometheus.ask(`slo:${count}_events:${window}`, t)
          const key = `${window} ${count}`
          const entry = worst.get(key) ?? { off: 0, truth: 0, at: 0, absent: 0 }
          const off = answer ? Number(answer.value[1]) - truth : 0
          if (!answer) entry.absent++
          worst.set(key, Math.abs(off) > Math.abs(entry.off) ? { ...entry, off, truth, at: t - up } : entry)
        }
      }
    }
    console.log(`rules-outage: ${outage.name}; the worst of all instants after it`)
    const rows = [...worst].map(([key, { off, truth, at, absent }]) => [
      ...key.split(' '),
      String(off),
      String(truth),
      `${Math.round(at / MINUTE)} min`,
      String(absent),
    ])
    printTable(['window', 'events', 'off by', 'of', 'after', 'instants absent'], rows, 2)
  } finally {
    await prometheus.stop()
    rmSync(folder, { recursive: true })
  }
}
