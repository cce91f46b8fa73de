/**
 * The generated tests pass on the real rules, and fail when a rule is broken. One SLO of each shape: all of them are
 * proven by `npm run test:catalogue`.
 */

import { compilePlan, type Plan } from '@plimsoll/slo/plan'
import { describe, expect, test } from 'vitest'
import {
  cataloguePlan,
  judge,
  LINKS,
  livePlan,
  planOf,
  ruleFile,
  samplePlan,
  type Verdict,
} from '../test-support.ts'
import { renderWatchdogGroup } from '../watchdog.ts'
import { renderAlertTests } from './alert-tests.ts'

/** promtool computes for seconds; on a busy machine several times as long. */
const PATIENCE = 180_000
const withoutRegions = (spec: string) => spec.replaceAll(/.*plimsoll.dev\/regions.*\n/g, '')
const anyBadEvent = (spec: string) =>
  spec.replace(
    /( *)plimsoll.dev\/runbook: registry-push-pull$/m,
    '$&\n$1plimsoll.dev/alert-on: any-bad-event',
  )
const plan = await livePlan()
const catalogue = await cataloguePlan()
/** Each case is a group of its own here, so a test can look at one of them. */
const apart = planOf(await samplePlan(withoutRegions), 'registry-push-pull')
const integrity = planOf(await samplePlan((spec) => anyBadEvent(withoutRegions(spec))), 'registry-push-pull')

/** Two counters, read later than they count by a time that is no whole step of any world. */
const late = lateSlo()

function lateSlo(): Plan {
  const query = (text: string) => `{metricSource: {type: Prometheus, spec: {query: ${text}}}}`
  const text = `
apiVersion: openslo/v1
kind: Service
metadata: {name: orders, annotations: {plimsoll.dev/owner: team-orders}}
spec: {}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: orders-kept, annotations: {plimsoll.dev/runbook: orders}}
spec:
  service: orders
  indicator:
    metadata: {name: sli}
    spec: {ratioMetric: {counter: true, good: ${query('kept offset 95s')}, total: ${query('orders offset 95s')}}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.999}]
`
  const { plan, faults } = compilePlan([{ file: 'orders.yaml', text }])
  if (!plan) throw new Error(JSON.stringify(faults))
  return plan
}

type Look = { kind: 'fast' | 'slow'; cases?: RegExp; edit?: (rules: string) => string }

/** Runs the generated file of the plan's one SLO, or of it the groups of some cases, after an edit of the rules. */
async function prove(one: Plan, { kind, cases = /./, edit = (rules) => rules }: Look): Promise<Verdict> {
  const service = one.slos[0]?.service ?? ''
  const stem = kind === 'slow' ? `${service}.slow` : service
  const file = renderAlertTests(one).get(stem)
  const tests = file?.tests.filter(({ name }) => cases.test(name))
  expect(tests?.length, `groups of ${cases}`).toBeGreaterThan(0)
  return judge('promtool', ['test', 'rules', `tests/${stem}.test.yaml`], {
    [`rules/${service}.rules.yaml`]: edit(ruleFile(one)),
    [`tests/${stem}.test.yaml`]: JSON.stringify({ ...file, tests }),
  })
}

const shapes: { shape: string; one: Plan; looks: Look[] }[] = [
  {
    shape: 'a probe by region',
    one: planOf(plan, 'registry-push-pull'),
    looks: [{ kind: 'fast' }, { kind: 'slow' }],
  },
  { shape: 'requests by region', one: planOf(plan, 'hub-api-availability'), looks: [{ kind: 'fast' }] },
  {
    shape: 'slices of a gauge by region',
    one: planOf(catalogue, 'events-freshness'),
    looks: [{ kind: 'fast' }, { kind: 'slow' }],
  },
  {
    shape: 'bytes over 7 days, in total',
    one: planOf(catalogue, 'cdn-cache-hit'),
    looks: [{ kind: 'slow', cases: /1d/ }],
  },
  {
    shape: 'a total',
    one: apart,
    looks: [{ kind: 'fast', cases: /never seen|vanishes/ }],
  },
  {
    shape: 'one that needs another',
    one: planOf(plan, 'registry-replication'),
    looks: [{ kind: 'fast', cases: /explained/ }],
  },
  {
    shape: 'a total read 95 seconds later',
    one: late,
    looks: [{ kind: 'fast', cases: /never seen|vanishes|outage-after-an-hour/ }],
  },
  { shape: 'one bad event too many', one: integrity, looks: [{ kind: 'fast', cases: /burst|low-traffic/ }] },
]
for (const { shape, one, looks } of shapes) {
  for (const look of looks) {
    test.concurrent(`${shape}: the ${look.kind} alerts do what the counts of events say`, {
      timeout: PATIENCE,
    }, async () => {
      expect(await prove(one, look)).toMatchObject({ passed: true })
    })
  }
}

test('the Watchdog fires', async () => {
  const verdict = await judge('promtool', ['test', 'rules', 'tests/plimsoll.test.yaml'], {
    'rules/plimsoll.rules.yaml': JSON.stringify({ groups: [renderWatchdogGroup(LINKS)] }),
    'tests/plimsoll.test.yaml': JSON.stringify(renderAlertTests(plan).get('plimsoll')),
  })
  expect(verdict).toMatchObject({ passed: true })
})

test('the same plan gives the same bytes, whatever SLOs a service has side by side', () => {
  expect(JSON.stringify([...renderAlertTests(catalogue)])).toBe(
    JSON.stringify([...renderAlertTests(catalogue)]),
  )
})

/** Every alert of an SLO that none of its tests makes fire. */
function neverFired(of: Plan): string[] {
  return of.slos.flatMap(({ slo, alerts }) => {
    const tests = [...renderAlertTests(planOf(of, slo)).values()].flatMap((file) => file.tests)
    const fired = tests
      .flatMap((group) => group.promql_expr_test)
      .flatMap(({ exp_samples }) => exp_samples.map(({ labels }) => labels))
    return alerts
      .filter(({ alert, severity, scope }) => {
        const region = scope === 'all' ? 'region="all"' : 'region="(?!all")'
        const pattern = new RegExp(`alertname="${alert}".*${region}.*severity="${severity}"`)
        return !fired.some((labels) => pattern.test(labels))
      })
      .map(({ alert, severity, scope }) => `${slo}: ${alert} ${severity} ${scope}`)
  })
}

const ticketsOnly = (spec: string) =>
  spec
    .replaceAll(/.*plimsoll.dev\/alerting:.*\n/g, '')
    .replaceAll(/( *)plimsoll.dev\/runbook:.*/g, '$&\n$1plimsoll.dev/alerting: ticket')
const promises: { name: string; edit: (spec: string) => string }[] = [
  { name: 'one region', edit: (spec) => spec.replaceAll('us-east, eu-west', 'us-east') },
  {
    name: 'three regions',
    edit: (spec) => spec.replaceAll(/(dev\/regions:).*/g, '$1 us-east, eu-west, ap-south'),
  },
  { name: 'no regions', edit: withoutRegions },
  { name: 'a period of 7 days', edit: (spec) => spec.replaceAll('28d', '7d') },
  { name: 'an objective of 99.99 %', edit: (spec) => spec.replaceAll(/target: 0\.99+/g, 'target: 0.9999') },
  {
    name: 'an objective of 75 %, which has tickets only',
    edit: (spec) => ticketsOnly(spec.replaceAll(/target: 0\.99+/g, 'target: 0.75')),
  },
  { name: 'one bad event too many', edit: anyBadEvent },
  { name: 'an objective of 95 %', edit: (spec) => spec.replaceAll(/target: 0\.99+/g, 'target: 0.95') },
]
for (const { name, edit } of promises) {
  test(`${name}: every alert of every SLO fires in some test`, async () => {
    expect(neverFired(await samplePlan(edit))).toEqual([])
  })
}

test('live specs and catalogue: every alert of every SLO fires in some test', () => {
  expect([...neverFired(plan), ...neverFired(catalogue)]).toEqual([])
})

/** Slips of a total, which its regions' rules do not share. */
const nearly: { what: string; from: RegExp; to: string }[] = [
  {
    what: 'a total with the page threshold five percent low',
    from: /(slo:bad_ratio:1h\{[^}]*\}) > 0\.01344/g,
    to: '$1 > 0.012768',
  },
  {
    what: 'a total without the short window of the one-day pair',
    from: /\\n *and on \(slo, region\) slo:bad_ratio:2h\{[^}]*\} > 0\.0028/g,
    to: '',
  },
  {
    what: 'a total that takes a little less for evidence',
    from: /(slo:total_events:3d\{.*? )> 6\.9/g,
    to: '$1> 6.6',
  },
  {
    what: 'a total that is held five minutes longer',
    from: /"keep_firing_for": "900s"/g,
    to: '"keep_firing_for": "1200s"',
  },
  {
    what: 'a budget that is exhausted while a twentieth is left',
    from: /(remaining:ratio\{[^}]*\}) <= 0/g,
    to: '$1 <= 0.05',
  },
]

/** Tiles that know the last value of a counter only where it is five minutes old. */
const forgetful = (rules: string) =>
  rules
    .replaceAll('[1h] offset 5m', '[5m] offset 5m')
    .replaceAll(/slo:lost:\w+\{[^}]*\}\[16m\]/g, '$& offset 1d')

describe('a broken rule is found', () => {
  const dependent = planOf(plan, 'registry-replication')
  const pipeline = planOf(catalogue, 'alerting-pipeline')
  const broken: { what: string; of?: Plan; look: Look }[] = [
    {
      what: 'no evidence gate',
      look: {
        kind: 'fast',
        cases: /low-traffic/,
        edit: (rules) => rules.replaceAll('> 6.9', '> -1').replaceAll('>= 1.5', '>= 0'),
      },
    },
    {
      what: 'no evidence gate for tickets',
      look: {
        kind: 'slow',
        cases: /little-traffic/,
        edit: (rules) => rules.replaceAll('> 6.9', '> -1').replaceAll('>= 1.5', '>= 0'),
      },
    },
    {
      what: 'a page threshold ten times too high',
      look: {
        kind: 'fast',
        cases: /outage-after-an-hour/,
        edit: (rules) => rules.replaceAll('> 0.01344', '> 0.1344').replaceAll('> 0.0056', '> 0.056'),
      },
    },
    {
      what: 'a burn taken as explained whatever the dependency explains',
      of: dependent,
      look: { kind: 'fast', cases: /explained/, edit: (rules) => rules.replaceAll('5 + 2 *', '6 + 2 *') },
    },
    {
      what: 'a burn taken as explained by what does not page',
      of: dependent,
      look: {
        kind: 'fast',
        cases: /explained/,
        edit: (rules) => rules.replaceAll(/ and on \((slo|slo, region)\) last_over_time[^\\]*/g, ''),
      },
    },
    {
      what: 'blindness noticed a minute late',
      look: { kind: 'fast', cases: /vanishes/, edit: (rules) => rules.replaceAll('"300s"', '"360s"') },
    },
    {
      what: 'blindness of the second region read from a longer window',
      of: planOf(plan, 'registry-push-pull'),
      look: {
        kind: 'fast',
        cases: /vanishes/,
        edit: (rules) => rules.replaceAll(/(or absent\([^{]*):5m/g, '$1:30m'),
      },
    },
    {
      what: 'a second region whose probe runs nothing, seen late',
      of: planOf(plan, 'registry-push-pull'),
      look: {
        kind: 'fast',
        cases: /vanishes/,
        edit: (rules) => rules.replaceAll(/(or [^{]*):5m(\{[^}]*eu-west[^}]*\} == 0)/g, '$1:30m$2'),
      },
    },
    {
      what: 'blindness of a gauge, as if its last sample stayed for five minutes',
      of: pipeline,
      look: { kind: 'fast', cases: /vanishes/, edit: (rules) => rules.replaceAll('"540s"', '"270s"') },
    },
    {
      what: 'blindness that outlasts the return',
      look: {
        kind: 'fast',
        cases: /vanishes/,
        edit: (rules) => rules.replaceAll('"for": "300s"', '$&, "keep_firing_for": "30s"'),
      },
    },
    {
      what: 'a return that counts again what was known before',
      look: { kind: 'fast', cases: /vanishes/, edit: forgetful },
    },
    {
      what: 'a return that counts one bad event again where one is too many',
      of: integrity,
      look: { kind: 'fast', cases: /burst/, edit: forgetful },
    },
    {
      what: 'blindness before anything can be seen',
      of: late,
      look: {
        kind: 'fast',
        cases: /never seen/,
        edit: (rules) => rules.replaceAll('offset 395s', 'offset 300s'),
      },
    },
    {
      what: 'a second bad event waited for',
      of: integrity,
      look: {
        kind: 'fast',
        cases: /burst/,
        edit: (rules) => rules.replaceAll(/(bad_events:1h\{[^}]*\}) > 0"/g, '$1 > 1"'),
      },
    },
    {
      what: 'blindness of slices read from a sum that is carried on',
      of: pipeline,
      look: {
        kind: 'fast',
        cases: /vanishes/,
        edit: (rules) => rules.replaceAll(/absent\(([^{]*):1m/g, 'absent($1:5m'),
      },
    },
    {
      what: 'a gauge that may reach its threshold',
      of: pipeline,
      look: { kind: 'slow', cases: /outage/, edit: (rules) => rules.replaceAll('< bool 90', '<= bool 90') },
    },
    {
      what: 'the six-hour threshold of a 30-day period',
      look: {
        kind: 'slow',
        cases: /burn-of-the-6h/,
        edit: (rules) => rules.replaceAll('> 0.0056', '> 0.006'),
      },
    },
    {
      what: 'the one-day threshold of a 30-day period',
      look: {
        kind: 'slow',
        cases: /burn-of-the-1d/,
        edit: (rules) => rules.replaceAll('> 0.0028', '> 0.003'),
      },
    },
    {
      what: 'one day where three belong',
      look: {
        kind: 'slow',
        cases: /burn-of-the-3d/,
        edit: (rules) => rules.replaceAll(/(:bad_ratio):3d(\{[^}]*\}) > 0\.001/g, '$1:1d$2 > 0.001'),
      },
    },
    ...nearly.map(({ what, from, to }) => ({
      what,
      of: planOf(plan, 'hub-api-availability'),
      look: {
        kind: 'slow' as const,
        cases: /edges/,
        edit: (rules: string) => rules.replaceAll(from, to),
      },
    })),
  ]
  for (const { what, of = apart, look } of broken) {
    test.concurrent(what, { timeout: PATIENCE }, async () => {
      const rules = ruleFile(of)
      expect(look.edit?.(rules)).not.toBe(rules)
      expect((await prove(of, look)).output).toContain('FAILED')
    })
  }
})
