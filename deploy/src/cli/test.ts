import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Plan } from '@plimsoll/slo/plan'
import { buildTree } from '../build/tree.ts'
import { writeTree } from '../build/write-tree.ts'
import { compileOrReport } from './compile.ts'
import type { ExitCode, Io } from './io.ts'

type Proof = { slo: string; file: string; passed: boolean; output: string }

/** Exit code: 0 every alert proven, 1 a fault or a failed test, 3 promtool is missing. */
export async function run(paths: string[], options: { json?: boolean }, io: Io): Promise<ExitCode> {
  const plan = await compileOrReport(paths, io)
  if (!plan) return 1
  const proofs: Proof[] = []
  // One SLO at a time: promtool evaluates every rule of a file for every test, so its time grows with their product.
  for (const slo of plan.slos) {
    const alone = { ...plan, slos: [slo], groups: plan.groups.filter((group) => group.slo === slo.slo) }
    for (const proof of await proveSlo(alone, slo.slo)) {
      proofs.push(proof)
      if (options.json) continue
      io.out(`${proof.passed ? 'proven' : 'FAILED'}  ${proof.slo.padEnd(32)} ${proof.file}`)
      if (!proof.passed) io.err(proof.output)
    }
  }
  if (options.json) io.out(JSON.stringify(proofs, null, 2))
  return proofs.every((proof) => proof.passed) ? 0 : 1
}

async function proveSlo(plan: Plan, slo: string): Promise<Proof[]> {
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-test-'))
  try {
    const tree = await buildTree(plan, {
      parts: ['prometheus'],
      links: { consoleUrl: 'http://console.invalid', dashboardUrl: 'http://dashboards.invalid' },
      routing: { pagerdutyUrl: '', routingKeyFile: '', ticketsUrl: '', deadmanUrl: '' },
      prometheusUrl: '',
    })
    await writeTree(folder, tree)
    const tests = [...tree.keys()].filter((path) => path.startsWith('prometheus/tests/'))
    return await Promise.all(tests.map(async (file) => ({ slo, ...(await prove(folder, file)) })))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function prove(folder: string, file: string): Promise<Omit<Proof, 'slo'>> {
  try {
    const { stdout } = await promisify(execFile)('promtool', ['test', 'rules', join(folder, file)])
    return { file, passed: true, output: stdout.trim() }
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string }
    if (code === 'ENOENT') {
      throw new Error('promtool was not found on the PATH; install the Debian package prometheus')
    }
    return { file, passed: false, output: `${stdout}${stderr}`.trim() }
  }
}
