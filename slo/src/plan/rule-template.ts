/** Recording rules that SLOs of one shape share: a thousand SLOs have 60,000 rules, few of them a rule of their own. */
import type { RuleInput } from './rule.ts'
import { metricOf } from './selector.ts'
import { type Names, type Run, rulesOf, SOME } from './template.ts'
import { seenName, tileSeconds } from './tile-rules.ts'
import type { CounterTerm, IndicatorPlan, RecordingPlan, RuleGroupPlan, SloPlan } from './types.ts'

export type RuleRun = Run<RecordingPlan>

/** What windows depend on, beside names. */
function shapeOf(input: RuleInput): string {
  return `${input.byRegion} ${input.periodSeconds} ${tileSeconds(input)} ${input.moreWindows ?? ''}`
}

/** `build` may read of its input only the names in labels and what makes the shape: regions or none, period, length of tiles, windows. */
export function shared(build: (input: RuleInput) => RecordingPlan[]): (input: RuleInput) => RuleRun {
  const once = oncePerShape(build)
  return (input) => ({ rules: once(shapeOf(input), () => input), of: namesOf(input) })
}

function oncePerShape(build: (input: RuleInput) => RecordingPlan[]) {
  const byShape = new Map<string, RecordingPlan[]>()
  return (shape: string, one: () => RuleInput): RecordingPlan[] => {
    const rules = byShape.get(shape) ?? build({ ...one(), slo: SOME.slo, service: SOME.service })
    byShape.set(shape, rules)
    return rules
  }
}

function namesOf({ slo, service }: RuleInput): Names {
  return { [SOME.slo]: slo, [SOME.service]: service }
}

/** The same for rules that read raw counters too, which differ in metrics and matchers. */
export function sharedByCounters(
  build: (input: RuleInput) => RecordingPlan[],
): (input: RuleInput) => RuleRun {
  const once = oncePerShape(build)
  return (input) => {
    const { indicator, slices } = input
    // A gauge's query is one piece of PromQL, in rules of a kind of their own.
    if (indicator.badShareExpr !== undefined) return { rules: build(input) }
    const { some, terms, names } = someCounters(indicator)
    const shape = `${shapeOf(input)} ${slices?.goodRatio ?? (slices ? 'any' : '')} ${terms}`
    const rules = once(shape, () => ({ ...input, indicator: some() }))
    return { rules, of: { ...namesOf(input), ...names } }
  }
}

/** `some`: the indicator of placeholders. `terms`: what makes counters alike, as text. */
function someCounters(indicator: IndicatorPlan): { some: () => IndicatorPlan; terms: string; names: Names } {
  const names: Names = {}
  const placed = new Map<string, string>()
  const metrics = new Map<string, string>()
  const place = ({ selector }: CounterTerm) => {
    let some = placed.get(selector)
    if (some !== undefined) return some
    const metric = metricOf(selector)
    const someMetric = metrics.get(metric) ?? `${SOME.metric}_${metrics.size}`
    metrics.set(metric, someMetric)
    names[someMetric] = metric
    const matchers = `${SOME.matchers}_${placed.size}`
    names[matchers] = selector.slice(metric.length + 1, -1)
    some = `${someMetric}{${matchers}}`
    placed.set(selector, some)
    return some
  }
  const read = (terms: CounterTerm[]) => terms.map((term) => ({ ...term, selector: place(term) }))
  const [total, bad] = [read(indicator.total), read(indicator.bad)]
  const text = ({ sign, selector, offsetSeconds }: CounterTerm) =>
    `${sign} ${selector} ${offsetSeconds ?? ''}`
  const terms = `${total.map(text).join()}/${bad.map(text).join()}`
  return { some: () => ({ ...indicator, total, bad }), terms, names }
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
  return input && `${shapeOf(input)} ${seenName(input)}`
}
