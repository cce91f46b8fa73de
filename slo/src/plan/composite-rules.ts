/** Recording rules of a composite: burn rates of the whole from what its parts record. */
import { EVIDENCE } from './alerting.ts'
import type { CompositeInput, Part } from './composite.ts'
import { subtract } from './decimal.ts'
import { windowName } from './duration.ts'
import { sumOfPresent } from './promql.ts'
import {
  MEMORY_INTERVAL_SECONDS,
  memoryRules,
  PAGE_INTERVAL_SECONDS,
  pageWindows,
  SLOW_INTERVAL_SECONDS,
  slowWindows,
  windowSeconds,
} from './recording-rules.ts'
import { type RuleInput, recorded } from './rule.ts'
import { groupOfRuns, type RuleRun } from './rule-template.ts'
import type { CompositeWindow, Decimal, RecordingPlan, RuleGroupPlan } from './types.ts'

/** `evident`: names of the windows in which alerts ask for evidence. */
export function compositeWindows(input: CompositeInput, evident: string[]): CompositeWindow[] {
  const { slo, errorBudget, period } = input
  return windowSeconds({ periodSeconds: period.seconds, moreWindows: input.moreWindows }).map((seconds) => {
    const name = windowName(seconds)
    return {
      name,
      seconds,
      burnRate: recorded('slo', `burn_rate:${name}`, slo),
      partBurnRates: input.parts.map((part) => burnOf(part, ratioOf(part, name))).join(' or '),
      ...(evident.includes(name) && { evidentBurnRate: recorded('slo', `evident_burn_rate:${name}`, slo) }),
      ...(errorBudget !== undefined && { badRatio: recorded('slo', `bad_ratio:${name}`, slo) }),
    }
  })
}

/** Of Timeslices the slices are counted first. */
export function compositeGroups(input: CompositeInput, windows: CompositeWindow[]): RuleGroupPlan[] {
  const { slo, method, slices } = input
  const counted = ruleInput(input)
  const group = (name: string, intervalSeconds: number, runs: () => RuleRun[]) =>
    groupOfRuns(`${slo}:${name}`, intervalSeconds, counted, runs)
  const own = (rules: RecordingPlan[]): RuleRun => ({ rules })
  const whole = group('composite', SLOW_INTERVAL_SECONDS, () => [own(wholeRules(input, windows))])
  if (method !== 'Timeslices' || !slices) return [whole]
  return [
    group('page', PAGE_INTERVAL_SECONDS, () => [own(sliceRules(input, slices)), pageWindows(counted)]),
    group('slow', SLOW_INTERVAL_SECONDS, () => [slowWindows(counted)]),
    group('memory', MEMORY_INTERVAL_SECONDS, () => memoryRules(counted)),
    whole,
  ]
}

/** Of the whole: what it is, windows, budget left. */
function wholeRules(input: CompositeInput, windows: CompositeWindow[]): RecordingPlan[] {
  const { slo, service, displayName, owner, period, method, errorBudget } = input
  const labels = { slo, service }
  const rule = (name: string, expr: string): RecordingPlan => ({ record: `slo:${name}`, expr, labels })
  const info = { ...labels, owner, display_name: displayName, period: period.name }
  return [
    { record: 'slo:info', expr: 'vector(1)', labels: info },
    ...windows.flatMap(({ name, evidentBurnRate }) => [
      ...(method === 'RatioTimeslices' ? [rule(`bad_ratio:${name}`, missed(input, name))] : []),
      rule(
        `burn_rate:${name}`,
        errorBudget === undefined
          ? sum(input.parts.map((part) => burnOf(part, ratioOf(part, name))))
          : `${recorded('slo', `bad_ratio:${name}`, slo)} / ${errorBudget}`,
      ),
      ...(evidentBurnRate === undefined ? [] : [rule(`evident_burn_rate:${name}`, evidentBurn(input, name))]),
    ]),
    rule('error_budget_remaining:ratio', `1 - ${recorded('slo', `burn_rate:${period.name}`, slo)}`),
  ]
}

/** Slices of the whole are counted like those of an SLO. */
function ruleInput(input: CompositeInput): RuleInput {
  const { slo, service, displayName, owner, errorBudget = '1', period, slices } = input
  const periodSeconds = period.seconds
  const target = subtract('1', errorBudget)
  return {
    ...{ slo, service, displayName, owner, target, errorBudget, periodSeconds },
    byRegion: false,
    indicator: { kind: 'threshold', good: '', total: [], bad: [] },
    moreWindows: input.moreWindows,
    ...(slices && { slices }),
  }
}

/** The newest slice: seen by any part, and bad for any part; by region, the share of regions in which it was. */
function sliceRules(
  { slo, service, parts }: CompositeInput,
  { seconds }: { seconds: number },
): RecordingPlan[] {
  const step = windowName(seconds)
  const byRegion = parts.some(({ slo }) => slo.regions.length > 0)
  const any = (name: string) => {
    const each = parts.map(({ slo }) => recorded(byRegion ? 'slo_region' : 'slo', name, slo.slo)).join(' or ')
    return byRegion ? `avg (max by (region) (${each}))` : `max (${each})`
  }
  return [`total_events:${step}`, `bad_events:${step}`].map((name) => ({
    record: `slo:${name}`,
    expr: any(name),
    labels: { slo, service },
  }))
}

/** RatioTimeslices. */
function missed({ parts }: CompositeInput, window: string): string {
  return `clamp_max(${sum(parts.map((part) => `${part.weight} * ${ratioOf(part, window)}`))}, 1)`
}

/** As far as it is no chance; slices that are bad for any part are judged as the whole's. */
function evidentBurn(input: CompositeInput, window: string): string {
  const { slo, method, errorBudget, parts } = input
  if (method === 'Timeslices' && errorBudget !== undefined)
    return `${evidentRatio(slo, errorBudget, window)} / ${errorBudget}`
  return sum(parts.map((part) => burnOf(part, evidentRatio(part.slo.slo, part.evenRatio, window))))
}

/**
 * The bad ratio as far as it is no chance: all of it when its events show more than its even
 * share, by the evidence that an SLO's own alerts ask for (`burn-rule.ts` of the alerts); else at most that share,
 * and even shares of all parts together burn at 1, below every threshold.
 */
function evidentRatio(slo: string, evenRatio: Decimal, window: string): string {
  const [ratio, total, bad] = ['bad_ratio', 'total_events', 'bad_events'].map((name) =>
    recorded('slo', `${name}:${window}`, slo),
  )
  // 1 − 10⁻⁹: the logarithm of the good share stays finite when every event is bad.
  const p = `clamp_max(${ratio}, 0.999999999)`
  const score = `${total} * (${p} * ln(${p} / ${evenRatio}) + (1 - ${p}) * ln((1 - ${p}) / (1 - ${evenRatio})))`
  const { minScore, minBad } = EVIDENCE.on
  const shown = `${ratio} > ${evenRatio} and ${bad} >= ${minBad} and ${score} > ${minScore}`
  return `(${shown} or clamp_max(${ratio}, ${evenRatio}))`
}

function burnOf({ weight, divisor }: Part, ratio: string): string {
  return `${weight} * ${ratio} / ${divisor}`
}

function ratioOf({ slo }: Part, window: string): string {
  return recorded('slo', `bad_ratio:${window}`, slo.slo)
}

function sum(terms: string[]): string {
  return sumOfPresent('sum', terms)
}
