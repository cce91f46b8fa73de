import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compilePlan } from './compile.ts'
import { diffPlans, formatDiff, markdownDiff } from './plan-diff.ts'

const text = readFileSync(join(import.meta.dirname, '../../specs/hub-api.yaml'), 'utf8')
function planOf(change: (text: string) => string = (same) => same) {
  const { plan, faults } = compilePlan([{ file: 'hub-api.yaml', text: change(text) }])
  expect(faults).toEqual([])
  if (!plan) throw new Error('no plan')
  return plan
}
const AVAILABILITY = 'hub-api-availability'
const rowsOf = (change: (text: string) => string) => {
  const found = diffPlans(planOf(), planOf(change)).slos.find(({ slo }) => slo === AVAILABILITY)
  return {
    ...found,
    rows: found?.rows.map(({ kind, what, ...sides }) => [`${kind}: ${what}`, sides.old, sides.new]),
  }
}

test('the same specs, moved in their file, are no change', () => {
  const diff = diffPlans(
    planOf(),
    planOf((text) => `# moved\n\n${text}`),
  )
  expect(diff.same).toBe(true)
  expect([formatDiff(diff), markdownDiff(diff)]).toEqual(['no change', 'No SLO changes.'])
})

test('another target: a new revision, thresholds, and how much sooner the same errors page', () => {
  const { newRevision, rows } = rowsOf((text) => text.replace('target: 0.999', 'target: 0.9995'))
  expect(newRevision).toBe(true)
  expect(rows).toContainEqual(['promise: target', '99.9 %', '99.95 %'])
  expect(rows).toContainEqual([
    'threshold: page 1h/5m',
    'burn > 13.44 (1.344 % bad), 2 % of the budget',
    'burn > 13.44 (0.672 % bad), 2 % of the budget',
  ])
  // 1 % bad is burn 10, below 13.44: the 6 h pair, 6 h × 0.56 = 3 h 22 min. As burn 20 the 1 h pair, 60 min × 0.672 = 40.3.
  expect(rows).toContainEqual([
    'detection: page at 1 % bad',
    'after 3 h 22 min, resets in 13.2 min',
    'after 40.3 min, resets in 1.6 min',
  ])
})

test('a new promise says from when it holds', () => {
  const line = (change: (text: string) => string) =>
    formatDiff(
      diffPlans(
        planOf(),
        planOf((text) => change(text.replace('target: 0.999', 'target: 0.9995'))),
      ),
    ).split('\n')[0]
  expect(line((same) => same)).toBe(
    `${AVAILABILITY}  changed: a new promise, from when the ledger first sees it`,
  )
  const runbook = '    plimsoll.dev/runbook: hub-api-errors'
  expect(
    line((text) => text.replace(runbook, `    plimsoll.dev/effective-from: 2026-12-01\n${runbook}`)),
  ).toBe(`${AVAILABILITY}  changed: a new promise, from 2026-12-01T00:00:00Z`)
})

test('stated traffic gives pages by chance', () => {
  const { newRevision, rows } = rowsOf((text) =>
    text.replace(
      '    plimsoll.dev/runbook: hub-api-errors',
      '    plimsoll.dev/expected-events-per-hour: "10"\n    plimsoll.dev/runbook: hub-api-errors',
    ),
  )
  expect(newRevision).toBe(false)
  // 1 of 10 events is 100 times the budget of 0.1 %.
  expect(rows).toContainEqual(['pages by chance: one failure', undefined, '100 × burn at 10 events/h'])
})

test('an SLO that comes or goes is listed whole, with the cost of all', () => {
  const less = planOf((text) => text.slice(0, text.lastIndexOf('---')))
  const added = diffPlans(less, planOf())
  expect(added.slos.map(({ slo, change }) => [slo, change])).toEqual([['hub-api-latency', 'added']])
  expect(added.slos[0]?.rows.every((row) => row.old === undefined)).toBe(true)
  const [count, , cost] = added.totals
  expect(count).toEqual({ what: 'SLOs', old: 1, new: 2 })
  expect(cost?.new).toBeGreaterThan(cost?.old ?? Number.NaN)
  expect(diffPlans(planOf(), less).slos[0]?.change).toBe('removed')
})

test('a renamed SLO is named beside the one whose promise it has', () => {
  const diff = diffPlans(
    planOf(),
    planOf((text) => text.replaceAll('hub-api-latency', 'hub-api-speed')),
  )
  const heads = formatDiff(diff)
    .split('\n')
    .filter((line) => /^\S/.test(line))
  expect(heads).toEqual([
    'hub-api-latency  removed',
    'hub-api-speed  added: the promise of hub-api-latency, whose past stays under that id',
    'in all',
  ])
})

describe('a composite', () => {
  const part = (name: string, weight: string, target: string) => `
    - target: ${target}
      compositeWeight: ${weight}
      indicator:
        metadata: {name: ${name}}
        spec:
          ratioMetric:
            counter: true
            bad: {metricSource: {type: Prometheus, spec: {query: ${name}_bad_total}}}
            total: {metricSource: {type: Prometheus, spec: {query: ${name}_total}}}`
  const specs = (ids: string, ...parts: string[]) => {
    const [service] = text.split('---')
    return `${service}---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: journey
  annotations:
    plimsoll.dev/runbook: hub-api-errors
    plimsoll.dev/objective-ids: ${ids}
spec:
  service: hub-api
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives:${parts.join('')}
`
  }
  const find = part('find', '2', '0.99')
  const buy = part('buy', '1', '0.999')
  const two = specs('find, buy', find, buy)
  const compare = (before: string, after: string) => {
    const diff = diffPlans(
      planOf(() => before),
      planOf(() => after),
    )
    const journey = diff.slos.find(({ slo }) => slo === 'journey')
    return { diff, change: journey?.change, rows: journey?.rows.filter(({ what }) => what !== 'rules') }
  }

  test('that comes or goes is listed whole', () => {
    const { diff, change, rows } = compare(text, two)
    expect(change).toBe('added')
    expect(rows).toContainEqual({ kind: 'promise', what: 'part journey-find', new: 'weight 2, 99 %' })
    // 2 / 0.01 + 1 / 0.001, when both fail.
    expect(rows).toContainEqual({ kind: 'promise', what: 'burn when everything fails', new: '1200' })
    expect(rows).toContainEqual({
      kind: 'threshold',
      what: 'page 1h/5m',
      new: 'burn > 13.44, 2 % of the budget',
    })
    expect(markdownDiff(diff)).toContain(
      '#### `journey` added\n\n| what | before | after |\n| --- | --- | --- |\n',
    )
    expect(compare(two, text).change).toBe('removed')
  })

  test('shows another weight, and what it does to an outage', () => {
    const { rows } = compare(two, specs('find, buy', part('find', '7', '0.99'), buy))
    expect(rows?.slice(0, 2)).toEqual([
      { kind: 'promise', what: 'part journey-find', old: 'weight 2, 99 %', new: 'weight 7, 99 %' },
      { kind: 'promise', what: 'burn when everything fails', old: '1200', new: '1700' },
    ])
    // 13.44 × 3600 s / 1200 = 40 s and / 1700 = 28 s, and the minute that a composite's burn has to last.
    expect(rows).toContainEqual({
      kind: 'detection',
      what: 'page 1h when everything fails',
      old: 'after 1.7 min, resets in 5 min',
      new: 'after 1.5 min, resets in 5 min',
    })
  })

  test('shows a part that promises more, and one that is another', () => {
    const more = compare(two, specs('find, buy', find, part('buy', '1', '0.9995')))
    expect(more.rows).toContainEqual({
      kind: 'promise',
      what: 'part journey-buy',
      old: 'weight 1, 99.9 %',
      new: 'weight 1, 99.95 %',
    })
    const { diff } = compare(two, specs('find, pay', find, buy))
    const printed = formatDiff(diff)
    expect(printed).toContain('promise: part journey-buy: weight 1, 99.9 % → —')
    expect(printed).toContain(
      'journey-pay  added: the promise of journey-buy, whose past stays under that id',
    )
    expect(JSON.parse(JSON.stringify(diff)).slos[2]).toMatchObject({
      slo: 'journey-pay',
      renamedFrom: 'journey-buy',
    })
  })

  test('that is the same is no change', () => expect(compare(two, two).diff.same).toBe(true))
})

test('whatever else differs in a plan is at least seen', () => {
  const plan = planOf()
  const [slo] = plan.slos
  if (!slo) throw new Error('no SLO')
  // None of these has a row of its own.
  const changes = [
    { series: { ...slo.series, info: 'other' } },
    { windows: slo.windows.slice(1) },
    { indicator: { ...slo.indicator, topRouteExpr: 'other' } },
    { alerts: slo.alerts.map((alert) => ({ ...alert, group: 'other' })) },
  ]
  for (const change of changes) {
    const changed = diffPlans(plan, { ...plan, slos: [{ ...slo, ...change }, ...plan.slos.slice(1)] })
    expect(changed.slos[0]?.rows.map(({ what }) => what)).toEqual(['rules'])
  }
})

test('text of a spec cannot break out of a Markdown table', () => {
  const evil = 'x | y <img src=x> @everyone `code`'
  const diff = diffPlans(
    planOf(),
    planOf((text) => text.replace('displayName: Hub API availability', `displayName: '${evil}'`)),
  )
  const line = markdownDiff(diff)
    .split('\n')
    .find((one) => one.startsWith('| rest: name'))
  expect(line).toBe(
    '| rest: name | Hub API availability | x &#124; y &#60;img src=x&#62; &#64;everyone &#96;code&#96; |',
  )
})
