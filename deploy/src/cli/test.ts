/**
 * Every alert of the specs against the real promtool, and a table of what was proven: each alert, the cases that make it
 * fire and those that it must sleep through.
 */
import { availableParallelism } from 'node:os'
import { compileOrReport } from './compile.ts'
import type { ExitCode, Io } from './io.ts'
import { checkPromtool, type Proof, proveSlo } from './prove.ts'

/** Exit code: 0 every alert proven, 1 a fault or a failed test, 3 promtool is missing or too old. */
export async function run(paths: string[], options: { json?: boolean }, io: Io): Promise<ExitCode> {
  const plan = await compileOrReport(paths, io)
  if (!plan) return 1
  await checkPromtool(io.signal)
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
  io.out(options.json ? JSON.stringify(proofs, null, 2) : total(proofs))
  return proofs.every((proof) => proof.passed) ? 0 : 1
}

function table({ slo, passed, checks, alerts }: Proof): string[] {
  const name = Math.max(0, ...alerts.map(({ alert, severity }) => `${alert} ${severity}`.length))
  const list = (word: string, cases: string[]) => (cases.length === 0 ? [] : [`${word} ${cases.join(', ')}`])
  const verdict = passed ? 'proven' : 'FAILED'
  if (checks === 0 && passed) return [`skipped ${slo}: no alerts to prove`]
  return [
    `${verdict}  ${slo}: ${alerts.length} alerts, ${checks} checks`,
    ...alerts.map(({ alert, severity, fires, silent, failed }) => {
      const cases = [...list('FAILED:', failed), ...list('fires:', fires), ...list('silent:', silent)]
      return `  ${`${alert} ${severity}`.padEnd(name)}  ${cases.join('; ')}`
    }),
  ]
}

/** SLOs without alerts are neither proven nor failed. */
function total(proofs: Proof[]): string {
  const withAlerts = proofs.filter(({ alerts, passed }) => alerts.length > 0 || !passed)
  const passed = withAlerts.filter((proof) => proof.passed).length
  const alerts = withAlerts.reduce((sum, proof) => sum + proof.alerts.length, 0)
  const without = proofs.length - withAlerts.length
  const rest = without > 0 ? `; ${without} without alerts` : ''
  return `${passed} of ${withAlerts.length} SLOs proven, ${alerts} alerts${rest}`
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
