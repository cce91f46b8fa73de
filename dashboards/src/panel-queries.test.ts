import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseDashboard } from './dashboard.ts'
import { examplePlan } from './example.ts'
import { type PanelQuery, panelQueries, withoutVariables } from './panel-queries.ts'
import { renderDashboards } from './render.ts'

const run = promisify(execFile)

let folder: string
let dashboards: Map<string, string>
let queries: PanelQuery[]
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-test-'))
  dashboards = await renderDashboards(examplePlan())
  queries = panelQueries(dashboards)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('Prometheus reads every query, annotations included', async () => {
  const annotations = [...dashboards.values()]
    .map(parseDashboard)
    .flatMap((dashboard) =>
      dashboard.annotations.list.flatMap(({ target }) =>
        target?.expr ? [withoutVariables(target.expr, dashboard)] : [],
      ),
    )
  const exprs = [...queries.map(({ expr }) => expr), ...annotations]
  const rules = exprs.map((expr, index) => ({ record: `query_${index}`, expr }))
  await writeFile(join(folder, 'rules.yaml'), JSON.stringify({ groups: [{ name: 'queries', rules }] }))
  const { stdout } = await run('promtool', ['check', 'rules', join(folder, 'rules.yaml')])
  expect(stdout).toContain(`SUCCESS: ${exprs.length} rules found`)
})

test('no variable is left in a query', () => {
  expect(queries.filter(({ expr }) => /\$(?!1|\{1\})/.test(expr))).toEqual([])
})

test('a variable stands for what is chosen when the dashboard opens: everything', () => {
  const [rate] = queries.filter(({ panel }) => panel === 'Durations')
  expect(rate).toEqual({
    dashboard: 'service-red.json',
    panel: 'Durations',
    expr: 'sum by (le) (rate(http_server_request_duration_seconds_bucket{service_name=~".*",region=~".*",synthetic=~".*"}[2m]))',
    instant: false,
    data: 'always',
  })
})

test('panels that wait for a fault say so, the others have data at all times', () => {
  const waiting = queries.filter(({ data }) => data === 'on-fault').map(({ panel }) => panel)
  expect(new Set(waiting)).toEqual(
    new Set([
      'Firing alerts',
      'Time to exhaustion',
      'Alert state',
      'Worst route now',
      'Failures by step and reason',
      'Server faults by route and status',
      'Exceptions',
      'What fails now',
    ]),
  )
  const ofBrowsers = queries.filter(({ data }) => data === 'on-browser')
  expect(new Set(ofBrowsers.map(({ dashboard }) => dashboard))).toEqual(new Set(['web.json']))
  expect(ofBrowsers).toHaveLength(10) // five vitals: the share of good views, and over time
})

/** What the first query of a panel answers at `at`, by promtool, when these series are recorded every 5 minutes. */
async function answers(
  panel: string,
  index: number,
  at: string,
  series: [string, string][],
  expected: number,
) {
  const query = queries.filter(
    ({ dashboard, panel: title }) => dashboard === 'slo-hub-api-availability.json' && title === panel,
  )[index]
  await writeFile(join(folder, 'no-rules.yaml'), 'groups: []')
  const cases = {
    rule_files: ['no-rules.yaml'],
    tests: [
      {
        interval: '5m',
        input_series: series.map(([series, values]) => ({ series, values })),
        promql_expr_test: [
          {
            expr: `round(${query?.expr}, 0.001)`,
            eval_time: at,
            exp_samples: [{ labels: '{slo="hub-api-availability"}', value: expected }],
          },
        ],
      },
    ],
  }
  await writeFile(join(folder, 'test.yaml'), JSON.stringify(cases))
  const { stdout } = await run('promtool', ['test', 'rules', join(folder, 'test.yaml')]).catch(
    (error) => error,
  )
  expect(stdout).toContain('SUCCESS')
}

const id = '{slo="hub-api-availability"}'

test('the burn-down takes what each whole hour spent from the budget of the period', async () => {
  // 10 hours of 2 bad events, 40,000 events in the period at 0.1 %: 20 of 40 allowed are spent.
  await answers(
    'Burn-down over 28d',
    0,
    '10h',
    [
      [`slo:bad_events:1h${id}`, '_x12 2x108'],
      [`slo:bad_events:28d${id}`, '20x120'],
      [`slo:total_events:28d${id}`, '40000x120'],
    ],
    0.5,
  )
})

test('before its first whole hour the burn-down shows what is known of the period', async () => {
  await answers(
    'Burn-down over 28d',
    0,
    '10m',
    [
      [`slo:bad_events:28d${id}`, '10x2'],
      [`slo:total_events:28d${id}`, '40000x2'],
    ],
    0.75,
  )
})

test('the budget of 28 days lasts 14 days at a burn rate of 1 when half is left', async () => {
  await answers(
    'Time to exhaustion',
    0,
    '5m',
    [
      [`slo:error_budget_remaining:ratio${id}`, '0.5x2'],
      [`slo:bad_ratio:1h${id}`, '0.001x2'],
    ],
    14 * 86_400,
  )
})

test('a budget that is spent lasts no time, not a negative one', async () => {
  await answers(
    'Time to exhaustion',
    0,
    '5m',
    [
      [`slo:error_budget_remaining:ratio${id}`, '-3x2'],
      [`slo:bad_ratio:1h${id}`, '0.2x2'],
    ],
    0,
  )
})
