/** `plimsoll build --check`, held against a real Prometheus. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Check, checkRules } from '../deploy/src/build/check-rules.ts'
import { runningPrometheus } from '../deploy/src/build/loaded-rules.ts'
import { readRuleFile } from '../deploy/src/build/rule-files.ts'
import { options, ownPlan } from '../deploy/src/build/test-parts.ts'
import { buildTree } from '../deploy/src/build/tree.ts'
import { run } from '../deploy/src/cli/build.ts'
import { checkBuild } from '../deploy/src/cli/build-check.ts'
import { startPrometheus, type TestPrometheus } from '../slo/src/service/testing/prometheus.ts'

let folder: string
let prometheus: TestPrometheus
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-check-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const running = () => runningPrometheus(prometheus.url, new AbortController().signal)
const group = (name: string, rules: string[], interval = '1s') =>
  `groups:\n- name: ${name}\n  interval: ${interval}\n  rules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`
const TOTAL =
  '{record: "slo:total_events:5m", expr: "sum(rate(up[300s])) * on () vector( 1 )", labels: {slo: hub}}'
const PAGE =
  '{alert: SLOErrorBudgetBurn, expr: "slo:total_events:5m > 0.50", for: 1m, keep_firing_for: 900s, labels: {slo: hub, severity: page}, annotations: {summary: burning}}'
const HUB = group('hub:page', [TOTAL, PAGE])

describe('rules written by hand', () => {
  // Two documents in one file: Prometheus loads the first, without a word.
  const files = {
    'hub.rules.yaml': HUB,
    'two.rules.yaml': `${group('two:page', [TOTAL])}---\n${group('two:slow', [TOTAL, PAGE])}`,
    'old.rules.yaml': group('gone:page', [TOTAL, PAGE]),
    'theirs.rules.yaml': group('their rules', ['{record: "job:up:sum", expr: "sum(up)"}']),
    'sick.rules.yaml': group('sick:page', [
      '{record: "slo:bad_events:5m", expr: "label_replace(vector(1) or label_replace(vector(1), \\"a\\", \\"b\\", \\"\\", \\"\\"), \\"a\\", \\"c\\", \\"\\", \\"\\")"}',
    ]),
  }
  beforeAll(async () => {
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
    prometheus = await startPrometheus(folder, undefined, [join(folder, '*.rules.yaml')])
    while ((await check(files)).waiting > 0) await sleep(100)
  })
  afterAll(() => prometheus.stop())

  const check = (texts: Record<string, string>): Promise<Check> =>
    checkRules(
      Object.entries(texts).map(([file, text]) => readRuleFile(file, text)),
      running(),
    )
  const lines = async (texts: Record<string, string>) =>
    (await check({ ...files, ...texts })).differences.map(({ at, what }) => `${at}: ${what}`)
  /** What is wrong with what is loaded, whatever is compared with it. */
  const standing = [
    'two.rules.yaml: saw 2 YAML documents, expected one: Prometheus loads only the first',
    'two.rules.yaml: two:slow: missing, with 2 rules',
    'sick.rules.yaml: sick:page slo:bad_events:5m{}: unhealthy: vector cannot contain metrics with the same labelset',
  ]

  test('a second document and a rule that cannot be evaluated are found; how an expression is written is not', async () => {
    expect(await lines({})).toEqual(standing)
  })

  test('a group of ours that no spec gives is left over; rules of others are not ours to judge', async () => {
    const { 'old.rules.yaml': _, 'theirs.rules.yaml': __, ...rest } = files
    const { differences } = await check(rest)
    expect(differences.map(({ at, what }) => `${at}: ${what}`)).toContain(
      'old.rules.yaml: gone:page: left over, with 2 rules: the specs have no such group',
    )
    expect(differences).toHaveLength(standing.length + 1)
  })

  const changes: { name: string; text: string; finds: string[] }[] = [
    {
      name: 'another threshold',
      text: HUB.replace('0.50', '0.51'),
      finds: ['expr: saw slo:total_events:5m > 0.5, expected slo:total_events:5m > 0.51'],
    },
    { name: 'another for', text: HUB.replace('1m', '2m'), finds: ['for: saw 60s, expected 120s'] },
    {
      name: 'another keep_firing_for',
      text: HUB.replace('900s', '600s'),
      finds: ['keep_firing_for: saw 900s, expected 600s'],
    },
    {
      name: 'another severity',
      text: HUB.replace('severity: page', 'severity: ticket'),
      finds: ['labels.severity: saw page, expected ticket'],
    },
    {
      name: 'another annotation',
      text: HUB.replace('summary: burning', 'summary: "on fire", owner: x'),
      finds: [
        'annotations.summary: saw burning, expected on fire',
        'annotations.owner: saw none, expected x',
      ],
    },
    {
      name: 'another interval',
      text: HUB.replace('interval: 1s', 'interval: 30s'),
      finds: ['interval: saw 1s, expected 30s'],
    },
    {
      name: 'a rule that Prometheus does not have',
      text: `${HUB}  - {record: "slo:new", expr: "1"}\n`,
      finds: ['slo:new{}: missing'],
    },
    {
      name: 'a rule that only Prometheus has',
      text: group('hub:page', [TOTAL]),
      finds: ['SLOErrorBudgetBurn{severity="page",slo="hub"}: left over: the specs have no such rule'],
    },
    {
      name: 'another order',
      text: group('hub:page', [PAGE, TOTAL]),
      finds: ['the rules are in another order'],
    },
  ]
  for (const { name, text, finds } of changes)
    test(`${name} is found, and nothing else`, async () => {
      const found = (await lines({ 'hub.rules.yaml': text })).filter((line) => !standing.includes(line))
      expect(found).toHaveLength(finds.length)
      for (const [index, one] of finds.entries()) {
        expect(found[index]).toMatch(/^hub\.rules\.yaml: hub:page/)
        expect(found[index]).toContain(one)
      }
    })
})

test('just these rules, each evaluated and healthy: exit 0, until a reload fails', async () => {
  const own = mkdtempSync(join(folder, 'same-'))
  writeFileSync(join(own, 'hub.rules.yaml'), HUB)
  prometheus = await startPrometheus(own, undefined, [join(own, '*.rules.yaml')])
  try {
    const said: string[] = []
    const io = {
      out: (line: string) => said.push(line),
      err: () => undefined,
      signal: new AbortController().signal,
    }
    const tree = new Map([['prometheus/rules/hub.rules.yaml', HUB]])
    const check = () => checkBuild(tree, { prometheusUrl: prometheus.url }, io)
    let code = await check()
    while (code === 3) code = await check()
    expect(code).toBe(0)
    expect(said.at(-1)).toBe('2 rules in 1 groups: all loaded, none else of ours')

    writeFileSync(join(own, 'broken.rules.yaml'), 'groups: [')
    prometheus.reload()
    while ((await check()) === 0) await sleep(50)
    expect(await check()).toBe(1)
    expect(said.slice(-2)).toEqual([
      'prometheus: its last reload failed, so it goes on with what it had before; its log says why',
      '2 rules in 1 groups: 1 differences',
    ])
  } finally {
    await prometheus.stop()
  }
})

describe("the project's own specs", () => {
  const check = async (prometheusUrl: string, more = {}) => {
    const said = { out: [] as string[], err: [] as string[] }
    const io = {
      out: (line: string) => said.out.push(line),
      err: (line: string) => said.err.push(line),
      signal: new AbortController().signal,
    }
    const { links, routing } = options
    const flags = { ...links, ...routing, check: true, prometheusUrl, ...more }
    const code = await run(['slo/specs'], flags, io)
    return { code, ...said }
  }

  test('are all loaded; not before their first evaluation is it known that they are healthy', async () => {
    const own = mkdtempSync(join(folder, 'own-'))
    const tree = await buildTree(await ownPlan(), { ...options, parts: ['prometheus'] })
    for (const [path, text] of tree)
      if (path.startsWith('prometheus/rules/')) writeFileSync(join(own, path.slice(17)), text)
    prometheus = await startPrometheus(own, undefined, [join(own, '*.rules.yaml')])
    try {
      const { code, out, err } = await check(prometheus.url)
      expect(out).toEqual([expect.stringMatching(/^\d+ rules in \d+ groups: all loaded, none else of ours$/)])
      expect(code).toBe(3)
      expect(err).toEqual([expect.stringContaining('were not evaluated yet, so their health is unknown')])

      const elsewhere = await check(prometheus.url, { out: join(own, 'nowhere') })
      expect(elsewhere.code).toBe(1)
      expect(elsewhere.out[0]).toMatch(/^[\w-]+\.rules\.yaml: the file in .* is missing; build again$/)
    } finally {
      await prometheus.stop()
    }
  })

  test('are not checked with credentials in the address, which no message repeats', async () => {
    await expect(check('http://admin:tidewater@127.0.0.1:9')).rejects.toThrow(
      /^prometheus at 127\.0\.0\.1:9: saw credentials in the address, expected none$/,
    )
  })

  test('cannot be checked where nothing answers', async () => {
    await expect(check('http://127.0.0.1:9')).rejects.toThrow(
      'prometheus at 127.0.0.1:9: rules: saw no answer, expected one; is it running?',
    )
  })
})
