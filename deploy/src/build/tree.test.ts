/** The tree of the project's own specs, held against sha256sum's standard and what promtool and amtool say of it. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { temporaryFolder } from '../process/test-parts.ts'
import { options, ownPlan } from './test-parts.ts'
import { buildTree, type Tree } from './tree.ts'
import { writeTree } from './write-tree.ts'

const run = promisify(execFile)
let tree: Tree
beforeAll(async () => {
  tree = await buildTree(await ownPlan(), options)
})

const manifest = () => JSON.parse(tree.get('MANIFEST.json') ?? '') as Manifest
type Manifest = { files: Record<string, string>; ruleCounts: Record<string, number> }

async function written(): Promise<string> {
  const folder = temporaryFolder()
  await writeTree(folder, tree)
  return folder
}

test('the MANIFEST lists every other file with the hash that sha256sum counts', async () => {
  const { files } = manifest()
  expect(Object.keys(files)).toEqual([...tree.keys()].filter((path) => path !== 'MANIFEST.json').sort())
  const { stdout } = await run('sha256sum', Object.keys(files), { cwd: await written() })
  const counted = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('  ').reverse())
  expect(Object.fromEntries(counted)).toEqual(files)
})

test('the MANIFEST counts the rules of each service as promtool does', async () => {
  const folder = await written()
  const counted: Record<string, number> = {}
  for (const service of Object.keys(manifest().ruleCounts)) {
    const file = join(folder, `prometheus/rules/${service}.rules.yaml`)
    counted[service] = Number(
      /SUCCESS: (\d+) rules found/.exec((await run('promtool', ['check', 'rules', file])).stdout)?.[1],
    )
  }
  expect(Object.keys(counted).sort()).toEqual(['hub-api', 'hub-web', 'plimsoll', 'registry'])
  expect(manifest().ruleCounts).toEqual(counted)
})

test('amtool takes the routing', async () => {
  const { stdout } = await run('amtool', [
    'check-config',
    join(await written(), 'alertmanager/alertmanager.yaml'),
  ])
  expect(stdout).toContain('SUCCESS')
})

test('every dashboard that an alert links to is in the tree, also of an id too long for a uid', async () => {
  const long = `registry-push-pull-${'and-once-more-'.repeat(2)}please`
  // Runbooks keep their name; the SLO and what refers to it do not.
  const plan = await ownPlan((spec) => spec.replaceAll(/(?<!runbook: )\bregistry-push-pull\b/g, long))
  const files = [...(await buildTree(plan, { ...options, parts: ['prometheus', 'grafana'] }))]
  const linked = files
    .filter(([path]) => path.endsWith('.rules.yaml'))
    .flatMap(([, text]) => [...text.matchAll(/dashboard_url: http:\/\/grafana\.test\/d\/(\S+)/g)])
    .map(([, uid]) => uid)
  const uids = files
    .filter(([path]) => path.startsWith('grafana/dashboards/'))
    .map(([, text]) => (JSON.parse(text) as { uid: string }).uid)
  expect(plan.slos.map(({ slo }) => slo)).toContain(long)
  expect(new Set(linked).size).toBe(plan.slos.length)
  expect(uids).toEqual(expect.arrayContaining([...new Set(linked)]))
})

test('the same plan and options give the same bytes', async () => {
  expect(await buildTree(await ownPlan(), options)).toEqual(tree)
})

test('plan.json is the plan', async () => {
  const plan = await ownPlan()
  expect(JSON.parse(tree.get('plan.json') ?? '')).toEqual(JSON.parse(JSON.stringify(plan)))
  expect(plan.groups.some(({ recordings }) => recordings.length > 20)).toBe(true)
})

type RuleGroups = { groups: { name: string; rules: { record?: string; expr: string }[] }[] }

test('what is counted may hold any text: rules that SLOs share are those of a plain one with that text in its place', async () => {
  const hostile = `it's "so", \\ SOME_SLO SOME_METRIC_0 {a="$&"} 可用性 \t`
  // As a string of PromQL, Go's rules.
  const inPromQl = String.raw`it's \"so\", \\ SOME_SLO SOME_METRIC_0 {a=\"$&\"} 可用性 \t`
  const named = async (name: string) =>
    buildTree(
      await ownPlan((spec) => spec.replaceAll('serviceName: hub-api', () => `serviceName: ${name}`)),
      {
        ...options,
        parts: ['prometheus'],
      },
    )
  const recordings = (tree: Tree, change = (expr: string) => expr) => {
    const { groups } = parse(tree.get('prometheus/rules/hub-api.rules.yaml') ?? '') as RuleGroups
    const plan = JSON.parse(tree.get('plan.json') ?? '') as {
      groups: { name: string; recordings: { expr: string }[] }[]
    }
    const planned = new Map(plan.groups.map(({ name, recordings }) => [name, recordings]))
    return groups.map(({ name, rules }) => ({
      name,
      written: rules.filter(({ record }) => record).map(({ expr }) => change(expr)),
      planned: planned.get(name)?.map(({ expr }) => change(expr)),
    }))
  }
  const plain = recordings(await named('plain'), (expr) =>
    expr.replaceAll('service_name="plain"', () => `service_name="${inPromQl}"`),
  )
  expect(
    plain.flatMap(({ written }) => written).filter((expr) => expr.includes('SOME_SLO')).length,
  ).toBeGreaterThan(5)
  expect(recordings(await named(JSON.stringify(hostile)))).toEqual(plain)
})

test('a YAML file holds one document without anchors: Prometheus reads only the first', () => {
  const yamlFiles = [...tree].filter(([path]) => path.endsWith('.yaml'))
  expect(yamlFiles.length).toBeGreaterThan(5)
  for (const [path, text] of yamlFiles) {
    expect(parseAllDocuments(text), path).toHaveLength(1)
    expect(text, path).not.toMatch(/^[^"'#]*: [&*]\w/m)
  }
})

test('a build of one part has the plan, the MANIFEST and that part', async () => {
  const only = await buildTree(await ownPlan(), { ...options, parts: ['alertmanager'] })
  expect([...only.keys()]).toEqual(['plan.json', 'alertmanager/alertmanager.yaml', 'MANIFEST.json'])
})
