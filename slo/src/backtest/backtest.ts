/**
 * Today's policy and a proposed one, replayed over the same history and held side by side. Pure: counts in, answers
 * out. The alerts are evaluated by the definitions that the generated alert tests hold the rules against.
 */
import type { SloPlan } from '../plan/types.ts'
import { ALL_REGIONS } from '../service/sources/counter-reader.ts'
import { budgetByDay, type DayBudget, type Gap, gapsIn, remainingAt } from './days.ts'
import { type Histories, neededBy } from './explained.ts'
import { type History, viewOf } from './history.ts'
import { findIncidents, type Labelled, type LeftOut, measured, placed } from './incidents.ts'
import { type Judgement, judge } from './judge.ts'
import { type Fired, type Policy, type Range, replay } from './replay.ts'

export type PolicyResult = {
  name: string
  target: string
  period: string
  /** Burn rates by long window, pages first, e.g. "page 1h > 13.44". */
  pairs: string[]
  evidenceGate: boolean
  fired: Fired[]
  judgement: Judgement
  days: DayBudget[]
  /** Budget left at the end of each part of the course, as in `days`; null without any traffic. */
  remaining: (number | null)[]
}

/** What happened in one part of the range. */
export type Part = { fromSeconds: number; untilSeconds: number; total: number; bad: number }

export type Backtest = {
  slo: string
  displayName: string
  fromSeconds: number
  toSeconds: number
  /** The first evaluation that saw a sample; windows that begin before it hold less than they will one day. */
  historyFromSeconds: number
  stepSeconds: number
  /** How much later than it happens everything is counted; absent: at once. */
  offsetSeconds?: number
  /** What is counted. */
  unit: 'events' | 'slices'
  total: number
  bad: number
  gaps: Gap[]
  /** The range in equal parts, for charts. */
  course: Part[]
  /** SLOs whose pages may explain its burns, and those of them without a sample, which explain nothing. */
  needs: { slo: string; seen: boolean }[]
  incidentsFrom: 'counts' | 'labels'
  /** Of labelled incidents, those that say nothing about this SLO in this range. */
  leftOut?: LeftOut
  /** One bad event is too many: each is an incident. */
  anyBadEvent: boolean
  policies: [PolicyResult, PolicyResult]
}

export function backtest(
  policies: [Policy, Policy],
  history: History,
  range: Range,
  labelled?: Labelled[],
  needed: Histories = new Map(),
): Backtest {
  const [{ slo }] = policies
  const labels = labelled && placed(slo, history, labelled, range)
  const anyBadEvent = slo.alerts.some(({ kind }) => kind === 'any-bad-event')
  const course = courseOf(history, range, slo.slices?.seconds)
  const ends = course.map(({ untilSeconds }) => untilSeconds)
  const { total, bad } = viewOf(history, ALL_REGIONS).events(
    range.toSeconds,
    range.toSeconds - range.fromSeconds,
  )
  const result = (policy: Policy): PolicyResult => {
    const fired = replay(policy, history, range, needed)
    const incidents = labels
      ? measured(policy.slo, history, labels.kept, range)
      : findIncidents(policy.slo, history, range, anyBadEvent)
    return {
      name: policy.name,
      target: policy.slo.target,
      period: policy.slo.period.name,
      ...describe(policy.slo),
      fired,
      judgement: judge(fired, incidents, range),
      days: budgetByDay(policy.slo, history, range),
      remaining: ends.map((at) => remainingAt(policy.slo, history, at) ?? null),
    }
  }
  return {
    slo: slo.slo,
    displayName: slo.displayName,
    ...range,
    historyFromSeconds: history.startSeconds + history.stepSeconds,
    stepSeconds: history.stepSeconds,
    ...(slo.indicator.offsetSeconds !== undefined && { offsetSeconds: slo.indicator.offsetSeconds }),
    unit: slo.slices ? 'slices' : 'events',
    total,
    bad,
    gaps: gapsIn(slo, history, range),
    course,
    needs: neededBy(slo).map((id) => ({ slo: id, seen: needed.has(id) })),
    incidentsFrom: labelled ? 'labels' : 'counts',
    ...(labels && { leftOut: labels.leftOut }),
    anyBadEvent,
    policies: [result(policies[0]), result(policies[1])],
  }
}

/** As fine as a chart can show. */
const MOST_PARTS = 720
const PART_SECONDS = [60, 300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 86_400]

/** A part holds a slice at least, or most would be empty. */
function courseOf(history: History, { fromSeconds, toSeconds }: Range, sliceSeconds = 0): Part[] {
  const span = toSeconds - fromSeconds
  const length =
    PART_SECONDS.find((seconds) => seconds >= sliceSeconds && span / seconds <= MOST_PARTS) ?? 86_400
  const view = viewOf(history, ALL_REGIONS)
  return Array.from({ length: Math.ceil(span / length) }, (_, index) => {
    const from = fromSeconds + index * length
    const until = Math.min(from + length, toSeconds)
    return { fromSeconds: from, untilSeconds: until, ...view.events(until, until - from) }
  })
}

function describe({ alerts }: SloPlan): Pick<PolicyResult, 'pairs' | 'evidenceGate'> {
  const pairs = alerts.flatMap((alert) => {
    if (alert.kind === 'any-bad-event') return [`${alert.severity} at any bad event`]
    // The same in every scope.
    return alert.kind === 'burn' && alert.scope === 'all'
      ? alert.pairs.map(({ long, burnRate }) => `${alert.severity} ${long} > ${burnRate}`)
      : []
  })
  return {
    pairs,
    evidenceGate: alerts.some((alert) => alert.kind === 'burn' && Number(alert.evidence.minScore) > 0),
  }
}
