/** What the alerts of a composite mean in practice, from the numbers of its parts. For people. */
import { EVIDENCE } from './alerting.ts'
import type { Part } from './composite.ts'
import { HOUR } from './duration.ts'
import { chancePages, detectionOf, round } from './numbers.ts'
import { groupSamplesPerMinute } from './rule-cost.ts'
import type { CompositeBurnPlan, CompositeNumbers, CompositePlan, RuleGroupPlan } from './types.ts'

type Alerting = Pick<CompositePlan, 'alerts' | 'windows' | 'highestBurnRate'>

export function compositeNumbers(
  parts: Part[],
  groups: RuleGroupPlan[],
  alerting: Alerting,
): CompositeNumbers {
  const traffic = compositeTraffic(parts, alerting)
  const offsetSeconds = Math.max(...parts.map(({ slo }) => slo.indicator.offsetSeconds ?? 0))
  return {
    samplesPerMinute: groups.reduce((sum, group) => sum + groupSamplesPerMinute(group), 0),
    detection: detectionOf(burnsOf(alerting), Number(alerting.highestBurnRate), offsetSeconds),
    ...(traffic && { traffic }),
  }
}

/** Undefined unless the traffic of every part is known. */
export function compositeTraffic(parts: Part[], alerting: Alerting): CompositeNumbers['traffic'] {
  const known = parts.flatMap((part) => {
    const { traffic } = part.slo.numbers
    return traffic ? [{ part, eventsPerHour: traffic.eventsPerHour }] : []
  })
  const burns = burnsOf(alerting)
  const [shortest] = burns[0]?.pairs ?? []
  if (known.length < parts.length || !shortest) return undefined
  const evidence = alerting.windows.some(({ evidentBurnRate }) => evidentBurnRate)
    ? EVIDENCE.on
    : EVIDENCE.off
  const pages = burns.filter(({ severity }) => severity === 'page').flatMap(({ pairs }) => pairs)
  /** Pages that failures of one part alone bring about: those of several by chance at once are far rarer. */
  const falsePages = (share: number) => {
    const perMonth = known.map(({ part: { slo, weight, divisor, evenRatio }, eventsPerHour }) => {
      const pairs = pages.map(({ longSeconds, burnRate }) => {
        const badRatio = String((Number(burnRate) * Number(divisor)) / Number(weight))
        return { longSeconds, badRatio }
      })
      const errors = share * Number(slo.errorBudget)
      return chancePages(pairs, eventsPerHour, errors, Number(evenRatio), evidence)
    })
    return round(perMonth.reduce((sum, one) => sum + one, 0))
  }
  return {
    oneFailureBurns: known.map(({ part: { slo, weight, divisor }, eventsPerHour }) => {
      const events = (eventsPerHour * shortest.longSeconds) / HOUR
      return { slo: slo.slo, burn: round(Number(weight) / Number(divisor) / events) }
    }),
    falsePagesAtHalfBudget: falsePages(0.5),
    falsePagesAtFullBudget: falsePages(1),
  }
}

function burnsOf({ alerts }: Alerting): CompositeBurnPlan[] {
  return alerts.filter((alert): alert is CompositeBurnPlan => alert.kind === 'burn')
}
