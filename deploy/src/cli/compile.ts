/** Specs on disk → plan, with the faults printed: what `validate`, `plan`, `build` and `test` begin with. */
import { compilePlan, formatFault, type Fault, type Plan, type PlanWarning } from '@plimsoll/slo/plan'
import type { Io } from './io.ts'
import { readSpecs } from './read-specs.ts'

export type Compiled = { plan?: Plan; faults: Fault[]; warnings: PlanWarning[] }

/** Reads and compiles. There is no plan when there is a fault. */
export async function compile(paths: string[]): Promise<Compiled> {
  const { sources, faults } = await readSpecs(paths)
  const compiled = compilePlan(sources)
  const all = [...faults, ...compiled.faults]
  const warnings = (compiled.plan?.slos ?? []).flatMap((slo) => slo.warnings)
  return { faults: all, warnings, ...(compiled.plan && all.length === 0 ? { plan: compiled.plan } : {}) }
}

/** Compiles and prints faults to stderr; undefined when there are some. */
export async function compileOrReport(paths: string[], io: Io): Promise<Plan | undefined> {
  const { plan, faults } = await compile(paths)
  for (const fault of faults) io.err(formatFault(fault))
  if (!plan) io.err(`${faults.length} faults; nothing was written`)
  return plan
}
