/**
 * A backtest tells the truth: the same history through the generated rules in the real promtool fires the same alerts
 * from the same evaluation to the same evaluation, and a real Prometheus gives the same answer as a file.
 */
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { options, ownPlan } from '../deploy/src/build/test-parts.ts'
import { buildTree } from '../deploy/src/build/tree.ts'
import { run } from '../deploy/src/cli/backtest.ts'
import type { Backtest } from '../slo/src/backtest/backtest.ts'
import { startPrometheus } from '../slo/src/service/testing/prometheus.ts'

const SLO = 'hub-api-availability'
const METRIC = 'http_server_request_duration_seconds_count'
const SCRAPE_SECONDS = 15
const HOURS = 5
const SCRAPES = (HOURS * 3600) / SCRAPE_SECONDS

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-backtest-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A small generator with a seed: the same history every time. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

type Sampled = { labels: string; values: (number | undefined)[] }

/** When a process of a region runs, how much it answers, and what share of it badly. */
type Process = {
  region: string
  busy: number
  from: number
  restart?: number
  badShare: (hour: number) => number
}

/**
 * Five hours, uneven. In us-east a bad deploy from 1:00 on (20 min, 30 %), a slow burn from 2:30 on (an hour, 3 %), a
 * restart at 0:45 and a second process from 3:15 on that is born failing. In eu-west, which has little traffic, 15 bad
 * minutes from 3:50 on. No scrape from 1:55 to 2:04 (longer would be blindness), and nothing after 4:20:15, which is
 * no evaluation: whether both edges belong to a range differs between Prometheus 2 and 3.
 */
const PROCESSES: Process[] = [
  {
    region: 'us-east',
    busy: 16,
    from: 0,
    restart: 0.75,
    badShare: (hour) => (hour > 1 && hour <= 4 / 3 ? 0.3 : hour > 2.5 && hour <= 3.5 ? 0.03 : 0.0004),
  },
  { region: 'us-east', busy: 16, from: 3.25, badShare: (hour) => (hour < 3.3 ? 0.5 : 0.0004) },
  { region: 'eu-west', busy: 6, from: 0, badShare: (hour) => (hour > 3.83 && hour <= 4.08 ? 0.3 : 0) },
]

function history(): Sampled[] {
  const draw = random(20)
  return PROCESSES.flatMap(({ region, busy, from, restart, badShare }, instance) => {
    const count = { '200': 0, '500': 0 }
    const values: Record<keyof typeof count, (number | undefined)[]> = { '200': [], '500': [] }
    for (let i = 0; i <= SCRAPES; i++) {
      const hour = (i * SCRAPE_SECONDS) / 3600
      if (hour === restart) Object.assign(count, { '200': 0, '500': 0 })
      const events = hour >= from && i > 0 ? Math.floor(draw() * busy * (1 + Math.sin(hour))) : 0
      for (let event = 0; event < events; event++) count[draw() < badShare(hour) ? '500' : '200'] += 1
      const unseen = (hour > 1.91 && hour < 2.06) || hour > 4.34 || hour < from
      for (const code of ['200', '500'] as const) values[code].push(unseen ? undefined : count[code])
    }
    return (['200', '500'] as const).map((code) => ({
      labels: `{service_name="hub-api",region="${region}",instance="${instance}",http_response_status_code="${code}"}`,
      values: values[code],
    }))
  })
}

function openMetrics(series: Sampled[], startSeconds: number): string {
  const lines = series.flatMap(({ labels, values }) =>
    values.flatMap((value, i) =>
      value === undefined ? [] : [`${METRIC}${labels} ${value} ${startSeconds + i * SCRAPE_SECONDS}`],
    ),
  )
  return `# TYPE ${METRIC} unknown\n${lines.join('\n')}\n# EOF\n`
}

async function backtested(args: Partial<Parameters<typeof run>[1]>): Promise<Backtest> {
  const out: string[] = []
  const err: string[] = []
  const io = {
    out: (line: string) => out.push(line),
    err: (line: string) => err.push(line),
    signal: new AbortController().signal,
  }
  const code = await run(['slo/specs'], { slo: SLO, whatIf: [], json: true, ...args }, io)
  expect({ code, err }).toEqual({ code: 0, err: [] })
  return JSON.parse(out.join('\n'))
}

const DAY = 1_767_225_600 // 2026-01-01T00:00:00Z
const series = history()

describe('five hours with three incidents, a restart, a gap, a birth and an end', () => {
  let result: Backtest
  beforeAll(async () => {
    const file = join(folder, 'history.om')
    writeFileSync(file, openMetrics(series, DAY))
    result = await backtested({ samples: file, to: String(DAY + HOURS * 3600) })
  })
  const pages = () => result.policies[0].fired.filter(({ severity }) => severity === 'page')

  test('the incidents and the end page; the restart, the gap and the birth do not', () => {
    const of = (wanted: string) => pages().filter(({ region }) => region === wanted)
    const regional = of('us-east')
    expect(regional.map(({ kind }) => kind)).toEqual(['burn', 'burn', 'blind'])
    // Nobody expects eu-west, so that its end is no blindness.
    expect(of('eu-west').map(({ kind }) => kind)).toEqual(['burn'])
    expect(of('all').map(({ kind }) => kind)).toEqual(['burn', 'burn'])
    const [deploy, burn, blind] = regional.map(({ fromSeconds }) => (fromSeconds - DAY) / 60)
    expect(deploy).toBeGreaterThan(60)
    expect(deploy).toBeLessThan(64)
    expect(burn).toBeGreaterThan(150)
    expect(burn).toBeLessThan(210)
    // The last sample is at 4:20:15; it is fresh for 5 minutes, and SLOBlind waits for 5 more.
    expect(blind).toBe(4 * 60 + 30.5)
  })

  test('the generated rules in promtool fire and resolve at the same evaluations', {
    timeout: 120_000,
  }, async () => {
    const plan = await ownPlan()
    const one = {
      ...plan,
      slos: plan.slos.filter(({ slo }) => slo === SLO),
      groups: plan.groups.filter(({ slo }) => slo === SLO),
    }
    const tree = await buildTree(one, { ...options, parts: ['prometheus'] })
    const { groups } = parse(tree.get('prometheus/rules/hub-api.rules.yaml') ?? '')
    const page = groups.filter(({ name }: { name: string }) => name === `${SLO}:page`)
    writeFileSync(join(folder, 'page.rules.yaml'), JSON.stringify({ groups: page }))
    expect(pages()).toHaveLength(6)
    const at = (seconds: number, expr: string, firing: number | undefined) => ({
      expr,
      eval_time: `${seconds - DAY}s`,
      exp_samples: firing === undefined ? [] : [{ labels: '{}', value: firing }],
    })
    const expectations = [...new Set(pages().map(({ alert, region }) => `${alert} ${region}`))].flatMap(
      (key) => {
        const [alert, region] = key.split(' ')
        const active = `count(ALERTS{alertname="${alert}",alertstate="firing",severity="page",region="${region}"})`
        const fired = pages().filter((page) => page.alert === alert && page.region === region)
        // At every evaluation of five hours, firing or silent: promtool says where it differs.
        return Array.from({ length: HOURS * 120 }, (_, i) => DAY + i * 30).map((seconds) =>
          at(
            seconds,
            active,
            fired.some(
              ({ fromSeconds, untilSeconds = Number.POSITIVE_INFINITY }) =>
                seconds >= fromSeconds && seconds < untilSeconds,
            )
              ? 1
              : undefined,
          ),
        )
      },
    )
    const file = join(folder, 'truth.test.yaml')
    writeFileSync(
      file,
      JSON.stringify({
        rule_files: ['page.rules.yaml'],
        evaluation_interval: '30s',
        tests: [
          {
            interval: `${SCRAPE_SECONDS}s`,
            input_series: series.map(({ labels, values }) => ({
              series: METRIC + labels,
              values: values.map((value) => value ?? '_').join(' '),
            })),
            promql_expr_test: expectations,
          },
        ],
      }),
    )
    await promisify(execFile)('promtool', ['test', 'rules', file]).catch((error) => {
      throw new Error(String(error.stdout + error.stderr).slice(0, 4000))
    })
  })
})

test('a real Prometheus with the same samples gives the same answer as the file', async () => {
  const directory = join(folder, 'prometheus')
  mkdirSync(directory)
  const start = Math.floor(Date.now() / 3_600_000 - 10) * 3600
  const file = join(directory, 'history.om')
  writeFileSync(file, openMetrics(series, start))
  execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', file, join(directory, 'data')], {
    stdio: 'ignore',
  })
  const prometheus = await startPrometheus(directory)
  try {
    const range = { from: String(start), to: String(start + HOURS * 3600) }
    const fromFile = await backtested({ samples: file, ...range })
    expect(await backtested({ prometheus: prometheus.url, ...range })).toEqual(fromFile)
    expect(fromFile.bad).toBeGreaterThan(100)
  } finally {
    await prometheus.stop()
  }
})
