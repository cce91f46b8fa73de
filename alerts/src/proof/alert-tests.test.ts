/** The generated tests pass on the real rules, and fail when a rule is broken. */

import type { Plan } from '@plimsoll/slo/plan'
import { describe, expect, test } from 'vitest'
import { judge, LINKS, livePlan, planOf, ruleFile, samplePlan, type Verdict } from '../test-support.ts'
import { renderWatchdogGroup } from '../watchdog.ts'
import { renderAlertTests } from './alert-tests.ts'

/** promtool computes for seconds; on a busy machine several times as long. */
const PATIENCE = 180_000
const plan: Plan = await samplePlan()

/** Runs the generated file of one SLO, after an edit of the rules. */
async function prove(
  slo: string,
  kind: 'fast' | 'slow',
  edit = (rules: string) => rules,
  of = plan,
): Promise<Verdict> {
  const one = planOf(of, slo)
  const service = one.slos[0]?.service ?? ''
  const stem = kind === 'slow' ? `${service}.slow` : service
  return judge('promtool', ['test', 'rules', `tests/${stem}.test.yaml`], {
    [`rules/${service}.rules.yaml`]: edit(ruleFile(one)),
    [`tests/${stem}.test.yaml`]: JSON.stringify(renderAlertTests(one).get(stem)),
  })
}

// The live specs have more SLOs of the same shapes: CI proves them all with `plimsoll test`.
for (const { slo } of plan.slos) {
  for (const kind of ['fast', 'slow'] as const) {
    test(`${slo}: the ${kind} alerts do what the counts of events say`, { timeout: PATIENCE }, async () => {
      expect(await prove(slo, kind)).toMatchObject({ passed: true })
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

test('the same plan gives the same bytes', () => {
  expect(JSON.stringify([...renderAlertTests(plan)])).toBe(JSON.stringify([...renderAlertTests(plan)]))
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

const anyBadEvent = (spec: string) =>
  spec.replaceAll(/( *)plimsoll.dev\/runbook:.*/g, '$&\n$1plimsoll.dev/alert-on: any-bad-event')
const integrity = planOf(await samplePlan(anyBadEvent), 'registry-push-pull')

const withoutRegions = (spec: string) => spec.replaceAll(/.*plimsoll.dev\/regions.*\n/g, '')
const ticketsOnly = (spec: string) =>
  spec.replaceAll(/( *)plimsoll.dev\/runbook:.*/g, '$&\n$1plimsoll.dev/alerting: ticket')
test('every alert of every live SLO fires in some test', async () => {
  expect(neverFired(await livePlan())).toEqual([])
})

const promises: { name: string; edit: (spec: string) => string }[] = [
  { name: 'one region', edit: (spec) => spec.replaceAll('us-east, eu-west', 'us-east') },
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

test('without regions the total goes blind', { timeout: PATIENCE }, async () => {
  const one = planOf(await samplePlan(withoutRegions), 'registry-push-pull')
  const file = renderAlertTests(one).get('registry')
  const tests = file?.tests.filter(({ name }) => /never seen|idle from the start|vanishes/.test(name))
  expect(tests).toHaveLength(3)
  const verdict = await judge('promtool', ['test', 'rules', 'tests/registry.test.yaml'], {
    'rules/registry.rules.yaml': ruleFile(one),
    'tests/registry.test.yaml': JSON.stringify({ ...file, tests }),
  })
  expect(verdict).toMatchObject({ passed: true })
})

test('one bad event alerts for an hour, also when its series is born with it', {
  timeout: PATIENCE,
}, async () => {
  expect(await prove('registry-push-pull', 'fast', (rules) => rules, integrity)).toMatchObject({
    passed: true,
  })
})

test('a rule that waits for a second bad event is found', { timeout: PATIENCE }, async () => {
  const patient = (rules: string) => rules.replaceAll(/(bad_events:1h\{[^}]*\}) > 0"/g, '$1 > 1"')
  expect(patient(ruleFile(integrity))).not.toBe(ruleFile(integrity))
  expect((await prove('registry-push-pull', 'fast', patient, integrity)).output).toContain('FAILED')
})

describe('a broken rule is found', () => {
  const broken: { what: string; kind: 'fast' | 'slow'; edit: (rules: string) => string }[] = [
    {
      what: 'no evidence gate',
      kind: 'fast',
      edit: (rules) => rules.replaceAll('> 6.9', '> -1').replaceAll('>= 1.5', '>= 0'),
    },
    {
      what: 'a page threshold ten times too high',
      kind: 'fast',
      edit: (rules) => rules.replaceAll('> 0.01344', '> 0.1344').replaceAll('> 0.0056', '> 0.056'),
    },
    {
      what: 'blindness noticed a minute late',
      kind: 'fast',
      edit: (rules) => rules.replaceAll('"600s"', '"660s"'),
    },
    {
      what: 'the six-hour threshold of a 30-day period',
      kind: 'slow',
      edit: (rules) => rules.replaceAll('> 0.0056', '> 0.006'),
    },
    {
      what: 'the one-day threshold of a 30-day period',
      kind: 'slow',
      edit: (rules) => rules.replaceAll('> 0.0028', '> 0.003'),
    },
    {
      what: 'one day where three belong',
      kind: 'slow',
      edit: (rules) => rules.replaceAll(/(:bad_ratio):3d(\{[^}]*\}) > 0\.001/g, '$1:1d$2 > 0.001'),
    },
  ]
  for (const { what, kind, edit } of broken) {
    test(what, { timeout: PATIENCE }, async () => {
      const verdict = await prove('registry-push-pull', kind, (rules) => {
        expect(edit(rules)).not.toBe(rules)
        return edit(rules)
      })
      expect(verdict.output).toContain('FAILED')
    })
  }
})
