import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compilePlan } from './compile.ts'
import { formatPlan } from './format-plan.ts'
import { measuredPlan } from './measured-plan.ts'

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
  // At burn 15: 13.44 h × 60 / 15 = 53.8 min, 5 min × (1 − 13.44/15) = 31 s; at 20: 40.3 min, 1.6 min; at 100: 8.1 min, 4.3 min.
  // A total outage burns 1000: 13.44 h × 60 / 1000 = 48 s; 5 min × (1 − 13.44/1000) = 4.9 min.
  expect(lines).toContain('  page   1h/5m   burn > 13.44 (1.344 % bad), 2 % of the budget; 1 ≤ 13.44 < 1000')
  expect(lines).toContain(
    '                 fires after 53.8 min at 15, 40.3 min at 20, 8.1 min at 100, 48 s at 1000 × burn; resets in 31 s, 1.6 min, 4.3 min, 4.9 min',
  )
  expect(lines).toContain('  ticket 3d/6h   burn > 1 (0.1 % bad), 10.7 % of the budget; 1 ≤ 1 < 1000')
  // 1 of 360 events is 0.278 %, 2.78 times the budget of 0.1 %.
  expect(lines.find((line) => line.includes('one failure'))).toContain(
    'at 360 events/h in a region: one failure = 2.78 × burn',
  )
})

test('with time slices one failure is one bad slice of those that have events', () => {
  const sliced = readFileSync(join(import.meta.dirname, '../../specs/registry.yaml'), 'utf8')
    .replaceAll('budgetingMethod: Occurrences', 'budgetingMethod: RatioTimeslices')
    .replaceAll(/(\n +)- target: .*/g, '$1- target: 0.99$1  timeSliceWindow: 1m')
    .replace(
      'plimsoll.dev/runbook:',
      'plimsoll.dev/expected-events-per-hour: "600"\n    plimsoll.dev/runbook:',
    )
  const { plan, faults } = compilePlan([{ file: 'registry.yaml', text: sliced }])
  expect(faults).toEqual([])
  // 60 slices an hour; one of them is 1.67 %, 1.67 times the budget of 1 %.
  expect(plan && formatPlan(plan)).toContain('at 60 slices/h in a region: one failure = 1.67 × burn')
})

test('measured traffic replaces what was stated, with what follows from it', () => {
  const text = readFileSync(join(import.meta.dirname, '../../specs/hub-api.yaml'), 'utf8')
  const { plan } = compilePlan([{ file: 'hub-api.yaml', text }])
  if (!plan) throw new Error('no plan')
  const [quiet] = measuredPlan(plan, {
    eventsPerHour: new Map([['hub-api-availability', 10]]),
    retentionSeconds: 15 * 86_400,
  }).slos
  // 1 of 10 events is 10 %, 100 times the budget of 0.1 %.
  expect(quiet?.numbers.traffic).toMatchObject({ eventsPerHour: 10, measured: true, oneFailureBurn: 100 })
  expect(quiet?.warnings.map(({ code }) => code)).toEqual(['PLAN_STARVED', 'PLAN_RETENTION'])
  expect(quiet?.warnings[1]?.message).toBe(
    'the rules of 28d need 29 days of history, and Prometheus keeps 15: the period is never whole',
  )
  const [busy, other] = measuredPlan(plan, {
    eventsPerHour: new Map([['hub-api-availability', 36_000]]),
    retentionSeconds: 30 * 86_400,
  }).slos
  expect(busy?.warnings).toEqual([])
  expect(formatPlan({ ...plan, slos: busy ? [busy] : [] })).toContain(
    'at 36000 events/h in a region (measured): one failure = 0.0278 × burn',
  )
  expect(other?.numbers.traffic).toBeUndefined()
})

test('a plan says whose page mutes the burns of an SLO', () => {
  const text = readFileSync(join(import.meta.dirname, '../../specs/registry.yaml'), 'utf8')
  const { plan } = compilePlan([{ file: 'registry.yaml', text }])
  const muted = 'its burns are muted while registry-push-pull pages and explains them by count'
  expect(plan && formatPlan(plan).split(muted)).toHaveLength(2) // of replication alone
})

test('calendars and the day from which a promise holds are said, and what the rules make of them', () => {
  const text = readFileSync(join(import.meta.dirname, '../../specs/hub-api.yaml'), 'utf8').replace(
    'plimsoll.dev/runbook:',
    'plimsoll.dev/effective-from: 2026-12-01T01:00+01:00\n    plimsoll.dev/runbook:',
  )
  const { plan } = compilePlan([{ file: 'hub-api.yaml', text }])
  const printed = plan && formatPlan(plan)
  expect(printed).toContain('  reported by calendar: 1M Europe/Berlin, 1Q UTC; the rules roll over 28d\n')
  expect(printed).toContain('  promised from 2026-12-01T00:00:00Z; what was before')
})
