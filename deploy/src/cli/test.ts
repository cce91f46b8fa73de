/**
 * Every alert of the specs against the real promtool, and a table of what was proven: each alert, the cases that make it
 * fire and those that it must sleep through.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type AlertCheck, alertChecks } from '@plimsoll/alerts'
import type { Plan } from '@plimsoll/slo/plan'
import { buildTree } from '../build/tree.ts'
import { writeTree } from '../build/write-tree.ts'
import { compileOrReport } from './compile.ts'
import type { ExitCode, Io } from './io.ts'

type FileProof = { file: string; passed: boolean; output: string }
/** One alert of an SLO and the names of cases; `failed` where promtool saw something else. */
type AlertProof = { alert: string; severity: string; fires: string[]; silent: string[]; failed: string[] }
type Proof = { slo: string; passed: boolean; checks: number; alerts: AlertProof[]; files: FileProof[] }

/** Exit code: 0 every alert proven, 1 a fault or a failed test, 3 promtool is missing. */
export async function run(paths: string[], options: { json?: boolean }, io: Io): Promise<ExitCode> {
  const plan = await compileOrReport(paths, io)
  if (!plan) return 1
  const turn = limited(availableParallelism())
  // One SLO at a time: promtool evaluates every rule of a file for every test, so its time grows with their product.
  const running = plan.slos.map((slo) => {
    const groups = plan.groups.filter((group) => group.slo === slo.slo)
    return turn(() => proveSlo({ ...plan, slos: [slo], composites: [], groups }, slo.slo, io.signal))
  })
  for (const composite of plan.composites ?? []) {
    // Of its parts only the definitions are needed: their own alerts are proven above.
    const slos = plan.slos.map((slo) => ({ ...slo, alerts: [] }))
    const groups = plan.groups.filter((group) => group.slo === composite.slo)
    const alone = { ...plan, slos, composites: [composite], groups }
    running.push(turn(() => proveSlo(alone, composite.slo, io.signal)))
  }
  // A failure is thrown where it is awaited, in order; until then it must not end the process.
  for (const one of running) one.catch(() => {})
  const proofs: Proof[] = []
  for (const one of running) {
    const proof = await one
    proofs.push(proof)
    if (!options.json) for (const line of table(proof)) io.out(line)
    if (!options.json) for (const { passed, output } of proof.files) if (!passed) io.err(output)
  }
  const passed = proofs.filter((proof) => proof.passed).length
  if (options.json) io.out(JSON.stringify(proofs, null, 2))
  else {
    const alerts = proofs.reduce((sum, proof) => sum + proof.alerts.length, 0)
    io.out(`${passed} of ${proofs.length} SLOs proven, ${alerts} alerts`)
  }
  return passed === proofs.length ? 0 : 1
}

function table({ slo, passed, checks, alerts }: Proof): string[] {
  const name = Math.max(0, ...alerts.map(({ alert, severity }) => `${alert} ${severity}`.length))
  const list = (word: string, cases: string[]) => (cases.length === 0 ? [] : [`${word} ${cases.join(', ')}`])
  return [
    `${passed ? 'proven' : 'FAILED'}  ${slo}: ${alerts.length} alerts, ${checks} checks`,
    ...alerts.map(({ alert, severity, fires, silent, failed }) => {
      const cases = [...list('FAILED:', failed), ...list('fires:', fires), ...list('silent:', silent)]
      return `  ${`${alert} ${severity}`.padEnd(name)}  ${cases.join('; ')}`
    }),
  ]
}

async function proveSlo(plan: Plan, slo: string, signal: AbortSignal): Promise<Proof> {
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
    for (const path of tree.keys())
      if (path.startsWith('prometheus/tests/')) files.push(await prove(folder, path, signal))
    const checks = alertChecks(plan)
    return {
      slo,
      passed: files.every((file) => file.passed),
      checks: checks.length,
      alerts: summary(checks, files),
      files,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Checks by alert. promtool names what failed by expression: alert, severity and region are in it. */
function summary(checks: AlertCheck[], files: FileProof[]): AlertProof[] {
  const failed = (check: AlertCheck): boolean => {
    const file = files.find((one) => one.file === `prometheus/tests/${check.file}.test.yaml`)
    if (!file || file.passed) return false
    const named = [...file.output.replaceAll('\\"', '"').matchAll(FAILED_EXPRESSION)].map(
      ([, ...labels]) => labels,
    )
    const { alert, severity, region } = check
    // An error of another kind, such as a rule that does not parse, leaves nothing proven.
    return named.length === 0 || named.some((labels) => labels.join() === [alert, severity, region].join())
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

async function prove(folder: string, file: string, signal: AbortSignal): Promise<FileProof> {
  try {
    const { stdout } = await promisify(execFile)('promtool', ['test', 'rules', join(folder, file)], {
      signal,
    })
    return { file, passed: true, output: stdout.trim() }
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string }
    if (code === 'ENOENT') {
      throw new Error('promtool was not found on the PATH; install the Debian package prometheus')
    }
    if (typeof code !== 'number') throw error
    return { file, passed: false, output: `${stdout}${stderr}`.trim() }
  }
}

/** Runs at most `limit` at once of what it is given, first come first served. */
function limited(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let free = limit
  return async (work) => {
    if (free > 0) free -= 1
    else await new Promise<void>((go) => waiting.push(go))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free += 1
    }
  }
}
