/** A policy replayed over history: which of its alerts fired when, and which of them reached people. */
import { alertFirings, type View } from '../plan/firing.ts'
import type { AlertPlan, Plan, SloPlan } from '../plan/types.ts'
import { ALL_REGIONS } from '../service/sources/counter-reader.ts'
import { type History, ruleViewOf } from './history.ts'

/** One objective with its alerts; `intervals` are those of its rule groups, seconds. */
export type Policy = { name: string; slo: SloPlan; intervals: Map<string, number> }

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
  }
}

/** Oldest first; those that fired at any time in the range, also when they began before it. */
export function replay({ slo, intervals }: Policy, history: History, range: Range): Fired[] {
  const fired = slo.alerts.flatMap((alert) =>
    regionsOf(slo, alert, history).flatMap((region) => {
      const stepSeconds = intervals.get(alert.group) ?? history.stepSeconds
      const evaluations = {
        startSeconds: Math.ceil(history.startSeconds / stepSeconds) * stepSeconds,
        stepSeconds,
        endSeconds: range.toSeconds,
      }
      const { kind, alert: name, severity } = alert
      const view = ruleViewOf(history, region)
      const seen = kind === 'exhausted' ? overWholePeriod(slo, history, view) : view
      return alertFirings(slo, alert, seen, evaluations)
        .filter(({ untilSeconds = range.toSeconds }) => untilSeconds >= range.fromSeconds)
        .map((firing): Fired => ({ kind, alert: name, severity, region, ...firing }))
    }),
  )
  return fired
    .map((one) => told(one, fired))
    .sort(
      (a, b) =>
        a.fromSeconds - b.fromSeconds || compare(a.severity, b.severity) || compare(a.region, b.region),
    )
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

/** Alertmanager waits a little before it tells, so what fires within the same minute mutes from the start. */
const GRACE_SECONDS = 60
const STILL = Number.POSITIVE_INFINITY

/** The first moment at which nothing mutes it. */
function told(one: Fired, fired: Fired[]): Fired {
  const { untilSeconds = STILL } = one
  const sources = fired.filter((other) => canMute(other, one))
  let at = one.fromSeconds
  for (;;) {
    const source = sources.find(
      ({ fromSeconds, untilSeconds: end = STILL }) => fromSeconds <= at + GRACE_SECONDS && end > at,
    )
    if (!source) return { ...one, toldSeconds: at }
    at = source.untilSeconds ?? STILL
    if (at >= untilSeconds) return one
  }
}

/** The rules of inhibition that the routing has. */
function canMute(source: Fired, target: Fired): boolean {
  const pageOverTicket = source.severity === 'page' && target.severity === 'ticket'
  if (source.region === target.region) return pageOverTicket
  const regional = source.region !== ALL_REGIONS && target.region === ALL_REGIONS
  return (
    regional && (pageOverTicket || (source.alert === target.alert && source.severity === target.severity))
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
