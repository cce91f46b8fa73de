/**
 * The output tree of `plimsoll build`: every renderer's answer under its path. Nothing is derived here; rules of one
 * group come from two renderers (recordings first, then alerts) and are only put one after the other.
 */
import { createHash } from 'node:crypto'
import {
  type AlertLinks,
  type RoutingOptions,
  renderAlertmanager,
  renderAlertRules,
  renderAlertTests,
  renderWatchdogGroup,
} from '@plimsoll/alerts'
import { renderDashboards, renderProvisioning } from '@plimsoll/dashboards'
import { type Plan, renderRecordingRules } from '@plimsoll/slo/plan'
import { stringify } from 'yaml'

export const PARTS = ['prometheus', 'alertmanager', 'grafana'] as const
export type Part = (typeof PARTS)[number]

export type BuildOptions = {
  parts: readonly Part[]
  links: AlertLinks
  routing: RoutingOptions
  prometheusUrl: string
}

/** Path below the output folder → content. The same plan and options give the same bytes. */
export type Tree = Map<string, string>

export async function buildTree(plan: Plan, options: BuildOptions): Promise<Tree> {
  const tree: Tree = new Map([['plan.json', json(plan)]])
  const ruleCounts: Record<string, number> = {}
  if (options.parts.includes('prometheus')) {
    for (const [service, groups] of ruleFiles(plan, options.links)) {
      tree.set(`prometheus/rules/${service}.rules.yaml`, yaml({ groups }))
      ruleCounts[service] = groups.reduce((sum, group) => sum + group.rules.length, 0)
    }
    for (const [service, tests] of renderAlertTests(plan)) {
      tree.set(`prometheus/tests/${service}.test.yaml`, yaml(tests))
    }
  }
  if (options.parts.includes('alertmanager')) {
    tree.set('alertmanager/alertmanager.yaml', yaml(renderAlertmanager(plan, options.routing)))
  }
  if (options.parts.includes('grafana')) {
    const { consoleUrl, runbookUrl = `${consoleUrl}/runbooks` } = options.links
    const links = { console: `${consoleUrl}/slos/{slo}`, runbook: `${runbookUrl}/{runbook}` }
    const dashboards = await renderDashboards(plan, { links })
    for (const [file, text] of dashboards) tree.set(`grafana/dashboards/${file}`, text)
    for (const [file, text] of renderProvisioning({ prometheusUrl: options.prometheusUrl })) {
      tree.set(`grafana/provisioning/${file}`, text)
    }
  }
  const files = Object.fromEntries([...tree].map(([path, text]) => [path, sha256(text)]).sort())
  return tree.set('MANIFEST.json', json({ version: 1, specHash: sha256(json(plan.slos)), ruleCounts, files }))
}

type RuleGroup = { name: string; interval: string; rules: object[] }

/** Service → its groups. `plimsoll` holds what belongs to no SLO. */
function ruleFiles(plan: Plan, links: AlertLinks): Map<string, RuleGroup[]> {
  const recordings = renderRecordingRules(plan)
  const alerts = renderAlertRules(plan, links)
  const files = new Map<string, RuleGroup[]>()
  for (const { name, service, intervalSeconds } of plan.groups) {
    const rules = [...(recordings.get(name) ?? []), ...(alerts.get(name) ?? [])]
    const group = { name, interval: `${intervalSeconds}s`, rules }
    files.set(service, [...(files.get(service) ?? []), group])
  }
  return files.set('plimsoll', [renderWatchdogGroup(links)])
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** One document a file: Prometheus reads only the first one of a rule file. No anchors, no folded lines. */
function yaml(value: unknown): string {
  return stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 })
}
