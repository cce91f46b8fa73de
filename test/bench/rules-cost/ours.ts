/** Rule files that `plimsoll build` writes for SLOs over four raw series each, and what their plan says they cost. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compilePlan } from '@plimsoll/slo/plan'
import { textOf, treeFiles } from '../../../deploy/src/build/tree.ts'
import { groupSamplesPerMinute } from '../../../slo/src/plan/rule-cost.ts'
import { SAMPLE_SECONDS } from './backfill.ts'

/** The raw series of an SLO: two codes are good, two bad. */
export const CODES = ['200', '201', '500', '503']
export const isGood = (code: string) => code < '500'
export const sloId = (index: number) => `api-${index}`
export const rawSeries = (index: number, code: string) => `requests_total{api="${sloId(index)}",code${code}}`

/** How many of them a selector of the spec below takes. */
const seriesOf = (selector: string) =>
  CODES.filter((code) => !selector.includes('5..') || !isGood(code)).length

export async function writeOurRules(folder: string, slos: number): Promise<{ reckonedPerMinute: number }> {
  const documents = [SERVICE, ...Array.from({ length: slos }, (_, index) => spec(index))]
  const { plan, faults } = compilePlan([{ file: 'specs.yaml', text: documents.join('---\n') }])
  if (!plan) throw new Error(JSON.stringify(faults))
  const links = { consoleUrl: 'http://console.invalid', dashboardUrl: 'http://dashboards.invalid' }
  mkdirSync(folder)
  for await (const { path, chunks } of treeFiles(plan, {
    parts: ['prometheus'],
    links,
    routing: { pagerdutyUrl: '', routingKeyFile: '', ticketsUrl: '', deadmanUrl: '' },
    prometheusUrl: '',
  })) {
    const text = textOf(chunks)
    const file = /^prometheus\/rules\/(.+)$/.exec(path)?.[1]
    if (file) writeFileSync(join(folder, file), text)
  }
  const raw = { scrapeSeconds: SAMPLE_SECONDS, seriesOf }
  return { reckonedPerMinute: plan.groups.reduce((sum, group) => sum + groupSamplesPerMinute(group, raw), 0) }
}

const SERVICE = `apiVersion: openslo/v1
kind: Service
metadata: {name: apis, annotations: {plimsoll.dev/owner: team}}
spec: {}
`

function spec(index: number): string {
  return `apiVersion: openslo/v1
kind: SLO
metadata: {name: ${sloId(index)}, annotations: {plimsoll.dev/runbook: hub-api-errors}}
spec:
  service: apis
  indicator:
    metadata: {name: ${sloId(index)}}
    spec:
      ratioMetric:
        counter: true
        bad: {metricSource: {type: Prometheus, spec: {query: '${rawSeries(index, '=~"5.."')}'}}}
        total: {metricSource: {type: Prometheus, spec: {query: '${rawSeries(index, '!~"4.."')}'}}}
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [target: 0.999]
`
}
