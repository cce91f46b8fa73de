import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compilePlan } from './compile.ts'
import { formatPlan } from './format-plan.ts'

test('a printed plan says what is promised, what interrupts, and what one failure does', () => {
  const text = readFileSync(join(import.meta.dirname, '../../specs/registry.yaml'), 'utf8')
  const hourly = text.replace(
    'plimsoll.dev/runbook:',
    'plimsoll.dev/expected-events-per-hour: "360"\n    plimsoll.dev/runbook:',
  )
  const { plan } = compilePlan([{ file: 'registry.yaml', text: hourly }])
  if (!plan) throw new Error('no plan')
  const lines = formatPlan({
    ...plan,
    slos: plan.slos.filter(({ slo }) => slo === 'registry-push-pull'),
  }).split('\n')
  expect(lines[0]).toMatch(
    /^registry-push-pull {2}99\.9 % over 28d, by region \(us-east.*\) {2}\(registry\.yaml:\d+\)$/,
  )
  // A total outage burns 1000: 13.44 h × 60 / 1000 = 48 s; 5 min × (1 − 13.44/1000) = 4.9 min.
  expect(lines).toContain(
    '  page   1h/5m   burn ≥ 13.44 (1.344 % bad), 2 % of the budget; at burn 1000 after 48 s, resets in 4.9 min',
  )
  expect(lines).toContain(
    '  ticket 3d/6h   burn ≥ 1 (0.1 % bad), 10.7 % of the budget; at burn 1000 after 4.3 min, resets in 6 h',
  )
  // 1 of 360 events is 0.278 %, 2.78 times the budget of 0.1 %.
  expect(lines.find((line) => line.includes('one failure'))).toContain(
    'at 360 events/h: one failure = 2.78 × burn',
  )
})
