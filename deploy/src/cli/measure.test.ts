import { compilePlan } from '@plimsoll/slo/plan'
import { expect, test } from 'vitest'
import type { RunningPrometheus } from '../build/loaded-rules.ts'
import { measure } from './measure.ts'
import { missingSeries } from './missing-series.ts'

const query = (text: string) => `{metricSource: {type: Prometheus, spec: {query: ${text}}}}`
const SPEC = `
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
    spec: {ratioMetric: {counter: true, bad: ${query('lost offset 2h')}, total: ${query('orders offset 2h')}}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.999}]
`

test('series that are read later are looked for, and their traffic measured, where they are read', async () => {
  const { plan } = compilePlan([{ file: 'orders.yaml', text: SPEC }])
  if (!plan) throw new Error('no plan')
  // Samples come two hours late: of the last hour there is nothing.
  const late = new Set([
    'group (last_over_time(orders{}[1h] offset 2h))',
    'group (last_over_time(lost{}[1h] offset 2h))',
    'min(sum (increase(orders{}[1h] offset 2h)))',
  ])
  const prometheus: Pick<RunningPrometheus, 'query' | 'retention'> = {
    query: async (expr) =>
      late.has(expr.replaceAll(/ +/g, ' ').replace('( ', '(')) ? [{ labels: {}, value: 60 }] : [],
    retention: async () => '15d',
  }
  expect([...(await missingSeries(plan, prometheus as RunningPrometheus)).values()].flat()).toEqual([])
  const { eventsPerHour } = await measure(plan, prometheus as RunningPrometheus)
  expect(eventsPerHour?.get('orders-kept')).toBe(60)
})
