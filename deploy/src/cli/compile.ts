/** Specs on disk → plan, with the faults printed: what `validate`, `plan`, `build` and `test` begin with. */
import { type Compiled, compilePlan, formatFault, type Plan } from '@plimsoll/slo/plan'
import type { Io } from './io.ts'
import { readSpecs } from './read-specs.ts'

/** Reads and compiles. There is no plan when there is a fault. */
export async function compile(paths: string[]): Promise<Compiled> {
  const { sources, faults } = await readSpecs(paths)
  // Without a file the reason is known; "no document" would only repeat it.
  if (sources.length === 0) return { documents: 0, faults, warnings: [] }
  const compiled = compilePlan(sources)
  return faults.length === 0
    ? compiled
    : { documents: compiled.documents, faults: [...faults, ...compiled.faults], warnings: compiled.warnings }
}

/** Compiles and prints faults to stderr; undefined when there are some. */
export async function compileOrReport(paths: string[], io: Io): Promise<Plan | undefined> {
  const { plan, faults } = await compile(paths)
  for (const fault of faults) io.err(formatFault(fault))
  if (!plan) io.err(`${faults.length} faults; nothing was written`)
  return plan
}
