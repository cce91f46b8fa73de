/** One SLO through the real promtool: the rules and tests that a build writes of it. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type AlertCheck, alertChecks } from '@plimsoll/alerts'
import { PAGE_INTERVAL_SECONDS, type Plan } from '@plimsoll/slo/plan'
import { parse } from 'yaml'
import { buildTree, type Tree } from '../build/tree.ts'
import { writeTree } from '../build/write-tree.ts'

/** What promtool said of one file. */
export type FileProof = { file: string; passed: boolean; output: string }
/** One alert of an SLO and the names of cases; `failed` where promtool saw something else. */
export type AlertProof = {
  alert: string
  severity: string
  fires: string[]
  silent: string[]
  failed: string[]
}
export type Proof = { slo: string; passed: boolean; checks: number; alerts: AlertProof[]; files: FileProof[] }

/** Of Debian 12, and the first that knows `keep_firing_for`. */
const OLDEST = [2, 42] as const

/** Throws when promtool is missing, or too old to read the rules. */
export async function checkPromtool(signal: AbortSignal): Promise<void> {
  const { output } = await promtool(['--version'], '.', signal)
  const [, text, major, minor] = /version (v?(\d+)\.(\d+)\S*)/.exec(output) ?? []
  if (text === undefined) return
  const [oldestMajor, oldestMinor] = OLDEST
  if (Number(major) > oldestMajor || (Number(major) === oldestMajor && Number(minor) >= oldestMinor)) return
  throw new Error(
    `promtool: saw version ${text}, expected ${OLDEST.join('.')} or later, which knows keep_firing_for; install a newer Debian package prometheus`,
  )
}

/** `plan` has the one SLO. */
export async function proveSlo(plan: Plan, slo: string, signal: AbortSignal): Promise<Proof> {
  const checks = alertChecks(plan)
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-test-'))
  try {
    const tree = await buildTree(plan, {
      parts: ['prometheus'],
      links: { consoleUrl: 'http://console.invalid', dashboardUrl: 'http://dashboards.invalid' },
      routing: { pagerdutyUrl: '', routingKeyFile: '', ticketsUrl: '', deadmanUrl: '' },
      prometheusUrl: '',
    })
    await writeTree(folder, tree)
    const files: FileProof[] = []
    for (const file of tree.keys()) {
      if (file.startsWith(RULES)) files.push(await prove(['check', 'rules'], file, folder, signal))
    }
    for (const file of tree.keys()) {
      if (!file.startsWith(TESTS)) continue
      await writeTestedRules(folder, file, tree)
      files.push(await prove(['test', 'rules'], file, folder, signal))
    }
    const passed = files.every((file) => file.passed)
    return { slo, passed, checks: checks.length, alerts: summary(checks, files), files }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const RULES = 'prometheus/rules/'
const TESTS = 'prometheus/tests/'

type Rule = { alert?: string; annotations?: unknown }
type Groups = { groups: { name: string; interval: string; rules: Rule[] }[] }

/** Recordings of other intervals are not what the tests of pages look at. */
const PAGE_INTERVAL = `${PAGE_INTERVAL_SECONDS}s`

/**
 * What the tests of one file see of the rules, whose texts promtool has checked whole: no annotations, which are
 * evaluated again and again while an alert fires and decide nothing, and in the file of pages no recordings of slower
 * groups, which none of its alerts reads.
 */
async function writeTestedRules(folder: string, file: string, tree: Tree): Promise<void> {
  const stem = file.slice(TESTS.length).replace(/\.test\.yaml$/, '')
  const path = `${RULES}${stem.replace(/\.slow$/, '')}.rules.yaml`
  const text = tree.get(path)
  // Composites are evaluated at an interval of their own, and are few.
  if (text === undefined || stem.endsWith('.composite')) return
  const { groups } = parse(text) as Groups
  const isRead = (interval: string, rule: Rule) =>
    stem.endsWith('.slow') || interval === PAGE_INTERVAL || rule.alert !== undefined
  const bare = groups.map(({ name, interval, rules }) => ({
    name,
    interval,
    rules: rules.filter((rule) => isRead(interval, rule)).map(({ annotations: _, ...rule }) => rule),
  }))
  await writeFile(join(folder, path), JSON.stringify({ groups: bare }))
}

/** Checks by alert. promtool names what failed by expression: alert, severity and region are in it. */
function summary(checks: AlertCheck[], files: FileProof[]): AlertProof[] {
  const rulesAreFine = files.every(({ file, passed }) => passed || !file.startsWith(RULES))
  const failed = (check: AlertCheck): boolean => {
    const file = files.find((one) => one.file === `${TESTS}${check.file}.test.yaml`)
    if (!rulesAreFine || !file) return true
    if (file.passed) return false
    const named = [...file.output.replaceAll('\\"', '"').matchAll(FAILED_EXPRESSION)].map(
      ([, ...labels]) => labels,
    )
    const { alert, severity, region } = check
    // An error of another kind, such as a rule that cannot be evaluated, ends a test before it looks at anything.
    const judged = named.length > 0 && !/^ *rule: /m.test(file.output)
    return !judged || named.some((labels) => labels.join() === [alert, severity, region].join())
  }
  const byAlert = Map.groupBy(checks, ({ alert, severity }) => `${alert} ${severity}`)
  return [...byAlert.values()].flatMap((some) => {
    const [first] = some
    const names = (wanted: (check: AlertCheck) => boolean) => [
      ...new Set(some.filter(wanted).map((check) => check.case)),
    ]
    return first
      ? {
          alert: first.alert,
          severity: first.severity,
          fires: names((check) => !failed(check) && check.fires),
          silent: names((check) => !failed(check) && !check.fires),
          failed: names(failed),
        }
      : []
  })
}

const FAILED_EXPRESSION =
  /expr: "[^\n]*ALERTS\{alertname="([^"]*)",alertstate="firing",slo="[^"]*",severity="([^"]*)",region="([^"]*)"\}/g

async function prove(
  command: string[],
  file: string,
  folder: string,
  signal: AbortSignal,
): Promise<FileProof> {
  return { file, ...(await promtool([...command, file], folder, signal)) }
}

/** Fails only when there is no answer: promtool is missing, or was ended. */
async function promtool(
  args: string[],
  cwd: string,
  signal: AbortSignal,
): Promise<{ passed: boolean; output: string }> {
  // A quarter less time for 50 MB more: Go then collects a quarter as often.
  const env = { GOGC: '400', ...process.env }
  try {
    const options = { cwd, env, signal, maxBuffer: OUTPUT_MAX_BYTES }
    const { stdout, stderr } = await promisify(execFile)('promtool', args, options)
    return { passed: true, output: `${stdout}${stderr}`.trim() }
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string }
    if (code === 'ENOENT') {
      throw new Error('promtool was not found on the PATH; install the Debian package prometheus')
    }
    if (typeof code !== 'number') throw error
    return { passed: false, output: `${stdout}${stderr}`.trim() }
  }
}

/** Half a kilobyte for each expectation that failed. */
const OUTPUT_MAX_BYTES = 64 * 1024 * 1024
