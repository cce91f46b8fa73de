/**
 * When an alert must fire, from counts of events alone: definitions, not PromQL. The generated alert tests hold the
 * rules against them, and a backtest replays history by them. Windows end at an evaluation and hold the events after
 * their start; before the first event they hold none.
 */
import type { AlertPlan, BurnAlertPlan, IndicatorPlan, SloPlan } from './types.ts'

/** Counts of events. */
export type Effect = { total: number; bad: number }

/** What an SLO sees in one scope, at an evaluation. */
export type View = {
  /** Events in the `windowSeconds` up to `seconds`. */
  events: (seconds: number, windowSeconds: number) => Effect
  /** Whether a sample was scraped in the `withinSeconds` up to `seconds`. */
  scraped: (seconds: number, withinSeconds: number) => boolean
}

export type Condition = (seconds: number) => boolean

/** Evaluations at `startSeconds` (default 0), every `stepSeconds` from there, up to `endSeconds`. */
export type Evaluations = { startSeconds?: number; stepSeconds: number; endSeconds: number }

/** What the definitions need of an SLO. */
type Promised = Pick<SloPlan, 'errorBudget' | 'period'> & {
  indicator: Pick<IndicatorPlan, 'kind'>
  series: Pick<SloPlan['series'], 'seenForSeconds'>
}

/** Firing from an evaluation on, until one at which it has resolved; open when it still fires at the end. */
export type Firing = { fromSeconds: number; untilSeconds?: number }

/** When one alert of the SLO fires, seen through `view`. */
export function alertFirings(
  slo: Promised,
  alert: AlertPlan,
  view: View,
  evaluations: Evaluations,
): Firing[] {
  return firings(condition(slo, alert, view, evaluations), times(alert), evaluations)
}

function condition(
  slo: Promised,
  alert: AlertPlan,
  view: View,
  { startSeconds = 0 }: Evaluations,
): Condition {
  switch (alert.kind) {
    case 'burn':
      return burns(slo, alert, view)
    case 'any-bad-event':
      return seesAnyBad(view)
    case 'blind':
      return isBlind(slo, view, startSeconds)
    case 'exhausted':
      return spends(slo, view)
    case 'traffic-gone':
      return losesTraffic(view)
  }
}

function times(alert: AlertPlan): { forSeconds: number; keepFiringForSeconds: number } {
  return alert.kind === 'burn'
    ? { forSeconds: alert.forSeconds, keepFiringForSeconds: alert.keepFiringForSeconds }
    : { forSeconds: alert.forSeconds, keepFiringForSeconds: 0 }
}

export function burns(
  { errorBudget }: Pick<SloPlan, 'errorBudget'>,
  { pairs, evidence }: BurnAlertPlan,
  { events }: View,
): Condition {
  const [budget, minBad, minScore] = [Number(errorBudget), Number(evidence.minBad), Number(evidence.minScore)]
  const windows = pairs.map(({ longSeconds, shortSeconds, badRatio }) => {
    return { longSeconds, shortSeconds, threshold: Number(badRatio) }
  })
  return (seconds) =>
    windows.some(({ longSeconds, shortSeconds, threshold }) => {
      const long = events(seconds, longSeconds)
      return (
        long.bad >= minBad &&
        ratio(long) > threshold &&
        ratio(events(seconds, shortSeconds)) > threshold &&
        surprise(long, budget) > minScore
      )
    })
}

/** One is too many, for an hour. */
export function seesAnyBad({ events }: View): Condition {
  return (seconds) => events(seconds, 3600).bad > 0
}

/** Spent: as many bad events as the objective allows of all events so far, or more. */
function spends({ errorBudget, period }: Promised, { events }: View): Condition {
  return (seconds) => ratio(events(seconds, period.seconds)) / Number(errorBudget) >= 1
}

/** A probe that finishes nothing is as good as unseen; a service may be idle. At a start nobody knows for as long. */
function isBlind(
  { indicator, series }: Promised,
  { events, scraped }: View,
  startSeconds: number,
): Condition {
  const { seenForSeconds } = series
  return (seconds) =>
    seconds >= startSeconds + seenForSeconds &&
    (!scraped(seconds, seenForSeconds) ||
      (indicator.kind === 'probe' && events(seconds, seenForSeconds).total === 0))
}

/** Under 5 % of yesterday's 15 minutes, which had at least 15 events (60 an hour). */
function losesTraffic({ events }: View): Condition {
  return (seconds) => {
    const yesterday = events(seconds - 86_400, 900).total
    return yesterday >= 15 && events(seconds, 900).total < 0.05 * yesterday
  }
}

/** Prometheus's rules of `for` and `keep_firing_for`. */
export function firings(
  condition: Condition,
  { forSeconds, keepFiringForSeconds }: { forSeconds: number; keepFiringForSeconds: number },
  { startSeconds = 0, stepSeconds, endSeconds }: Evaluations,
): Firing[] {
  const found: Firing[] = []
  let firing: Firing | undefined
  let heldSince: number | undefined
  let lastHeld = 0
  for (let seconds = startSeconds; seconds <= endSeconds; seconds += stepSeconds) {
    if (condition(seconds)) {
      heldSince ??= seconds
      lastHeld = seconds
      if (!firing && seconds - heldSince >= forSeconds) {
        firing = { fromSeconds: seconds }
        found.push(firing)
      }
    } else {
      heldSince = undefined
      if (firing && seconds - (lastHeld + stepSeconds) >= keepFiringForSeconds) {
        firing.untilSeconds = seconds
        firing = undefined
      }
    }
  }
  return found
}

/** Share of bad events; NaN without events, which no threshold is below. */
function ratio({ total, bad }: Effect): number {
  return bad / total
}

/** Log-likelihood of the counts under their own ratio against the budget's: binomial, natural logarithm. */
export function surprise({ total, bad }: Effect, budget: number): number {
  const good = total - bad
  return term(bad, total * budget) + term(good, total * (1 - budget))
}

/** seen · ln(seen / expected), which is 0 for none seen. */
function term(seen: number, expected: number): number {
  return seen === 0 ? 0 : seen * Math.log(seen / expected)
}
