/** A policy replayed over history: which of its alerts fired when, and which of them reached people. */
import { alertFirings, type View } from '../plan/firing.ts'
import type { AlertPlan, Plan, SloPlan } from '../plan/types.ts'
import { ALL_REGIONS } from '../service/sources/counter-reader.ts'
import { type Explained, explanations, type Histories } from './explained.ts'
import { evaluationsOf, type History, ruleViewOf } from './history.ts'

/** One objective with its alerts; `intervals` are those of rule groups, seconds; `others` the SLOs it may need. */
export type Policy = {
  name: string
  slo: SloPlan
  intervals: Map<string, number>
  others: ReadonlyMap<string, SloPlan>
}

export type Range = { fromSeconds: number; toSeconds: number }

export type Fired = {
  kind: AlertPlan['kind']
  alert: string
  severity: 'page' | 'ticket'
  region: string
  fromSeconds: number
  /** Absent when it still fires at the end of the range. */
  untilSeconds?: number
  /** When people were told; absent when others muted it for as long as it fired. */
  toldSeconds?: number
  /** When pages of what its SLO needs explained it, so that it was muted. */
  explained?: Explained[]
}

/** About bad events, and not about what cannot be seen or is spent already. */
export function isAboutBadEvents({ kind }: Fired): boolean {
  return kind === 'burn' || kind === 'any-bad-event'
}

export function policyOf(plan: Plan, slo: SloPlan, name: string): Policy {
  return {
    name,
    slo,
    intervals: new Map(plan.groups.map((group) => [group.name, group.intervalSeconds])),
    others: new Map(plan.slos.map((one) => [one.slo, one])),
  }
}

/**
 * Oldest first; those that fired at any time in the range, also when they began before it. `needed` has the histories
 * of the SLOs that may explain its burns.
 */
export function replay(
  policy: Policy,
  history: History,
  range: Range,
  needed: Histories = new Map(),
): Fired[] {
  const { slo, intervals } = policy
  const found = slo.alerts.flatMap((alert) =>
    regionsOf(slo, alert, history).flatMap((region) => {
      const evaluations = evaluationsOf(history, intervals.get(alert.group), range)
      const { kind, alert: name, severity } = alert
      const view = ruleViewOf(history, region)
      const seen = kind === 'exhausted' ? overWholePeriod(slo, history, view) : view
      const firings = alertFirings(slo, alert, seen, evaluations).filter(
        ({ untilSeconds = range.toSeconds }) => untilSeconds >= range.fromSeconds,
      )
      const explained =
        alert.kind === 'burn' ? explanations(policy, alert, region, firings, history, needed, range) : []
      return firings.map((firing): Found => {
        const fired = { kind, alert: name, severity, region, ...firing }
        return { fired, explained: explained.filter((one) => during(one, firing)) }
      })
    }),
  )
  const fired = found.map(({ fired }) => fired)
  return found
    .map((one) => told(one, fired))
    .sort(
      (a, b) =>
        a.fromSeconds - b.fromSeconds || compare(a.severity, b.severity) || compare(a.region, b.region),
    )
}

type Found = { fired: Fired; explained: Explained[] }

function during(
  one: Explained,
  { fromSeconds, untilSeconds = STILL }: Pick<Fired, 'fromSeconds' | 'untilSeconds'>,
) {
  return one.fromSeconds >= fromSeconds && one.untilSeconds <= untilSeconds
}

/**
 * A history is shorter than what the rules of a running Prometheus know. The budget is that of a whole period at the
 * traffic seen, or the first bad hour would exhaust it.
 */
function overWholePeriod({ period }: SloPlan, { startSeconds }: History, view: View): View {
  return {
    ...view,
    events: (seconds, windowSeconds) => {
      const { total, bad } = view.events(seconds, windowSeconds)
      const covered = Math.max(1, Math.min(period.seconds, seconds - startSeconds))
      return { total: (total * period.seconds) / covered, bad }
    },
  }
}

function regionsOf(slo: SloPlan, { kind, scope }: AlertPlan, history: History): string[] {
  if (scope === 'all') return [ALL_REGIONS]
  // Only an expected region can go missing.
  const seen = kind === 'blind' ? [] : [...history.regions.keys()]
  return [...new Set([...slo.regions, ...seen])].sort()
}

const STILL = Number.POSITIVE_INFINITY

/** The first moment at which nothing mutes it. */
function told({ fired: one, explained }: Found, fired: Fired[]): Fired {
  const { untilSeconds = STILL } = one
  const sources = [
    ...fired
      .filter((other) => canMute(other, one))
      .map((source) => ({ ...source, graceSeconds: graceOf(source, one) })),
    ...explained.map((source) => ({ ...source, graceSeconds: 0 })),
  ]
  const result = explained.length > 0 ? { ...one, explained } : one
  let at = one.fromSeconds
  for (;;) {
    const source = sources.find(
      ({ fromSeconds, untilSeconds: end = STILL, graceSeconds }) =>
        fromSeconds <= at + graceSeconds && end > at,
    )
    if (!source) return { ...result, toldSeconds: at }
    at = source.untilSeconds ?? STILL
    if (at >= untilSeconds) return result
  }
}

/**
 * What mutes has to fire before Alertmanager tells, ten seconds after it hears. Rules of one group are evaluated
 * together; when those of another are, within their minute, nobody knows.
 */
function graceOf(source: Fired, target: Fired): number {
  return source.severity === target.severity ? 0 : 60
}

/** The rules of inhibition that the routing has. */
function canMute(source: Fired, target: Fired): boolean {
  const pageOverTicket = source.severity === 'page' && target.severity === 'ticket'
  if (source.region === target.region) return pageOverTicket || burnOverBlind(source, target)
  const regional = source.region !== ALL_REGIONS && target.region === ALL_REGIONS
  return (
    regional && (pageOverTicket || (source.alert === target.alert && source.severity === target.severity))
  )
}

/** A service that is down answers no scrape either. */
function burnOverBlind(source: Fired, target: Fired): boolean {
  return (
    source.kind === 'burn' &&
    source.severity === 'page' &&
    source.region !== ALL_REGIONS &&
    target.kind === 'blind'
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
