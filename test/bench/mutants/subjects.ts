/** SLOs of each kind whose rules are made wrong. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compilePlan, type Plan } from '@plimsoll/slo/plan'

/** One of each kind. */
export function subjects(): { name: string; plan: Plan }[] {
  const [specs, catalogue] = [planOf(read('specs')), planOf(read('catalogue'))]
  const withoutRegions = planOf(
    read('specs').map(({ file, text }) => ({
      file,
      text: text.replaceAll(/.*plimsoll.dev\/regions.*\n/g, ''),
    })),
  )
  return [
    { name: 'requests by region', plan: alone(specs, 'registry-push-availability') },
    { name: 'requests in total', plan: alone(withoutRegions, 'registry-push-availability') },
    { name: 'a probe by region', plan: alone(specs, 'registry-push-pull') },
    { name: 'one that needs another', plan: alone(specs, 'registry-replication') },
    { name: 'any bad event', plan: alone(specs, 'registry-integrity') },
    { name: 'slices of a gauge', plan: alone(catalogue, 'events-freshness') },
    { name: 'composite of events', plan: composite('Occurrences', '') },
    {
      name: 'composite of slices',
      plan: composite('Timeslices', 'timeSliceWindow: 1m, timeSliceTarget: 0.9,'),
    },
    { name: 'composite of shares of slices', plan: composite('RatioTimeslices', 'timeSliceWindow: 1m,') },
  ]
}

function read(folder: string): { file: string; text: string }[] {
  const path = join(import.meta.dirname, '../../../slo', folder)
  return readdirSync(path)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => ({ file, text: readFileSync(join(path, file), 'utf8') }))
}

function planOf(sources: { file: string; text: string }[]): Plan {
  const { plan, faults } = compilePlan(sources)
  if (!plan) throw new Error(JSON.stringify(faults))
  return plan
}

function alone(plan: Plan, slo: string): Plan {
  const slos = plan.slos.filter((one) => one.slo === slo)
  return { ...plan, slos, composites: [], groups: plan.groups.filter((group) => group.slo === slo) }
}

/** Two parts of different promises and weights; their own rules and alerts are left out. */
function composite(method: string, objective: string): Plan {
  const counter = (query: string) => `{metricSource: {type: Prometheus, spec: {query: ${query}}}}`
  const indicator = (name: string) =>
    `{metadata: {name: ${name}}, spec: {ratioMetric: {bad: ${counter(`${name}_bad`)}, total: ${counter(`${name}_all`)}}}}`
  const text = `
apiVersion: openslo/v1
kind: Service
metadata: {name: shop, annotations: {plimsoll.dev/owner: team-shop}}
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: journey
  annotations: {plimsoll.dev/runbook: journey, plimsoll.dev/objective-ids: "find, pay"}
spec:
  service: shop
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: ${method}
  objectives:
    - {target: 0.99, compositeWeight: 0.5, ${objective} indicator: ${indicator('find')}}
    - {target: 0.999, ${objective} indicator: ${indicator('pay')}}
`
  const plan = planOf([{ file: 'journey.yaml', text }])
  const slos = plan.slos.map((slo) => ({ ...slo, alerts: [] }))
  return { ...plan, slos, groups: plan.groups.filter(({ slo }) => slo === 'journey') }
}
