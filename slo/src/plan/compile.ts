/** Specs → plan. Pure: the same sources give the same plan, and any fault means no plan at all. */
import { checkAnnotations } from './annotations.ts'
import { checkShape } from './check-shape.ts'
import { planComposites } from './composite.ts'
import { checkDependencies } from './dependencies.ts'
import { fault, formatFault } from './fault.ts'
import { checkSli } from './indicator.ts'
import { readYaml } from './read-yaml.ts'
import { References } from './references.ts'
import { type Planned, planSlo } from './slo-plan.ts'
import type { Fault, Plan, PlanWarning } from './types.ts'

export type SpecSource = { file: string; text: string }
/** `documents` counts those that were read, of any kind. */
export type Compiled = { plan?: Plan; documents: number; faults: Fault[]; warnings: PlanWarning[] }

/** The plan of all SLOs, sorted by id; or the faults of every file, together. */
export function compilePlan(sources: SpecSource[]): Compiled {
  const read = sources.map(({ file, text }) => readYaml(file, text))
  const { checked, faults: shapeFaults } = checkShape(read.flatMap(({ documents }) => documents))
  const references = new References(checked)
  const documents = Object.values(checked).reduce((sum, { length }) => sum + length, 0)
  const faults = [...read.flatMap((one) => one.faults), ...shapeFaults, ...references.faults]
  for (const document of [...checked.Service, ...checked.SLO]) faults.push(...checkAnnotations(document))
  // An SLI that nothing refers to is checked too; one that is used is not reported twice.
  for (const { value, locate } of checked.SLI)
    faults.push(...checkSli({ spec: value.spec, locate: (path) => locate(['spec', ...path]) }))

  const planned: Planned[] = []
  for (const spec of checked.SLO) {
    const result = planSlo(spec, references)
    faults.push(...result.faults)
    planned.push(...result.planned)
  }
  if (checked.SLO.length === 0 && faults.length === 0) {
    const where = `${sources[0]?.file ?? 'no file'}:1:1`
    faults.push(fault('SPEC_NOTHING', where, 'no SLO', 'at least one document of kind SLO', 'write one'))
  }
  planned.sort((a, b) => (a.slo.slo < b.slo.slo ? -1 : a.slo.slo > b.slo.slo ? 1 : 0))
  // Faults of the parts hide what joins them: a missing SLO would look like a broken dependency.
  if (faults.length === 0) faults.push(...sameIds(planned), ...checkDependencies(planned))

  const slos = planned.map(({ slo }) => slo)
  const composed = planComposites(planned)
  if (faults.length === 0) faults.push(...composed.faults)
  const warnings = [...slos, ...composed.composites].flatMap(({ slo, writtenAt, warnings }) =>
    warnings.map(({ code, message }) => ({ code, message: `${writtenAt}: ${slo}: ${message}` })),
  )
  if (faults.length > 0) {
    // A reference to a document that is itself broken is a consequence, not a second fault.
    const shown = (one: Fault) => one.code !== 'SPEC_REFERENCE' || shapeFaults.includes(one)
    const causes = shapeFaults.length > 0 ? faults.filter(shown) : faults
    return {
      documents,
      faults: [...new Map(causes.map((one) => [formatFault(one), one])).values()].sort(byPlace),
      warnings,
    }
  }
  return {
    plan: {
      version: 1,
      slos,
      ...(composed.composites.length > 0 && { composites: composed.composites }),
      groups: [...planned.flatMap(({ groups }) => groups), ...composed.groups],
    },
    documents,
    faults,
    warnings,
  }
}

/** Ids of objectives can meet those of other SLOs: `pull` with objective `fast`, and `pull-fast`. */
function sameIds(sorted: Planned[]): Fault[] {
  return sorted.flatMap(({ slo, locate }, index) => {
    const before = sorted[index - 1]?.slo
    if (before?.slo !== slo.slo) return []
    const saw = `the id ${slo.slo} a second time (first at ${before.writtenAt})`
    return [fault('SPEC_ID_DUPLICATE', locate(['metadata', 'name']), saw, 'each id once', 'rename one')]
  })
}

/** By file, line and column, as numbers. */
function byPlace(a: Fault, b: Fault): number {
  return places.compare(a.at, b.at)
}
const places = new Intl.Collator('en', { numeric: true })
