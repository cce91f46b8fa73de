/**
 * Counts that the recording rules keep, against the truth, in the real promtool; every case is a region of one SLO.
 * The truth is counted from the traffic here, second by second, and shares nothing with the rules.
 *
 * Two parts, because 30 days at every resolution would take hours: page windows over the last 13 hours at their own
 * 30 s evaluation; long windows over 30 days at 5 m, the step of the running sums. Both scrape every 15 s, 7.5 s off
 * evaluation. A window reaches from the last scrape before its start to the last before its end; "by the clock" is by
 * how many events it is off the clock's own window at most. A row is the worst of several instants; "unseen" is what
 * happened between the last scrape and a restart, which nothing that scrapes can count.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compilePlan } from '../../slo/src/plan/compile.ts'
import { ask, type Group, type Question } from './exact/promtool.ts'
import { CASES, count, DAY, END, HOUR, MINUTE } from './exact/traffic.ts'
import type { Benchmark } from './run.ts'
import { printTable } from './table/print-table.ts'

type Part = { title: string; start: number; stepSeconds: number; windows: [string, number][]; ago: number[] }
const PARTS: Part[] = [
  {
    title: '13 hours, evaluated every 30 s',
    start: END - 13 * HOUR,
    stepSeconds: 30,
    windows: [
      ['5m', 5 * MINUTE],
      ['30m', 30 * MINUTE],
      ['1h', HOUR],
      ['6h', 6 * HOUR],
    ],
    ago: [0, 30, 450, 35 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR],
  },
  {
    title: '30 days, evaluated every 5 m',
    start: 0,
    stepSeconds: 300,
    windows: [
      ['1d', DAY],
      ['3d', 3 * DAY],
      ['28d', 28 * DAY],
    ],
    ago: [0, 35 * MINUTE, HOUR, 200 * MINUTE, 9 * HOUR, 29 * HOUR],
  },
]

/** Every case is a region. */
const region = (index: number) => `case-${index}`

const SPEC = `
apiVersion: openslo/v1
kind: Service
metadata: {name: shop, annotations: {plimsoll.dev/owner: team-shop}}
spec: {description: Sells.}
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: shop
  annotations: {plimsoll.dev/runbook: hub-api-errors, plimsoll.dev/regions: "${CASES.map((_, i) => region(i)).join(', ')}"}
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
/** What other generators record: the ratio of 5 minutes; its average is their ratio of a period. */
const RIVAL = 'sum by (region) (rate(x{code="500"}[5m])) / sum by (region) (rate(x[5m]))'

const benchmark: Benchmark = {
  name: 'rules-exact',
  description: 'recorded counts of every window against the truth, uneven traffic, through promtool',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'))
    try {
      for (const part of PARTS) measure(folder, part)
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
}
export default benchmark

function measure(folder: string, part: Part): void {
  const series: object[] = []
  const questions: (Question & { truth: ReturnType<ReturnType<typeof count>['truth']>; key: string })[] = []
  const rows: string[][] = []
  for (const [index, one] of CASES.entries()) {
    const { values, truth } = count(one, part.start)
    for (const [code, kind] of [
      ['200', 'good'],
      ['500', 'bad'],
    ] as const)
      series.push({ series: `x{region="${region(index)}",code="${code}"}`, values: values[kind].join(' ') })
    for (const [window, length] of part.windows)
      for (const kind of ['all', 'bad'] as const)
        for (const ago of part.ago) {
          const name = `slo_region:${kind === 'all' ? 'total' : 'bad'}_events:${window}`
          const right = truth(kind, END - ago - length, END - ago)
          questions.push({
            expr: `${name}{region="${region(index)}"}`,
            labels: `${name}{slo="shop",service="shop",region="${region(index)}"}`,
            at: END - ago,
            expected: right.byScrapes - right.unseen,
            truth: right,
            key: `${one.name}|${window}|${kind}`,
          })
        }
    const [longest, length] = part.windows.at(-1) ?? ['', 0]
    const [bad, all] = (['bad', 'all'] as const).map((kind) => truth(kind, END - length, END).byScrapes)
    questions.push({
      expr: `avg_over_time(rival:ratio{region="${region(index)}"}[${longest}])`,
      labels: '{}',
      at: END,
      // No ratio is this, so promtool always says what it got.
      expected: -1,
      truth: { byScrapes: (bad ?? 0) / (all ?? 0), byClock: 0, unseen: 0 },
      key: `${one.name}|${longest}|rival`,
    })
  }
  const started = performance.now()
  const got = ask(folder, part, series, groupsOf(), questions)
  const took = ((performance.now() - started) / 1000).toFixed(0)
  const asked = questions.map((question, i) => ({ ...question, got: got[i] }))
  const counts = asked.filter(({ key }) => !key.endsWith('rival'))
  const inexact = counts.filter((one) => one.got !== one.expected)
  const names = [...new Set(inexact.map(({ key }) => key.split('|')[0]))].join(', ')
  for (const key of new Set(counts.map((one) => one.key))) {
    const [name = '', window = '', kind = ''] = key.split('|')
    const same = counts.filter((one) => one.key === key)
    const off = (one: (typeof same)[number]) => Math.abs((one.got ?? Number.NaN) - one.expected)
    // Of all instants the worst by scrapes, and of equals the one with most unseen.
    const worst = same.toSorted((a, b) => off(b) - off(a) || b.truth.unseen - a.truth.unseen)[0]
    if (!worst) continue
    const clock = same.map((one) => Math.abs((one.got ?? Number.NaN) - one.truth.byClock))
    const rival = asked.find((one) => one.key === `${name}|${window}|rival`)
    const rivalError =
      kind === 'bad' && rival ? spoken(percent(rival.got, rival.truth.byScrapes), rival.got) : ''
    const recorded = worst.got === undefined ? 'absent' : String(worst.got)
    const error = spoken(percent(worst.got, worst.truth.byScrapes), worst.got)
    const { byScrapes, unseen } = worst.truth
    const byClock = `±${Math.max(...clock)}`
    rows.push([name, window, kind, String(byScrapes), String(unseen), recorded, error, byClock, rivalError])
  }
  const head = [
    'case',
    'window',
    'events',
    'truth',
    'unseen',
    'recorded',
    'error',
    'by the clock',
    'rival ratio',
  ]
  console.log(
    `rules-exact: ${part.title}, in ${took} s: ${counts.length - inexact.length} of ${counts.length} counts exact but for the unseen`,
  )
  if (names) console.log(`  not exact: ${names}`)
  printTable(head, rows, 3)
}

function percent(got: number | undefined, truth: number): number {
  return got === truth ? 0 : (100 * ((got ?? Number.NaN) - truth)) / truth
}

function spoken(error: number, got: number | undefined): string {
  if (got === undefined) return 'absent'
  return error === 0 ? '0' : `${error > 0 ? '+' : ''}${error.toFixed(4)} %`
}

/** In the order in which they need each other: promtool draws it by lot otherwise. */
function groupsOf(): Group[] {
  const { plan, faults } = compilePlan([{ file: 'shop.yaml', text: SPEC }])
  if (!plan) throw new Error(JSON.stringify(faults))
  const groups = ['page', 'slow', 'memory'].map((suffix) => {
    const name = `shop:${suffix}`
    return { name, rules: plan.groups.find((group) => group.name === name)?.recordings ?? [] }
  })
  return [...groups, { name: 'rival', rules: [{ record: 'rival:ratio', expr: RIVAL }] }]
}
