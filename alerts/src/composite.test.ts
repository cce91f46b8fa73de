/** Alerts of a composite: their generated tests, what they say, and what mutes them. */
import { compilePlan, type Plan } from '@plimsoll/slo/plan'
import { expect, test } from 'vitest'
import { compositeAlertRules } from './composite-rules.ts'
import { inhibitRules } from './inhibition.ts'
import { renderAlertTests } from './proof/alert-tests.ts'
import { judge, LINKS, ruleFile } from './test-support.ts'

function journey(method: string, objective: string): Plan {
  const indicator = (name: string) =>
    `{ metadata: { name: ${name} }, spec: { ratioMetric: { bad: ${counter(`${name}_bad`)}, total: ${counter(`${name}_all`)} } } }`
  const counter = (query: string) => `{ metricSource: { type: Prometheus, spec: { query: ${query} } } }`
  const text = `apiVersion: openslo/v1
kind: Service
metadata: { name: shop, annotations: { plimsoll.dev/owner: team-shop } }
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: journey
  displayName: From search to receipt
  annotations: { plimsoll.dev/runbook: journey, plimsoll.dev/objective-ids: "find, pay" }
spec:
  service: shop
  timeWindow: [{ duration: 28d, isRolling: true }]
  budgetingMethod: ${method}
  objectives:
    - { target: 0.99, compositeWeight: 0.5, ${objective} indicator: ${indicator('find')} }
    - { target: 0.999, ${objective} indicator: ${indicator('pay')} }
`
  const { plan, faults } = compilePlan([{ file: 'journey.yaml', text }])
  if (!plan) throw new Error(JSON.stringify(faults))
  return plan
}

/** The rules of the composite alone: its parts' are fed. */
function compositeRules(plan: Plan): string {
  return ruleFile({ ...plan, slos: [], groups: plan.groups.filter(({ slo }) => slo === 'journey') })
}

const occurrences = journey('Occurrences', '')
const slices = journey('Timeslices', 'timeSliceWindow: 1m, timeSliceTarget: 0.9,')

async function prove(plan: Plan, rules: string, scenes = /./) {
  const stem = 'shop.composite'
  const whole = renderAlertTests(plan).get(stem)
  const file = { ...whole, tests: whole?.tests.filter(({ name }) => scenes.test(name)) }
  expect(file.tests?.length).toBeGreaterThan(0)
  return judge('promtool', ['test', 'rules', `tests/${stem}.test.yaml`], {
    [`rules/${stem}.rules.yaml`]: rules,
    [`tests/${stem}.test.yaml`]: JSON.stringify(file),
  })
}

test.concurrent.each([
  ['Occurrences', occurrences],
  ['Timeslices', slices],
])('%s: alerts do what the standard says of the method', { timeout: 180_000 }, async (_, plan) => {
  expect(await prove(plan, compositeRules(plan), /(1h|3d)-pair|one|spent|seen|outage/)).toMatchObject({
    passed: true,
  })
})

test('a threshold four percent off, or a gate left out, is found', { timeout: 180_000 }, async () => {
  const rules = compositeRules(occurrences)
  for (const [from, to] of [
    ['> 13.44', '> 14'],
    ['and slo:evident_burn_rate:1h{slo=\\\\"journey\\\\"} > 13.44', ''],
  ] as const) {
    const broken = rules.replaceAll(from.replaceAll('\\\\', '\\'), to)
    expect(broken).not.toBe(rules)
    expect((await prove(occurrences, broken)).output).toContain('FAILED')
  }
})

test('a woken person reads how fast the whole burns, how long it lasts, and what each part adds', async () => {
  const [rule] = compositeAlertRules(occurrences, LINKS).get('journey:composite') ?? []
  const series = {
    'slo:burn_rate:1h{slo="journey"}': '21',
    'slo:burn_rate:5m{slo="journey"}': '21',
    'slo:evident_burn_rate:1h{slo="journey"}': '21',
    'slo:error_budget_remaining:ratio{slo="journey"}': '0.75',
    'slo:bad_ratio:1h{slo="journey-find"}': '0.2',
    'slo:bad_ratio:1h{slo="journey-pay"}': '0.011',
  }
  const verdict = await judge('promtool', ['test', 'rules', 'test.yaml'], {
    'rules.yaml': JSON.stringify({ groups: [{ name: 'composite', rules: [rule] }] }),
    'test.yaml': JSON.stringify({
      rule_files: ['rules.yaml'],
      tests: [
        {
          interval: '1m',
          input_series: Object.entries(series).map(([name, value]) => ({
            series: name,
            values: `${value}x5`,
          })),
          alert_rule_test: [
            {
              eval_time: '5m',
              alertname: 'SLOErrorBudgetBurn',
              exp_alerts: [
                {
                  exp_labels: {
                    ...{ slo: 'journey', service: 'shop', severity: 'page', owner: 'team-shop' },
                    region: 'all',
                  },
                  exp_annotations: {
                    // 0.75 of 28 days at 21 times the speed: one day.
                    summary:
                      'From search to receipt: the budget goes 21.0 times as fast as it may, budget gone in 1 d 0 h at this rate',
                    description:
                      'A composite over 28d: what journey-find (weight 0.5), journey-pay burn of their own budgets adds up.',
                    burn_rate: '21.0',
                    budget_remaining: '75%',
                    // 0.011 / 0.001, and half of 0.2 / 0.01.
                    parts: 'journey-pay adds 11.0; journey-find adds 10.0; over 1h',
                    console_url: 'http://console.test/#composite-journey',
                    dashboard_url: 'http://dashboards.test/d/slo-journey',
                    runbook_url: 'http://runbooks.test/journey',
                  },
                },
              ],
            },
          ],
        },
      ],
    }),
  })
  expect(verdict).toMatchObject({ passed: true })
})

test('an outage of one part pages for the part first, though two bad events are evident for the whole, three for the part', async () => {
  const firing = (slo: string) => `ALERTS{alertstate="firing", severity="page", slo=~"${slo}"}`
  const at = (minute: number, expr: string, isFiring: boolean) => ({
    expr: `count by (alertname) (${expr}) > 0`,
    eval_time: `${minute}m`,
    exp_samples: isFiring ? [{ labels: '{alertname="SLOErrorBudgetBurn"}', value: 1 }] : [],
  })
  const minutes = Array.from({ length: 10 }, (_, i) => 28 + i)
  const verdict = await judge('promtool', ['test', 'rules', 'test.yaml'], {
    'rules.yaml': ruleFile(occurrences),
    'test.yaml': JSON.stringify({
      rule_files: ['rules.yaml'],
      evaluation_interval: '1m',
      group_eval_order: occurrences.groups.map(({ name }) => name),
      tests: [
        {
          interval: '1m',
          // One event a minute each: pay answers for half an hour, then it does not.
          input_series: [
            { series: 'find_all', values: '0+1x40' },
            { series: 'find_bad', values: '0x40' },
            { series: 'pay_all', values: '0+1x40' },
            { series: 'pay_bad', values: '0x28 1+1x12' },
          ],
          promql_expr_test: [
            at(29, firing('journey-pay'), false),
            at(37, firing('journey-pay'), true),
            at(37, firing('journey'), true),
            ...minutes.map((minute) =>
              at(minute, `${firing('journey')} unless on () ${firing('journey-pay')}`, false),
            ),
          ],
        },
      ],
    }),
  })
  expect(verdict.output).toContain('SUCCESS')
})

test('a part that pages mutes the composite, a ticket of it only the same ticket', () => {
  const own = 'service="shop"'
  const parts = 'slo=~"journey-find|journey-pay"'
  expect(inhibitRules(occurrences).slice(-2)).toEqual([
    {
      source_matchers: ['alertname="SLOErrorBudgetBurn"', 'severity="page"', own, parts],
      target_matchers: ['slo="journey"'],
      equal: ['service'],
    },
    {
      source_matchers: ['severity="ticket"', own, parts],
      target_matchers: ['severity="ticket"', 'slo="journey"'],
      equal: ['alertname', 'service'],
    },
  ])
})
