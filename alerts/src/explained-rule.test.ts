/**
 * Which burns are taken as explained, by the real promtool. Pulls need a token for every event and search for a fifth:
 * of 1,000 pulls in half an hour, with a tenth of tokens refused, 100 fail for it. Twice that and five are explained.
 */
import { compilePlan } from '@plimsoll/slo/plan'
import { expect, test } from 'vitest'
import { renderAlertRules } from './alert-rules.ts'
import { judge, LINKS } from './test-support.ts'

const slo = (name: string, annotations: string[], method = 'budgetingMethod: Occurrences') => `
apiVersion: openslo/v1
kind: SLO
metadata:
  name: ${name}
  annotations:
    plimsoll.dev/regions: us-east
    plimsoll.dev/runbook: token
${annotations.map((line) => `    plimsoll.dev/${line}\n`).join('')}
spec:
  service: platform
  indicator:
    metadata:
      name: ${name}
    spec:
      ratioMetric:
        rawType: success
        raw:
          metricSource:
            type: Plimsoll/http
            spec:
              serviceName: ${name}
  timeWindow:
    - duration: 28d
      isRolling: true
  ${method}
  objectives:
    - target: 0.99
      ${method.includes('slices') ? 'timeSliceTarget: 0.9\n      timeSliceWindow: 1m' : ''}
`
const SPECS = [
  'apiVersion: openslo/v1\nkind: Service\nmetadata:\n  name: platform\n  annotations:\n    plimsoll.dev/owner: team\nspec: {}\n',
  slo('token', []),
  slo('database', []),
  slo('storage', ['alerting: ticket']),
  slo('token-minutes', [], 'budgetingMethod: Timeslices'),
  slo('pull', ['depends-on: token']),
  slo('search', ['depends-on: token:0.2, database']),
  slo('push', ['depends-on: storage, token-minutes']),
]
const { plan, faults } = compilePlan([{ file: 'platform.yaml', text: SPECS.join('---\n') }])
if (!plan) throw new Error(JSON.stringify(faults))
const rules = renderAlertRules(plan, LINKS)

const helper = (id: string) => rules.get(`${id}:page`)?.filter(({ alert }) => alert === 'SLOBurnExplained')

const page = (id: string, region = 'us-east') =>
  `ALERTS{alertname="SLOErrorBudgetBurn",alertstate="firing",slo="${id}",severity="page",region="${region}"}`
const counts = (id: string, bad: number, total = 1000, at = ',region="us-east"', level = 'slo_region') => ({
  [`${level}:bad_events:30m{slo="${id}"${at}}`]: bad,
  [`${level}:total_events:30m{slo="${id}"${at}}`]: total,
})
const ratio = (id: string, value: number) => ({
  [`slo_region:bad_ratio:30m{slo="${id}",region="us-east"}`]: value,
})

/** How many of the helpers of the SLO's page fire over these series; a value may be promtool's notation. */
async function explained(id: string, series: Record<string, number | string>): Promise<string> {
  const expr = `count(ALERTS{alertname="SLOBurnExplained",alertstate="firing",slo="${id}"}) or vector(0)`
  const verdict = await judge('promtool', ['test', 'rules', 'test.yaml'], {
    'rules.yaml': JSON.stringify({ groups: [{ name: 'page', interval: '30s', rules: helper(id) }] }),
    'test.yaml': JSON.stringify({
      rule_files: ['rules.yaml'],
      evaluation_interval: '30s',
      tests: [
        {
          interval: '30s',
          input_series: Object.entries(series).map(([name, value]) => ({
            series: name,
            values: typeof value === 'number' ? `${value}x80` : value,
          })),
          promql_expr_test: [{ expr, eval_time: '30m', exp_samples: [{ labels: '{}', value: 1 }] }],
        },
      ],
    }),
  })
  if (verdict.passed) return 'explained'
  return /got:\s*"?\{\} 0E\+00/.test(verdict.output) ? 'told' : verdict.output
}

const tenth = { [page('token')]: 1, ...ratio('token', 0.1) }
const cases: {
  name: string
  id: string
  series: Record<string, number | string>
  is: 'explained' | 'told'
}[] = [
  {
    name: '100 bad pulls of 1,000 are what a tenth of refused tokens explains',
    id: 'pull',
    series: { ...tenth, [page('pull')]: 1, ...counts('pull', 100) },
    is: 'explained',
  },
  {
    name: '205 are twice that and five',
    id: 'pull',
    series: { ...tenth, [page('pull')]: 1, ...counts('pull', 205) },
    is: 'explained',
  },
  {
    name: '206 are more: pulls have a fault of their own',
    id: 'pull',
    series: { ...tenth, [page('pull')]: 1, ...counts('pull', 206) },
    is: 'told',
  },
  {
    name: 'with every token refused, every failed pull is explained',
    id: 'pull',
    series: { [page('token')]: 1, ...ratio('token', 1), [page('pull')]: 1, ...counts('pull', 1000) },
    is: 'explained',
  },
  {
    name: 'tokens that page in another region explain nothing here',
    id: 'pull',
    series: {
      ...ratio('token', 0.1),
      [page('token', 'eu-west')]: 1,
      [page('pull')]: 1,
      ...counts('pull', 100),
    },
    is: 'told',
  },
  {
    name: 'tokens are refused, and nobody was woken for it',
    id: 'pull',
    series: { ...ratio('token', 0.1), [page('pull')]: 1, ...counts('pull', 100) },
    is: 'told',
  },
  {
    name: "ten minutes after the tokens' page has resolved the rest is still explained",
    id: 'pull',
    // 43 samples of 30 s: from 0 to 21 minutes.
    series: {
      ...ratio('token', 0.1),
      [page('token')]: '1x42 stale',
      [page('pull')]: 1,
      ...counts('pull', 100),
    },
    is: 'explained',
  },
  {
    name: 'and not longer',
    id: 'pull',
    series: {
      ...ratio('token', 0.1),
      [page('token')]: '1x38 stale',
      [page('pull')]: 1,
      ...counts('pull', 100),
    },
    is: 'told',
  },
  {
    name: 'search needs a token for a fifth of its events: 45 of 1,000 are explained',
    id: 'search',
    series: { ...tenth, [page('search')]: 1, ...counts('search', 45) },
    is: 'explained',
  },
  {
    name: '46 are not',
    id: 'search',
    series: { ...tenth, [page('search')]: 1, ...counts('search', 46) },
    is: 'told',
  },
  {
    name: 'with a database that fails another tenth, 245 are',
    id: 'search',
    series: {
      ...tenth,
      [page('database')]: 1,
      ...ratio('database', 0.1),
      [page('search')]: 1,
      ...counts('search', 245),
    },
    is: 'explained',
  },
  {
    name: 'that the database is a little sick, without a page, adds nothing',
    id: 'search',
    series: { ...tenth, ...ratio('database', 0.1), [page('search')]: 1, ...counts('search', 245) },
    is: 'told',
  },
  {
    name: 'the totals of all regions are compared with each other',
    id: 'pull',
    series: {
      [page('token', 'all')]: 1,
      'slo:bad_ratio:30m{slo="token"}': 0.1,
      [page('pull', 'all')]: 1,
      ...counts('pull', 205, 1000, '', 'slo'),
    },
    is: 'explained',
  },
]
for (const { name, id, series, is } of cases)
  test.concurrent(name, async () => expect(await explained(id, series)).toBe(is))

test('the helper begins and ends in the evaluations in which the burn does', async () => {
  const region = ',region="us-east"'
  // From minute 10 to 20 a fifth of the events of an hour is bad; the burn fires 15 minutes longer.
  const burning = '0x19 0.2x19 0x100'
  const firing = (alertname: string) =>
    `ALERTS{alertname="${alertname}",alertstate="firing",slo="pull",region="us-east"}`
  const [burn, helper] = [firing('SLOErrorBudgetBurn'), firing('SLOBurnExplained')]
  const never = (expr: string) => ({
    expr: `count_over_time((${expr})[1h:30s])`,
    eval_time: '1h',
    exp_samples: [],
  })
  const verdict = await judge('promtool', ['test', 'rules', 'test.yaml'], {
    'rules.yaml': JSON.stringify({
      groups: [{ name: 'page', interval: '30s', rules: rules.get('pull:page') }],
    }),
    'test.yaml': JSON.stringify({
      rule_files: ['rules.yaml'],
      evaluation_interval: '30s',
      tests: [
        {
          interval: '30s',
          input_series: Object.entries({
            ...Object.fromEntries(
              ['5m', '1h'].map((window) => [`slo_region:bad_ratio:${window}{slo="pull"${region}}`, burning]),
            ),
            [`slo_region:bad_events:1h{slo="pull"${region}}`]: '400x140',
            [`slo_region:total_events:1h{slo="pull"${region}}`]: '2000x140',
            ...counts('pull', 100),
            ...tenth,
          }).map(([series, value]) => ({
            series,
            values: typeof value === 'number' ? `${value}x140` : value,
          })),
          promql_expr_test: [
            never(`${burn} unless on () ${helper}`),
            never(`${helper} unless on () ${burn}`),
            {
              // 10:00 to 34:30 by half minutes.
              expr: `count(count_over_time(${helper}[1h:30s]) == 50)`,
              eval_time: '1h',
              exp_samples: [{ labels: '{}', value: 1 }],
            },
          ],
        },
      ],
    }),
  })
  expect(verdict.output).toContain('SUCCESS')
})

test('what pages nobody, or counts minutes instead of requests, explains nothing', () => {
  expect(helper('push')).toEqual([])
  expect(helper('pull')).toHaveLength(2)
})
