import { formatPlan } from '@plimsoll/slo/plan'
import { compileOrReport } from './compile.ts'
import type { ExitCode, Io } from './io.ts'

/** Exit code: 0 planned, 1 faults found. */
export async function run(paths: string[], options: { json?: boolean }, io: Io): Promise<ExitCode> {
  const plan = await compileOrReport(paths, io)
  if (!plan) return 1
  io.out(options.json ? JSON.stringify(plan, null, 2) : formatPlan(plan))
  return 0
}
