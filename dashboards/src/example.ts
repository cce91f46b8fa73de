/** A small plan for tests: one SLO with regions and routes, one whose id is too long for a uid, a composite of two. */
import { compilePlan, type Plan } from '@plimsoll/slo/plan'

export const LONG_ID = 'registry-manifest-pull-latency-of-anonymous-clients'

const HUB =
  '{ ratioMetric: { rawType: success, raw: { metricSource: { type: Plimsoll/http, spec: { serviceName: hub-api } } } } }'

const specs = `apiVersion: openslo/v1
kind: Service
metadata: { name: hub-api, displayName: Hub API, annotations: { plimsoll.dev/owner: team-hub } }
spec: { description: Repositories and tags. }
${slo('hub-api-availability', 'Hub API availability', '0.999')}
${slo(LONG_ID, 'Pull latency of anonymous clients', '0.99')}
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: journey
  displayName: From search to pull
  annotations: { plimsoll.dev/objective-ids: 'search, pull', plimsoll.dev/runbook: hub-api-errors }
spec:
  description: Who searches finds, and can pull.
  service: hub-api
  timeWindow: [{ duration: 28d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives:
    - { target: 0.99, compositeWeight: 0.5, indicator: { metadata: { name: search }, spec: ${HUB} } }
    - { target: 0.999, indicator: { metadata: { name: pull }, spec: ${HUB} } }
`

function slo(name: string, displayName: string, target: string): string {
  return `---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: ${name}
  displayName: ${displayName}
  annotations: { plimsoll.dev/regions: us-east, plimsoll.dev/runbook: hub-api-errors }
spec:
  description: Valid requests are answered without a server fault.
  service: hub-api
  indicator:
    metadata: { name: ${name} }
    spec: ${HUB}
  timeWindow: [{ duration: 28d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: ${target} }]`
}

/** The same plan each time. Throws with the faults when the specs above no longer compile. */
export function examplePlan(): Plan {
  const { plan, faults } = compilePlan([{ file: 'example.yaml', text: specs }])
  if (!plan) throw new Error(JSON.stringify(faults, null, 2))
  return plan
}

export const exampleLinks = {
  console: 'https://console.example/slos/{slo}',
  runbook: 'https://runbooks.example/{runbook}',
}
