/**
 * Which incidents somebody should have been woken for, from counts alone and from no alert, so that a policy is not
 * judged by itself: a stretch of bad minutes that spent at least 2 % of the period's budget with at least 3 bad events.
 *
 * Minutes are bad when their last 5 minutes burn faster than 5 % of the budget in 6 hours, the slowest speed that the
 * SRE Workbook pages for; pauses of up to ten minutes belong to the incident.
 */

import { HOUR, MINUTE } from '../plan/duration.ts'
import type { View } from '../plan/firing.ts'
import type { SloPlan } from '../plan/types.ts'
import { ALL_REGIONS } from '../service/sources/counter-reader.ts'
import { type History, viewOf } from './history.ts'
import type { Range } from './replay.ts'

export type Incident = {
  region: string
  /** Of a labelled incident. */
  name?: string
  fromSeconds: number
  untilSeconds: number
  bad: number
  total: number
  /** Share of the period's budget that it spent; absent without any traffic. */
  budgetShare?: number
}

export const SHOULD_PAGE = { budgetShare: 0.02, bad: 3 }
const LOOK_SECONDS = 5 * MINUTE
const PAUSE_SECONDS = 10 * MINUTE
const URGENT = { budgetShare: 0.05, seconds: 6 * HOUR }

/** Bad events that the promise allows in a period with the traffic seen; NaN without any. */
export function allowedBad(
  { errorBudget, period }: Pick<SloPlan, 'errorBudget' | 'period'>,
  history: History,
  view: View,
  atSeconds: number,
): number {
  const covered = Math.min(period.seconds, Math.min(atSeconds, history.endSeconds) - history.startSeconds)
  const { total } = view.events(atSeconds, period.seconds)
  return total === 0 ? Number.NaN : (Number(errorBudget) * total * period.seconds) / covered
}

/** By region, and in total what no region shows; oldest first. With `anyBadEvent` one is too many. */
export function findIncidents(
  slo: SloPlan,
  history: History,
  range: Range,
  anyBadEvent: boolean,
): Incident[] {
  const regions = slo.regions.length > 0 ? [...history.regions.keys()] : []
  const regional = regions.flatMap((region) => incidentsOf(slo, history, region, range, anyBadEvent))
  const total = incidentsOf(slo, history, ALL_REGIONS, range, anyBadEvent)
  return [...regional, ...total.filter((one) => !regional.some((other) => overlap(one, other)))].sort(
    (a, b) => a.fromSeconds - b.fromSeconds,
  )
}

export type Labelled = Pick<Incident, 'name' | 'region' | 'fromSeconds' | 'untilSeconds'>

/** How many lie outside of the range, and in which regions the SLO has nothing. */
export type LeftOut = { outsideRange: number; elsewhere: { region: string; incidents: number }[] }

/** Those of the range and of the SLO's regions, or of none: a file may tell of a whole company. */
export function placed(
  { regions }: Pick<SloPlan, 'regions'>,
  history: History,
  labelled: Labelled[],
  { fromSeconds, toSeconds }: Range,
): { kept: Labelled[]; leftOut: LeftOut } {
  const known = new Set([ALL_REGIONS, ...regions, ...history.regions.keys()])
  const inRange = labelled.filter((one) => overlap(one, { fromSeconds, untilSeconds: toSeconds }))
  const elsewhere = Map.groupBy(
    inRange.filter(({ region }) => !known.has(region)),
    ({ region }) => region,
  )
  return {
    kept: inRange.filter(({ region }) => known.has(region)),
    leftOut: {
      outsideRange: labelled.length - inRange.length,
      elsewhere: [...elsewhere].map(([region, { length }]) => ({ region, incidents: length })),
    },
  }
}

/** Labelled incidents with what the counts say of them. They should have paged whatever they spent. */
export function measured(
  slo: SloPlan,
  history: History,
  incidents: Labelled[],
  { toSeconds }: Range,
): Incident[] {
  return incidents.map((one) => withCounts(slo, history, viewOf(history, one.region), one, toSeconds))
}

function incidentsOf(
  slo: SloPlan,
  history: History,
  region: string,
  range: Range,
  anyBadEvent: boolean,
): Incident[] {
  const view = viewOf(history, region)
  const budget = Number(slo.errorBudget)
  const urgent = (URGENT.budgetShare * slo.period.seconds) / URGENT.seconds
  // An objective with a large budget cannot burn that fast: half of all events is urgent enough.
  const badRatio = anyBadEvent ? 0 : Math.min(Math.max(urgent, 1) * budget, 0.5)
  const { stepSeconds } = history
  // A slice is counted at its end.
  const length = slo.slices?.seconds ?? stepSeconds
  const found: { fromSeconds: number; untilSeconds: number }[] = []
  const first = Math.max(history.startSeconds, range.fromSeconds)
  for (let at = first + stepSeconds; at <= Math.min(history.endSeconds, range.toSeconds); at += stepSeconds) {
    if (view.events(at, stepSeconds).bad === 0) continue
    const recent = view.events(at, LOOK_SECONDS)
    // A look ahead as well: the first bad minutes of an incident are part of it.
    const next = view.events(at + LOOK_SECONDS - stepSeconds, LOOK_SECONDS)
    if (!(recent.bad > badRatio * recent.total) && !(next.bad > badRatio * next.total)) continue
    const current = found.at(-1)
    if (current && at - length - current.untilSeconds <= PAUSE_SECONDS) current.untilSeconds = at
    else found.push({ fromSeconds: at - length, untilSeconds: at })
  }
  return found
    .map((one) => withCounts(slo, history, view, { region, ...one }, range.toSeconds))
    .filter(
      ({ bad, budgetShare = 0 }) =>
        anyBadEvent || (bad >= SHOULD_PAGE.bad && budgetShare >= SHOULD_PAGE.budgetShare),
    )
}

function withCounts(
  slo: SloPlan,
  history: History,
  view: View,
  incident: Pick<Incident, 'name' | 'region' | 'fromSeconds' | 'untilSeconds'>,
  atSeconds: number,
): Incident {
  const { fromSeconds, untilSeconds } = incident
  const { total, bad } = view.events(untilSeconds, untilSeconds - fromSeconds)
  const allowed = allowedBad(slo, history, view, atSeconds)
  return { ...incident, bad, total, ...(!Number.isNaN(allowed) && { budgetShare: bad / allowed }) }
}

export function overlap(
  a: { fromSeconds: number; untilSeconds?: number },
  b: { fromSeconds: number; untilSeconds?: number },
): boolean {
  const { POSITIVE_INFINITY } = Number
  return (
    a.fromSeconds <= (b.untilSeconds ?? POSITIVE_INFINITY) &&
    b.fromSeconds <= (a.untilSeconds ?? POSITIVE_INFINITY)
  )
}
