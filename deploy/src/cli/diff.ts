/** `plimsoll diff OLD NEW`: what a change of specs does, for a reviewer. */
import { stat } from 'node:fs/promises'
import {
  diffPlans,
  formatDiff,
  markdownDiff,
  measuredPlan,
  type Plan,
  type PlanDiff,
} from '@plimsoll/slo/plan'
import { runningPrometheus, Unreachable } from '../build/loaded-rules.ts'
import { compile, printFaults } from './compile.ts'
import type { ExitCode, Io } from './io.ts'
import { measure } from './measure.ts'

type Options = { json?: boolean; markdown?: boolean; prometheus?: string }

/**
 * Exit code: 0 the same, 1 there are changes, 2 both --json and --markdown,
 * 3 one side is not there or not valid, or Prometheus did not answer.
 */
export async function run([before = '', after = '']: string[], options: Options, io: Io): Promise<ExitCode> {
  if (options.json && options.markdown) {
    io.err('plimsoll diff: saw --json and --markdown, expected one of them')
    return 2
  }
  const plans = [await side(before, io), await side(after, io)]
  const [older, newer] = plans
  if (!older || !newer) return 3
  const diff = await compare(older, newer, options.prometheus, io)
  if (!diff) return 3
  if (options.json) io.out(JSON.stringify(diff, null, 2))
  else io.out(options.markdown ? markdownDiff(diff) : formatDiff(diff))
  return diff.same ? 0 : 1
}

/** With a Prometheus, both at the traffic that it measured: what one promise sees, another would have seen. */
async function compare(
  older: Plan,
  newer: Plan,
  url: string | undefined,
  io: Io,
): Promise<PlanDiff | undefined> {
  if (url === undefined) return diffPlans(older, newer)
  try {
    const prometheus = runningPrometheus(url, io.signal)
    const [one, other] = [await measure(older, prometheus), await measure(newer, prometheus)]
    return diffPlans(measuredPlan(older, one), measuredPlan(newer, other))
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error
    io.err(error.message)
    return undefined
  }
}

/** A folder without SLOs is a plan without SLOs: the first SLO is a change too. */
async function side(path: string, io: Io): Promise<Plan | undefined> {
  const { plan, faults } = await compile([path])
  if (plan) return plan
  const empty = faults.every(({ code }) => code === 'SPEC_NOT_FOUND' || code === 'SPEC_NOTHING')
  const found = await stat(path).catch(() => undefined)
  if (empty && found) return { version: 1, slos: [], groups: [] }
  printFaults(faults, io)
  io.err(`${path}: ${faults.length} faults; not compared`)
  return undefined
}
