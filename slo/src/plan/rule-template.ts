/**
 * Rules that differ between SLOs only in the SLO's id. They are built once per shape: a thousand SLOs have 60,000
 * rules, and building, or printing, each from its pieces is mostly work for the garbage collector.
 */
import { type RuleInput, ruleLabels } from './rule.ts'
import { tileSeconds } from './tile-rules.ts'
import type { RecordingPlan, RuleGroupPlan } from './types.ts'

/**
 * Rules as they are; or `shared` by all SLOs of a shape, one object for all of them: `SOME_SLO` stands where the id
 * will, and their labels are the group's `slo` and `service`.
 */
export type RuleRun = { rules: RecordingPlan[]; shared: boolean }

/** Stands where the id will; no id can look like it. */
export const SOME_SLO = 'SOME_SLO'

/** `build` may read of its input only the id and what makes the shape: regions or none, period, length of tiles, windows. */
export function shared(build: (input: RuleInput) => RecordingPlan[]): (input: RuleInput) => RuleRun {
  const byShape = new Map<string, RuleRun>()
  return (input) => {
    const shape = `${input.byRegion} ${input.periodSeconds} ${tileSeconds(input)} ${input.moreWindows ?? ''}`
    let run = byShape.get(shape)
    if (!run) {
      run = { rules: build({ ...input, slo: SOME_SLO }), shared: true }
      byShape.set(shape, run)
    }
    return run
  }
}

const runsOf = new WeakMap<RuleGroupPlan, () => RuleRun[]>()

/** A group whose rules are made when they are asked for: those of a thousand SLOs are most of a plan's memory. */
export function groupOfRuns(
  name: string,
  intervalSeconds: number,
  input: RuleInput,
  runs: () => RuleRun[],
): RuleGroupPlan {
  const { slo, service } = input
  const group: RuleGroupPlan = {
    name,
    service,
    slo,
    intervalSeconds,
    get recordings() {
      return runs().flatMap((run) => (run.shared ? filledIn(run.rules, input) : run.rules))
    },
  }
  runsOf.set(group, runs)
  return group
}

/** The recordings of a group in order, for who prints those of thousands of SLOs. */
export function recordingRuns(group: RuleGroupPlan): RuleRun[] {
  return runsOf.get(group)?.() ?? [{ rules: group.recordings, shared: false }]
}

function filledIn(rules: RecordingPlan[], input: RuleInput): RecordingPlan[] {
  const labels = ruleLabels(input)
  return rules.map(({ record, expr }) => ({ record, expr: expr.replaceAll(SOME_SLO, input.slo), labels }))
}
