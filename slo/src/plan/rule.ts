/** What the rules of one SLO are made from, and the names of what they record. */
import type { Decimal, IndicatorPlan, RecordingPlan } from './types.ts'

export type RuleInput = {
  slo: string
  service: string
  displayName: string
  owner: string
  target: Decimal
  errorBudget: Decimal
  periodSeconds: number
  byRegion: boolean
  indicator: IndicatorPlan
  /** Seconds of windows that the SLO's alerts ask for beside those of every SLO. */
  moreWindows?: number[]
  /** With time slices a tile is one slice, and the events of every window are slices. */
  slices?: { seconds: number; goodRatio?: Decimal }
}

export type Level = 'slo' | 'slo_region'

/** A recorded series of one SLO, ready to query. Ids need no escaping. */
export function recorded(level: Level, name: string, slo: string): string {
  return `${level}:${name}{slo="${slo}"}`
}

/** A rule, and a series, of the finest level that is recorded: regions, or the whole SLO when it has none. */
export function baseRule(input: RuleInput, name: string, expr: string): RecordingPlan {
  return rule(input, `${input.byRegion ? 'slo_region' : 'slo'}:${name}`, expr)
}

/** The series of that level, ready to query. */
export function base(input: RuleInput, name: string): string {
  return recorded(input.byRegion ? 'slo_region' : 'slo', name, input.slo)
}

export function rule(input: RuleInput, record: string, expr: string): RecordingPlan {
  return { record, expr, labels: ruleLabels(input) }
}

export function ruleLabels({ slo, service }: RuleInput): Record<string, string> {
  return { slo, service }
}
