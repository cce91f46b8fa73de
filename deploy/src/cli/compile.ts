/** Specs on disk → plan, with the faults printed: what `validate`, `plan`, `build` and `test` begin with. */
import { type Compiled, compilePlan, type Fault, formatFault, type Plan } from '@plimsoll/slo/plan'
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

/** Nobody reads more, and a megabyte of brackets has some hundred thousand. `validate --json` has all of them. */
const PRINTED_FAULTS = 1000

/** Each on its line; of very many the first, and how many of which code follow. */
export function printFaults(faults: Fault[], io: Io): void {
  for (const fault of faults.slice(0, PRINTED_FAULTS)) io.err(formatFault(fault))
  const more = Object.entries(Object.groupBy(faults.slice(PRINTED_FAULTS), ({ code }) => code))
  if (more.length === 0) return
  const counts = more.map(([code, of]) => `${of?.length} ${code}`).join(', ')
  io.err(`and more of them: ${counts}; plimsoll validate --json has all`)
}

/** Compiles and prints faults to stderr; undefined when there are some. */
export async function compileOrReport(paths: string[], io: Io): Promise<Plan | undefined> {
  const { plan, faults } = await compile(paths)
  printFaults(faults, io)
  if (!plan) io.err(`${faults.length} faults; nothing was written`)
  return plan
}
