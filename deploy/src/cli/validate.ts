import { compile, printFaults } from './compile.ts'
import type { ExitCode, Io } from './io.ts'

/** Exit code: 0 valid, 1 faults found. */
export async function run(paths: string[], options: { json?: boolean }, io: Io): Promise<ExitCode> {
  const { plan, documents, faults: found, warnings } = await compile(paths)
  // Files of indicators or policies alone are valid OpenSLO; only a plan needs an SLO.
  const faults = found.filter(({ code }) => code !== 'SPEC_NOTHING' || documents === 0)
  const slos = plan?.slos.length ?? 0
  if (options.json) io.out(JSON.stringify({ valid: faults.length === 0, slos, faults, warnings }, null, 2))
  else {
    printFaults(faults, io)
    for (const warning of warnings) io.err(`warning: ${warning.code}: ${warning.message}`)
    io.out(`${slos} SLOs, ${faults.length} faults, ${warnings.length} warnings`)
  }
  return faults.length === 0 ? 0 : 1
}
