/**
 * The output tree of `plimsoll build`: every renderer's answer under its path. Nothing is derived here; rules of one
 * group come from two renderers (recordings first, then alerts) and are only put one after the other.
 *
 * Files come one after the other and in pieces, because a thousand SLOs have 50 MB of them: what is written need not
 * stay in memory.
 */
import { createHash } from 'node:crypto'
import {
  type AlertLinks,
  alertRunsBySlo,
  alertTestFiles,
  compositeAlertRules,
  type RoutingOptions,
  renderAlertmanager,
  renderWatchdogGroup,
} from '@plimsoll/alerts'
import { type Plan, type RuleGroupPlan, recordingRuns } from '@plimsoll/slo/plan'
import { encode } from './encode.ts'
import { type RuleGroup, ruleYaml } from './rule-yaml.ts'
import { runPrinter } from './shared-rules.ts'

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

/** A file in UTF-8 chunks, which follow each other without anything between. Use each before asking for the next. */
export type TreeFile = { path: string; chunks: Iterable<Buffer> }

/** The whole tree at once. */
export async function buildTree(plan: Plan, options: BuildOptions): Promise<Tree> {
  const tree: Tree = new Map()
  for await (const { path, chunks } of treeFiles(plan, options)) tree.set(path, textOf(chunks))
  return tree
}

/** No chunk ends within a character. */
export function textOf(chunks: Iterable<Buffer>): string {
  let text = ''
  for (const chunk of chunks) text += chunk
  return text
}

/** File by file, MANIFEST last: it knows the hash of what was read of the pieces before. Read each file to its end. */
export async function* treeFiles(plan: Plan, options: BuildOptions): AsyncGenerator<TreeFile> {
  const hashes: Record<string, string> = {}
  const ruleCounts: Record<string, number> = {}
  function* hashed(path: string, pieces: Iterable<string>): Generator<Buffer> {
    const hash = createHash('sha256')
    for (const chunk of encode(pieces)) {
      hash.update(chunk)
      yield chunk
    }
    hashes[path] = hash.digest('hex')
  }
  for await (const { path, pieces } of partFiles(plan, options, ruleCounts)) {
    yield { path, chunks: hashed(path, pieces) }
  }
  const files = Object.fromEntries(Object.entries(hashes).sort())
  const specHash = createHash('sha256')
  for (const one of [...plan.slos, ...(plan.composites ?? [])]) specHash.update(JSON.stringify(one))
  const manifest = { version: 1, specHash: specHash.digest('hex'), ruleCounts, files }
  yield { path: 'MANIFEST.json', chunks: encode([`${JSON.stringify(manifest, null, 2)}\n`]) }
}

type PiecesOfFile = { path: string; pieces: Iterable<string> }

async function* partFiles(
  plan: Plan,
  options: BuildOptions,
  ruleCounts: Record<string, number>,
): AsyncGenerator<PiecesOfFile> {
  yield { path: 'plan.json', pieces: planJson(plan) }
  if (options.parts.includes('prometheus')) {
    for (const { service, groups } of ruleFiles(plan, options.links)) {
      yield { path: `prometheus/rules/${service}.rules.yaml`, pieces: ruleYaml(groups) }
      ruleCounts[service] = groups
        .flatMap(({ runs }) => runs)
        .reduce((sum, { rules }) => sum + rules.length, 0)
    }
    for (const [stem, pieces] of alertTestFiles(plan)) {
      yield { path: `prometheus/tests/${stem}.test.yaml`, pieces }
    }
  }
  if (options.parts.includes('alertmanager')) {
    const { stringify } = await import('yaml')
    const routing = renderAlertmanager(plan, options.routing)
    // No anchors, no folded lines.
    const text = stringify(routing, { aliasDuplicateObjects: false, lineWidth: 0 })
    yield { path: 'alertmanager/alertmanager.yaml', pieces: [text] }
  }
  if (options.parts.includes('grafana')) {
    const { renderDashboards, renderProvisioning } = await import('@plimsoll/dashboards')
    const { consoleUrl, runbookUrl = `${consoleUrl}/runbooks` } = options.links
    const links = { console: `${consoleUrl}/slos/{slo}`, runbook: `${runbookUrl}/{runbook}` }
    const dashboards = await renderDashboards(plan, { links })
    for (const [file, text] of dashboards) yield { path: `grafana/dashboards/${file}`, pieces: [text] }
    for (const [file, text] of renderProvisioning({ prometheusUrl: options.prometheusUrl })) {
      yield { path: `grafana/provisioning/${file}`, pieces: [text] }
    }
  }
}

/** One SLO or rule group a line. */
function* planJson({ version, slos, composites, groups }: Plan): Generator<string> {
  yield `{"version":${version},"slos":[`
  for (const [index, slo] of slos.entries()) yield `${index > 0 ? ',' : ''}\n${JSON.stringify(slo)}`
  yield `\n],${composites ? `"composites":${JSON.stringify(composites)},\n` : ''}"groups":[`
  for (const [index, group] of groups.entries()) {
    if (index > 0) yield ','
    yield* groupJson(group)
  }
  yield '\n]}\n'
}

function* groupJson(group: RuleGroupPlan): Generator<string> {
  const { name, service, slo, intervalSeconds } = group
  yield `\n${JSON.stringify({ name, service, slo, intervalSeconds }).slice(0, -1)},"recordings":[`
  const runs = recordingRuns(group).filter(({ rules }) => rules.length > 0)
  for (const [index, run] of runs.entries()) {
    if (index > 0) yield ','
    yield runJson(run)
  }
  yield ']}'
}

const runJson = runPrinter({
  print: (rules) => JSON.stringify(rules).slice(1, -1),
  quoted: /^/,
  inQuotes: (phrase) => JSON.stringify(phrase).slice(1, -1),
})

/** The groups of one service after the other, then of its composites. `plimsoll` holds what belongs to no SLO. */
function* ruleFiles(plan: Plan, links: AlertLinks): Generator<{ service: string; groups: RuleGroup[] }> {
  const alertsOf = alertRunsBySlo(plan, links)
  const alertsOfComposites = compositeAlertRules(plan, links)
  const slos = new Map(plan.slos.map((slo) => [slo.slo, slo]))
  const composites = new Set(plan.composites?.map(({ slo }) => slo))
  const fileOf = ({ service, slo }: RuleGroupPlan) => (composites.has(slo) ? `${service}.composite` : service)
  for (const [service, planned] of Map.groupBy(plan.groups, fileOf)) {
    const alerts = new Map(
      [...new Set(planned.map(({ slo }) => slo))].flatMap((id) => {
        const slo = slos.get(id)
        return slo ? [...alertsOf(slo)] : []
      }),
    )
    const group = (one: RuleGroupPlan): RuleGroup => ({
      name: one.name,
      interval: `${one.intervalSeconds}s`,
      runs: [
        ...recordingRuns(one),
        alerts.get(one.name) ?? { rules: alertsOfComposites.get(one.name) ?? [] },
      ],
    })
    yield { service, groups: planned.map(group) }
  }
  const { name, interval, rules } = renderWatchdogGroup(links)
  yield { service: 'plimsoll', groups: [{ name, interval, runs: [{ rules }] }] }
}
