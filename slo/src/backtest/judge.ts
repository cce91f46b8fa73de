/** How well a policy did: its pages held against the incidents that should have paged. */
import { ALL_REGIONS } from '../service/sources/counter-reader.ts'
import { type Incident, overlap } from './incidents.ts'
import { type Fired, isAboutBadEvents, type Range } from './replay.ts'

export type Outcome = {
  incident: Incident
  /**
   * What people got first; a page already firing when the incident began counts from its start. `explained` is a page
   * that was muted, because the page of what the SLO needs had told them.
   */
  got: 'page' | 'explained' | 'ticket' | 'nothing'
  /** From the first bad events to its own page or ticket, seconds. */
  delaySeconds?: number
  explainedBy?: string[]
}

export type Judgement = {
  /** Pages about bad events that reached people; `right` met an incident. No ratio without pages. */
  pages: { right: number; of: number; precision?: number }
  /** Incidents; `paged` had a page, their own or that of what explains them. No ratio without incidents. */
  incidents: { paged: number; of: number; recall?: number }
  /** Of the incidents that had a page of their own. */
  delay?: { medianSeconds: number; worstSeconds: number }
  outcomes: Outcome[]
}

/** A page comes at an evaluation, so an incident may be over for a moment. */
const LATE_SECONDS = 120

/** Pages that began before the range are not judged: the incident that they are about may lie before it too. */
export function judge(fired: Fired[], incidents: Incident[], range: Range): Judgement {
  const burns = fired.filter(isAboutBadEvents)
  const pages = burns.filter(
    ({ severity, fromSeconds, toldSeconds }) =>
      severity === 'page' && toldSeconds !== undefined && fromSeconds >= range.fromSeconds,
  )
  const outcomes = incidents.map((incident) => outcomeOf(incident, burns))
  const paged = outcomes.filter(({ got }) => got === 'page' || got === 'explained')
  const right = pages.filter((page) => incidents.some((incident) => isAbout(page, incident))).length
  const delays = paged.flatMap(({ delaySeconds }) => delaySeconds ?? []).sort((a, b) => a - b)
  const [median, worst] = [delays[Math.floor((delays.length - 1) / 2)], delays.at(-1)]
  return {
    pages: { right, of: pages.length, ...(pages.length > 0 && { precision: right / pages.length }) },
    incidents: {
      paged: paged.length,
      of: incidents.length,
      ...(incidents.length > 0 && { recall: paged.length / incidents.length }),
    },
    ...(median !== undefined &&
      worst !== undefined && { delay: { medianSeconds: median, worstSeconds: worst } }),
    outcomes,
  }
}

function outcomeOf(incident: Incident, burns: Fired[]): Outcome {
  for (const severity of ['page', 'ticket'] as const) {
    const about = burns.filter((one) => one.severity === severity && isAbout(one, incident))
    if (about.length === 0) continue
    const fired = Math.min(...about.map(({ fromSeconds }) => fromSeconds))
    const told = Math.min(...about.map(({ toldSeconds = Number.POSITIVE_INFINITY }) => toldSeconds))
    const explainedBy = [...new Set(about.flatMap(explainersOf))].sort()
    // Muted at first, also when it was told later on, because it outlasted what explained it.
    if (told > fired && explainedBy.length > 0) return { incident, got: 'explained', explainedBy }
    // A ticket that a page mutes is one about something else.
    const first = Number.isFinite(told) ? told : fired
    return { incident, got: severity, delaySeconds: Math.max(0, first - incident.fromSeconds) }
  }
  return { incident, got: 'nothing' }
}

/** SLOs whose pages explained it. */
export function explainersOf({ explained = [] }: Fired): string[] {
  return [...new Set(explained.flatMap(({ by }) => by))]
}

/** At the same time, and in the same place as far as both name one. */
export function isAbout(fired: Fired, incident: Incident): boolean {
  const regions = [fired.region, incident.region]
  const samePlace = fired.region === incident.region || regions.includes(ALL_REGIONS)
  return samePlace && overlap(fired, { ...incident, untilSeconds: incident.untilSeconds + LATE_SECONDS })
}
