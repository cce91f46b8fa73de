/** Annotations as the real Prometheus template engine prints them, over recorded series of known values. */

import type { Plan } from '@plimsoll/slo/plan'
import { beforeAll, expect, test } from 'vitest'
import { renderAlertRules } from './alert-rules.ts'
import { judge, LINKS, planOf, samplePlan } from './test-support.ts'

let plan: Plan
beforeAll(async () => {
  plan = await samplePlan()
})

/** 6 bad of 1,000 over six hours and over half an hour: six times the budget of 0.001. */
function burningSix(slo: string, remaining: string | undefined): Record<string, string> {
  const at = `{slo="${slo}",region="us-east"}`
  return {
    [`slo_region:bad_ratio:6h${at}`]: '0.006',
    [`slo_region:bad_ratio:30m${at}`]: '0.006',
    [`slo_region:bad_events:6h${at}`]: '60',
    [`slo_region:total_events:6h${at}`]: '10000',
    ...(remaining && { [`slo_region:error_budget_remaining:ratio${at}`]: remaining }),
  }
}

async function page(
  id: string,
  series: Record<string, string>,
  expected: Record<string, string>,
  of = plan,
): Promise<string> {
  const rule = renderAlertRules(planOf(of, id), LINKS).get(`${id}:page`)?.[0]
  const labels = { ...rule?.labels, region: 'us-east' }
  const verdict = await judge('promtool', ['test', 'rules', 'test.yaml'], {
    'rules.yaml': JSON.stringify({ groups: [{ name: 'page', rules: [rule] }] }),
    'test.yaml': JSON.stringify({
      rule_files: ['rules.yaml'],
      tests: [
        {
          interval: '1m',
          input_series: Object.entries(series).map(([name, value]) => ({
            series: name,
            values: value.includes('x') ? value : `${value}x10`,
          })),
          alert_rule_test: [
            {
              eval_time: '10m',
              alertname: rule?.alert,
              exp_alerts: [{ exp_labels: labels, exp_annotations: { ...rule?.annotations, ...expected } }],
            },
          ],
        },
      ],
    }),
  })
  return verdict.passed ? 'as expected' : verdict.output
}

test('a violated integrity says what happened, where, and that one is too many', async () => {
  const edited = await samplePlan((spec) =>
    spec.replace('runbook: registry-push-pull', '$&\n    plimsoll.dev/alert-on: any-bad-event'),
  )
  const id = 'registry-push-pull'
  const bad = { [`slo_region:bad_events:1h{slo="${id}",region="us-east"}`]: '3' }
  const expected = {
    summary:
      'Registry push and pull, seen from outside in us-east: 3 bad events in the last hour, and one is too many',
    budget_remaining: 'unknown',
    runbook_url: 'http://runbooks.test/registry-push-pull',
  }
  expect(await page(id, bad, expected, edited)).toBe('as expected')
})

const needy = await samplePlan((spec) =>
  spec
    .replace('runbook: hub-api-errors', '$&\n    plimsoll.dev/depends-on: registry-push-pull')
    .replace('runbook: hub-api-slow', '$&\n    plimsoll.dev/depends-on: registry-push-pull:0.5'),
)

test('a page names the SLOs whose burns it may explain, a ticket none', () => {
  const rules = renderAlertRules(needy, LINKS)
  expect(rules.get('registry-push-pull:page')?.[0]?.annotations.also_affected).toBe(
    'hub-api-availability, hub-api-latency: their burns here are muted while this one explains them',
  )
  expect(rules.get('registry-push-pull:slow')?.[0]?.annotations).not.toHaveProperty('also_affected')
})

const dependency = {
  'ALERTS{alertname="SLOErrorBudgetBurn",alertstate="firing",slo="registry-push-pull",severity="page",region="us-east"}':
    '1',
}
for (const { name, series, dependencies } of [
  { name: 'that what it needs is well', series: {}, dependencies: 'no page here of registry-push-pull' },
  {
    name: 'what it means that what it needs pages too',
    series: dependency,
    dependencies:
      'registry-push-pull pages here too: if you are told of this as well, that explains less than 1/2 of it',
  },
]) {
  test(`the page of an SLO that needs another says ${name}`, async () => {
    const expected = {
      summary: 'Hub API availability in us-east: 0.6% of events are bad, budget left unknown',
      burn_rate: '6.0',
      budget_remaining: 'unknown',
      top_route: 'none',
      dependencies,
    }
    const all = { ...burningSix('hub-api-availability', undefined), ...series }
    expect(await page('hub-api-availability', all, expected, needy)).toBe('as expected')
  })
}

const summary = 'Registry push and pull, seen from outside in us-east: 0.6% of events are bad, '
const budgets = [
  // 183,600 s = 2 d 3 h: what is left (0.4553571 of 28 d = 2,419,200 s) divided by 6.
  { left: '0.4553571429', percent: '45.54%', says: 'budget gone in 2 d 3 h at this rate' },
  // 0.01 · 2,419,200 s / 6 = 4,032 s.
  { left: '0.01', percent: '1%', says: 'budget gone in 1 h 7 min at this rate' },
  { left: '-0.25', percent: '-25%', says: 'budget spent' },
  { left: undefined, percent: 'unknown', says: 'budget left unknown' },
]
for (const { left, percent, says } of budgets) {
  test(`with ${percent} of the budget left, the page says: ${says}`, async () => {
    const expected = { summary: summary + says, burn_rate: '6.0', budget_remaining: percent }
    expect(await page('registry-push-pull', burningSix('registry-push-pull', left), expected)).toBe(
      'as expected',
    )
  })
}

test('a page of an HTTP service names the route with most bad requests', async () => {
  const route = (name: string, step: number) => ({
    [`http_server_request_duration_seconds_count{service_name="hub-api",http_response_status_code="500",http_route="${name}"}`]: `0+${step}x10`,
  })
  const series = {
    ...burningSix('hub-api-availability', '0.4553571429'),
    ...route('/search', 1),
    ...route('/repositories/{name}', 9),
  }
  const expected = {
    summary: 'Hub API availability in us-east: 0.6% of events are bad, budget gone in 2 d 3 h at this rate',
    burn_rate: '6.0',
    budget_remaining: '45.54%',
    top_route: '/repositories/{name}',
  }
  expect(await page('hub-api-availability', series, expected)).toBe('as expected')
})
