/**
 * Either side of every threshold. Traffic reaches an edge only roughly, and a total only by its loudest region: here
 * the counts of each window are given as they would be recorded, one moment after another, and the alerts are judged by
 * them, by region and in total. How windows count traffic, the other tests prove.
 */
import {
  type AlertPlan,
  alertFirings,
  type BurnAlertPlan,
  type Firing,
  surprise,
  type View,
} from '@plimsoll/slo/plan'
import { SLOW } from './cases.ts'
import type { Shape } from './shape.ts'

/** Events of one window. */
export type Held = { total: number; bad: number }
/** What some windows hold at one moment, by seconds; all others are well. */
type Moment = { held: Map<number, Held>; steps: number }

export type Edges = {
  /** Counts of each window by step. */
  windows: { name: string; seconds: number; held: Held[] }[]
  watched: { alert: AlertPlan; firings: Firing[] }[]
  stepSeconds: number
  endSeconds: number
}

/** So many that even a hundredth more than the budget is no chance. */
const MANY = 10 ** 12
const WELL: Held = { total: MANY, bad: 0 }
const ALL_BAD: Held = { total: MANY, bad: MANY }
/** How far on the side where an alert fires or keeps silent: near, and farther than any count is rounded. */
export const [OVER, UNDER] = [1.02, 0.98]

/** Undefined for an SLO none of whose alerts has an edge that can be given. */
export function edgesOf(shape: Shape): Edges | undefined {
  const { stepSeconds } = SLOW
  const alerts = shape.alerts.filter(({ kind }) => kind !== 'blind' && kind !== 'traffic-gone')
  // The same for both scopes.
  const kinds = alerts.filter((one, index) => alerts.findIndex(alike(one)) === index)
  const moments = [
    ...kinds.flatMap((alert) => silentMoments(shape, alert)),
    ...kinds.flatMap((alert) => firingMoments(shape, alert)),
  ]
  if (moments.length === 0) return undefined
  const timeline = [
    ...none(1),
    ...moments.flatMap(({ held, steps }) => Array.from({ length: steps }, () => held)),
  ]
  const seconds = [...new Set(moments.flatMap(({ held }) => [...held.keys()]))].sort((a, b) => a - b)
  const names = namesOf(shape)
  const windows = seconds.map((one) => ({
    name: names.get(one) ?? '',
    seconds: one,
    held: timeline.map((held) => held.get(one) ?? WELL),
  }))
  const evaluations = { stepSeconds, endSeconds: (timeline.length - 1) * stepSeconds }
  const view: View = {
    events: (at, windowSeconds) => timeline[at / stepSeconds]?.get(windowSeconds) ?? WELL,
    scraped: () => true,
  }
  const watched = alerts.map((alert) => ({ alert, firings: alertFirings(shape, alert, view, evaluations) }))
  return { windows, watched, ...evaluations }
}

function namesOf({ alerts, period }: Shape): Map<number, string> {
  const pairs = alerts.flatMap((alert) => (alert.kind === 'burn' ? alert.pairs : []))
  return new Map([
    [ANY_SECONDS, '1h'],
    [period.seconds, period.name],
    ...pairs.flatMap(({ long, longSeconds, short, shortSeconds }): [number, string][] => [
      [longSeconds, long],
      [shortSeconds, short],
    ]),
  ])
}

const alike =
  (one: AlertPlan) =>
  (other: AlertPlan): boolean =>
    one.kind === other.kind && one.severity === other.severity

const none = (steps: number): Map<number, Held>[] => Array.from({ length: steps }, () => new Map())

/** As near as an alert must keep silent, one right after another. */
function silentMoments({ errorBudget, period }: Shape, alert: AlertPlan): Moment[] {
  switch (alert.kind) {
    case 'burn':
      return alert.pairs.flatMap(({ longSeconds, shortSeconds, badRatio }) => {
        const both = (long: Held, short: Held) => moment(alert, [longSeconds, long], [shortSeconds, short])
        return [
          // At the budget itself nothing is evidence, whatever the threshold.
          both(badRatio === errorBudget ? times(UNDER, badRatio) : upTo(badRatio), ALL_BAD),
          both(ALL_BAD, upTo(badRatio)),
          ...evidenceAt(alert.evidence, errorBudget, [OVER, UNDER]).map((long) => both(long, ALL_BAD)),
          ...evidenceAt(alert.evidence, errorBudget, [UNDER, OVER]).map((long) => both(long, ALL_BAD)),
        ]
      })
    case 'exhausted':
      return [moment(alert, [period.seconds, times(UNDER, errorBudget)])]
    default:
      return []
  }
}

/** As near as it must fire, each followed by what it takes to resolve. */
function firingMoments({ errorBudget, period }: Shape, alert: AlertPlan): Moment[] {
  switch (alert.kind) {
    case 'burn': {
      const ends = { held: new Map(), steps: Math.ceil(alert.keepFiringForSeconds / SLOW.stepSeconds) + 1 }
      return alert.pairs
        .flatMap(({ longSeconds, shortSeconds, badRatio }) => {
          const over = times(OVER, badRatio)
          const enough = evidenceAt(alert.evidence, errorBudget, [OVER, OVER])
          return [
            moment(alert, [longSeconds, over], [shortSeconds, over]),
            ...[...enough, ALL_BAD].map((long) =>
              moment(alert, [longSeconds, long], [shortSeconds, ALL_BAD]),
            ),
          ]
        })
        .flatMap((one) => [one, ends])
    }
    case 'exhausted':
      return [moment(alert, [period.seconds, upTo(errorBudget)]), { held: new Map(), steps: 1 }]
    case 'any-bad-event':
      return [moment(alert, [ANY_SECONDS, { total: 1, bad: 1 }]), { held: new Map(), steps: 1 }]
    default:
      return []
  }
}

/** For so long one bad event is remembered. */
const ANY_SECONDS = 3600

/** Long enough to be seen after the alert's `for`. */
function moment({ forSeconds }: AlertPlan, ...held: [seconds: number, held: Held][]): Moment {
  return { held: new Map(held), steps: Math.ceil(forSeconds / SLOW.stepSeconds) + 1 }
}

function times(factor: number, ratio: string): Held {
  return { total: MANY, bad: Math.min(Math.round(factor * Number(ratio) * MANY), MANY) }
}

/** Just what is allowed: of a decimal with many places as much as whole events can show. */
function upTo(ratio: string): Held {
  const { total, bad } = times(1, ratio)
  return { total, bad: bad / total > Number(ratio) ? bad - 1 : bad }
}

/**
 * Counts whose bad events are `few` times the fewest that are evidence, and whose score is `score` times the lowest.
 * None where no counts are both, or the SLO asks for no evidence. With as many bad events, more good ones say less;
 * where so few say too little even alone, there are more.
 */
export function evidenceAt(
  { minBad, minScore }: BurnAlertPlan['evidence'],
  errorBudget: number | string,
  [score, few]: [score: number, few: number],
): Held[] {
  const budget = Number(errorBudget)
  const wanted = score * Number(minScore)
  if (wanted === 0) return []
  // So many, if there were no good ones.
  const least = wanted / Math.log(1 / budget)
  if (few < 1 && least > few * Number(minBad)) return []
  const bad = few < 1 ? few * Number(minBad) : Math.max(few * Number(minBad), 1.1 * least)
  let [low, high] = [bad, bad / budget]
  while (high - low > 1e-9 * high) {
    const total = (low + high) / 2
    if (surprise({ total, bad }, budget) > wanted) low = total
    else high = total
  }
  return [{ total: rounded(low), bad: rounded(bad) }]
}

function rounded(count: number): number {
  return Number(count.toPrecision(6))
}
