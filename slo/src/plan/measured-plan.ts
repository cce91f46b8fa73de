/** A plan beside what a Prometheus says: its traffic, how long it keeps history, and what series it lacks. */
import { compositeAtTraffic } from './composite.ts'
import { DAY } from './duration.ts'
import { warning } from './fault.ts'
import { type MissingSeries, missingWarnings } from './missing-series.ts'
import { atMeasuredTraffic } from './numbers.ts'
import type { Plan, PlanWarning, SloPlan } from './types.ts'

export type Measurements = {
  /** Valid events per hour by SLO; one that was not measured keeps what its spec states. */
  eventsPerHour?: Map<string, number>
  retentionSeconds?: number
  /** Series of an SLO that it does not have. */
  missing?: Map<string, MissingSeries[]>
}

export function measuredPlan(plan: Plan, { eventsPerHour, retentionSeconds, missing }: Measurements): Plan {
  const slos = plan.slos.map((slo) => {
    const events = eventsPerHour?.get(slo.slo)
    // No events is no traffic to reckon with, and no failure could be seen.
    const measured = events === undefined || events === 0 ? slo : atMeasuredTraffic(slo, events)
    const absent = missingWarnings(missing?.get(slo.slo) ?? [])
    return { ...measured, warnings: [...measured.warnings, ...tooShort(slo, retentionSeconds), ...absent] }
  })
  const byId = new Map(slos.map((slo) => [slo.slo, slo]))
  const composites = plan.composites?.map((composite) => compositeAtTraffic(composite, byId))
  return { ...plan, slos, ...(composites && { composites }) }
}

/** A day more than the longest window: sums are carried over outages of a day. */
function tooShort({ numbers, period }: SloPlan, retentionSeconds: number | undefined): PlanWarning[] {
  const needed = numbers.historySeconds + DAY
  if (retentionSeconds === undefined || retentionSeconds >= needed) return []
  const kept = Number((retentionSeconds / DAY).toFixed(1))
  const text = `the rules of ${period.name} need ${needed / DAY} days of history, and Prometheus keeps ${kept}: the period is never whole`
  return [warning('PLAN_RETENTION', text)]
}
