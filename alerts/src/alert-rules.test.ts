import type { Plan } from '@plimsoll/slo/plan'
import { beforeAll, describe, expect, test } from 'vitest'
import { renderAlertRules } from './alert-rules.ts'
import { judge, LINKS, livePlan, planOf, ruleFile } from './test-support.ts'
import { renderWatchdogGroup } from './watchdog.ts'

let plan: Plan
beforeAll(async () => {
  plan = await livePlan()
})

test('promtool accepts the rules of the live specs and counts as many as the plan has', async () => {
  const verdict = await judge('promtool', ['check', 'rules', 'rules.yaml', 'watchdog.yaml'], {
    'rules.yaml': ruleFile(plan),
    'watchdog.yaml': JSON.stringify({ groups: [renderWatchdogGroup(LINKS)] }),
  })
  const alerts = plan.slos.flatMap((slo) => slo.alerts)
  const explained = alerts.filter((alert) => alert.kind === 'burn' && alert.explained)
  const recordings = plan.groups.flatMap((group) => group.recordings)
  expect(verdict.output).toContain(
    `SUCCESS: ${alerts.length + explained.length + recordings.length} rules found`,
  )
  expect(verdict.output).toContain('SUCCESS: 1 rules found')
  expect(verdict.passed).toBe(true)
})

test('the page of a region is one rule that ORs its pairs', async () => {
  const rules = renderAlertRules(planOf(plan, 'registry-push-pull'), LINKS).get('registry-push-pull:page')
  const text = JSON.stringify(rules?.[0], null, 2).replaceAll('\\n', '\n')
  await expect(text).toMatchFileSnapshot('golden/page-rule.txt')
})

describe('what the plan does not hold', () => {
  test('a window that is not recorded is refused, not left out', () => {
    const one = planOf(plan, 'registry-push-pull')
    const slos = one.slos.map((slo) => ({ ...slo, windows: slo.windows.filter(({ name }) => name !== '6h') }))
    expect(() => renderAlertRules({ ...one, slos }, LINKS)).toThrow(
      'plan of registry-push-pull: saw no window 6h for scope region',
    )
  })
})
