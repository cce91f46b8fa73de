/**
 * When an alert must fire, from counts of events alone: definitions, not PromQL. Windows end at an evaluation and hold
 * the events after their start; before the first event they hold none.
 */
import type { BurnAlertPlan, SloPlan } from '@plimsoll/slo/plan'
import type { Effect } from './event-series.ts'

/** What an SLO sees in one scope, at an evaluation. */
export type View = {
  /** Events in the `windowSeconds` up to `seconds`. */
  events: (seconds: number, windowSeconds: number) => Effect
  /** Whether a sample was scraped in the five minutes up to `seconds`. */
  scraped: (seconds: number) => boolean
}

export type Condition = (seconds: number) => boolean

/** Firing from an evaluation on, until one at which it has resolved; open when it still fires at the end. */
export type Firing = { fromSeconds: number; untilSeconds?: number }

export function burns(
  { errorBudget }: SloPlan,
  { pairs, evidence }: BurnAlertPlan,
  { events }: View,
): Condition {
  const budget = Number(errorBudget)
  return (seconds) =>
    pairs.some(({ longSeconds, shortSeconds, badRatio }) => {
      const long = events(seconds, longSeconds)
      return (
        long.bad >= Number(evidence.minBad) &&
        ratio(long) > Number(badRatio) &&
        ratio(events(seconds, shortSeconds)) > Number(badRatio) &&
        surprise(long, budget) > Number(evidence.minScore)
      )
    })
}

/** Spent: as many bad events as the objective allows of all events so far, or more. */
export function spends({ errorBudget, period }: SloPlan, { events }: View): Condition {
  return (seconds) => ratio(events(seconds, period.seconds)) / Number(errorBudget) >= 1
}

/** A probe that finishes nothing is as good as unseen; a service may be idle. */
export function isBlind({ indicator }: SloPlan, { events, scraped }: View): Condition {
  return (seconds) => !scraped(seconds) || (indicator.kind === 'probe' && events(seconds, 300).total === 0)
}

/** Under 5 % of yesterday's 15 minutes, which had at least 15 events (60 an hour). */
export function losesTraffic({ events }: View): Condition {
  return (seconds) => {
    const yesterday = events(seconds - 86_400, 900).total
    return yesterday >= 15 && events(seconds, 900).total < 0.05 * yesterday
  }
}

/** Prometheus's rules of `for` and `keep_firing_for`. */
export function firings(
  condition: Condition,
  { forSeconds, keepFiringForSeconds }: { forSeconds: number; keepFiringForSeconds: number },
  { stepSeconds, endSeconds }: { stepSeconds: number; endSeconds: number },
): Firing[] {
  const found: Firing[] = []
  let firing: Firing | undefined
  let heldSince: number | undefined
  let lastHeld = 0
  for (let seconds = 0; seconds <= endSeconds; seconds += stepSeconds) {
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
function surprise({ total, bad }: Effect, budget: number): number {
  const good = total - bad
  return term(bad, total * budget) + term(good, total * (1 - budget))
}

/** seen · ln(seen / expected), which is 0 for none seen. */
function term(seen: number, expected: number): number {
  return seen === 0 ? 0 : seen * Math.log(seen / expected)
}
