/**
 * Rules that differ between SLOs only in the SLO's id. Their texts are built once per shape and filled in for each SLO:
 * a thousand SLOs have 60,000 rules, and building each from its pieces is mostly work for the garbage collector.
 */
import { type RuleInput, ruleLabels } from './rule.ts'
import { tileSeconds } from './tile-rules.ts'
import type { RecordingPlan } from './types.ts'

/** Stands where the id will; no id can look like it. */
const SOME_SLO = 'SOME_SLO'

type Template = { record: string; pieces: string[] }[]

/** `build` may read of its input only the id and what makes the shape: regions or none, period, length of tiles. */
export function templated(
  build: (input: RuleInput) => RecordingPlan[],
): (input: RuleInput) => RecordingPlan[] {
  const byShape = new Map<string, Template>()
  return (input) => {
    const shape = `${input.byRegion} ${input.periodSeconds} ${tileSeconds(input)}`
    let template = byShape.get(shape)
    if (!template) {
      const rules = build({ ...input, slo: SOME_SLO })
      template = rules.map(({ record, expr }) => ({ record, pieces: expr.split(SOME_SLO) }))
      byShape.set(shape, template)
    }
    const labels = ruleLabels(input)
    return template.map(({ record, pieces }) => ({ record, expr: pieces.join(input.slo), labels }))
  }
}
