/** Recording rules that SLOs of one shape share: a thousand SLOs have 60,000 rules, few of them a rule of their own. */
import type { RuleInput } from './rule.ts'
import { type Names, type Run, rulesOf, SOME } from './template.ts'
import { seenForSeconds, seenName, tileSeconds } from './tile-rules.ts'
import type { RecordingPlan, RuleGroupPlan, SloPlan } from './types.ts'

export type RuleRun = Run<RecordingPlan>

/** What windows depend on, beside names. */
function shapeOf(input: RuleInput): string {
  return `${input.byRegion} ${input.periodSeconds} ${tileSeconds(input)} ${input.moreWindows ?? ''}`
}

/** `build` may read of its input only the names in labels and what makes the shape: regions or none, period, length of tiles, windows. */
export function shared(build: (input: RuleInput) => RecordingPlan[]): (input: RuleInput) => RuleRun {
  const byShape = new Map<string, RecordingPlan[]>()
  return (input) => {
    const shape = shapeOf(input)
    let rules = byShape.get(shape)
    if (!rules) {
      rules = build({ ...input, slo: SOME.slo, service: SOME.service })
      byShape.set(shape, rules)
    }
    return { rules, of: namesOf(input) }
  }
}

function namesOf({ slo, service }: RuleInput): Names {
  return { [SOME.slo]: slo, [SOME.service]: service }
}

const runsOf = new WeakMap<RuleGroupPlan, () => RuleRun[]>()

/** A group whose rules are made when they are asked for: those of a thousand SLOs are most of a plan's memory. */
export function groupOfRuns(
  name: string,
  intervalSeconds: number,
  { slo, service }: RuleInput,
  runs: () => RuleRun[],
): RuleGroupPlan {
  const group = { name, service, slo, intervalSeconds } as RuleGroupPlan
  Object.defineProperty(group, 'recordings', RECORDINGS)
  runsOf.set(group, runs)
  return group
}

/** One function for all groups: with one each, V8 would make each group a hash table. */
const RECORDINGS = {
  enumerable: true,
  configurable: true,
  get(this: RuleGroupPlan): RecordingPlan[] {
    return (runsOf.get(this)?.() ?? []).flatMap(rulesOf)
  },
}

/** The recordings of a group in order, for who prints those of thousands of SLOs. */
export function recordingRuns(group: RuleGroupPlan): RuleRun[] {
  return runsOf.get(group)?.() ?? [{ rules: group.recordings }]
}

const inputs = new WeakMap<SloPlan, RuleInput>()

/** Of an SLO whose `windows` and `series` are those of the rules of this input. */
export function rememberInput(slo: SloPlan, input: RuleInput): void {
  inputs.set(slo, input)
}

/** Undefined of a plan not compiled here. */
export function inputOf(slo: SloPlan): RuleInput | undefined {
  return inputs.get(slo)
}

/** `windows` and `series` of SLOs of one shape differ in nothing but the id. Undefined of a plan not compiled here. */
export function seriesShape(slo: SloPlan): string | undefined {
  const input = inputs.get(slo)
  return input && `${shapeOf(input)} ${seenName(input)} ${seenForSeconds(input)}`
}
