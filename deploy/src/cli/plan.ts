import { formatPlan, type Measurements, measuredPlan, type Plan } from '@plimsoll/slo/plan'
import { type RunningPrometheus, runningPrometheus, Unreachable } from '../build/loaded-rules.ts'
import { compileOrReport } from './compile.ts'
import type { ExitCode, Io } from './io.ts'
import { measure, secondsOf } from './measure.ts'
import { missingSeries } from './missing-series.ts'

type Options = { json?: boolean; prometheus?: string; retention?: string }

/** Exit code: 0 planned, 1 faults found, 2 a retention that is none, 3 Prometheus did not answer. */
export async function run(paths: string[], options: Options, io: Io): Promise<ExitCode> {
  const retentionSeconds = secondsOf(options.retention)
  if (options.retention !== undefined && retentionSeconds === undefined) {
    io.err(`plimsoll plan: --retention: saw ${options.retention}, expected a duration such as 15d`)
    return 2
  }
  const plan = await compileOrReport(paths, io)
  if (!plan) return 1
  try {
    const known = retentionSeconds === undefined ? {} : { retentionSeconds }
    const measured =
      options.prometheus === undefined
        ? {}
        : await measuredBy(plan, runningPrometheus(options.prometheus, io.signal))
    const result = measuredPlan(plan, { ...measured, ...known })
    io.out(options.json ? JSON.stringify(result, null, 2) : formatPlan(result))
    return 0
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error
    io.err(error.message)
    return 3
  }
}

async function measuredBy(plan: Plan, prometheus: RunningPrometheus): Promise<Measurements> {
  return { ...(await measure(plan, prometheus)), missing: await missingSeries(plan, prometheus) }
}
