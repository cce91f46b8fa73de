/** What a plan means in practice: detection times, what one failure does, false pages by chance, cost. For people. */
import { DAY, HOUR, MINUTE } from './duration.ts'
import { warning } from './fault.ts'
import type { RuleInput } from './rule.ts'
import { samplesPerMinute } from './rule-cost.ts'
import type {
  AlertPlan,
  BurnAlertPlan,
  BurnPair,
  PlanNumbers,
  PlanWarning,
  RuleGroupPlan,
  SloPlan,
} from './types.ts'

/** Burn rates whose detection is worth knowing, from a slow leak up; a total outage, 1/budget, comes after them. */
const BURNS = [15, 20, 100, 1000]
const HOURS_A_MONTH = 30 * 24

export function planNumbers(
  input: RuleInput,
  groups: RuleGroupPlan[],
  alerts: AlertPlan[],
  eventsPerHour: string | undefined,
): PlanNumbers {
  const burns = burnAlerts(alerts, input.byRegion)
  const budget = Number(input.errorBudget)
  return {
    samplesPerMinute: samplesPerMinute(input, groups),
    historySeconds: historySeconds(input),
    detection: detectionOf(burns, 1 / budget, input.indicator.offsetSeconds),
    ...(eventsPerHour !== undefined && {
      traffic: trafficNumbers(countedPerHour(Number(eventsPerHour), input), budget, burns),
    }),
  }
}

/** In whole days: of the period, or as far back as a gauge is looked at. */
function historySeconds({ periodSeconds, indicator }: RuleInput): number {
  return Math.max(periodSeconds, Math.ceil((indicator.gauge?.furthestSeconds ?? 0) / DAY) * DAY)
}

/** With time slices it is slices that are good or bad: as many as there are, or fewer where most hold no event. */
function countedPerHour(eventsPerHour: number, { slices }: Pick<SloPlan, 'slices'>): number {
  return slices ? Math.min(eventsPerHour, HOUR / slices.seconds) : eventsPerHour
}

type Burns = Pick<BurnAlertPlan, 'severity' | 'forSeconds'> & { pairs: Omit<BurnPair, 'badRatio'>[] }
type Detection = PlanNumbers['detection']

/** Pairs are one object for all SLOs that promise the same: what follows from them is reckoned, and kept, once. */
const detected = new WeakMap<Burns['pairs'], Map<string, Detection>>()

/** `outage`: the burn when everything fails. `offsetSeconds`: how much later than it happens it is counted. */
export function detectionOf(burns: Burns[], outage: number, offsetSeconds = 0): Detection {
  return burns.flatMap((burn) => {
    const known = detected.get(burn.pairs) ?? new Map<string, Detection>()
    const rest = `${burn.severity} ${burn.forSeconds} ${outage} ${offsetSeconds}`
    const detection = known.get(rest) ?? reckonDetection(burn, outage, offsetSeconds)
    detected.set(burn.pairs, known.set(rest, detection))
    return detection
  })
}

function reckonDetection(
  { severity, pairs, forSeconds }: Burns,
  outage: number,
  offsetSeconds: number,
): Detection {
  const later = forSeconds + offsetSeconds
  return pairs.map((pair) => ({
    severity,
    long: pair.long,
    burnRate: pair.burnRate,
    at: [...BURNS.filter((burn) => burn < outage), round(outage)]
      .filter((burn) => burn > Number(pair.burnRate))
      .map((burn) => ({
        burn,
        // The long window reaches its threshold; the short one, a twelfth, is there long before.
        fireSeconds: Math.round((Number(pair.burnRate) * pair.longSeconds) / burn) + later,
        resetSeconds: Math.round(pair.shortSeconds * (1 - Number(pair.burnRate) / burn)) + offsetSeconds,
      })),
  }))
}

/** Those of the finest scope: each region's pages are its own. */
function burnAlerts(alerts: AlertPlan[], byRegion: boolean): BurnAlertPlan[] {
  const scope = byRegion ? 'region' : 'all'
  return alerts.filter((alert): alert is BurnAlertPlan => alert.kind === 'burn' && alert.scope === scope)
}

/** The plan with the traffic that was measured instead of what was stated, and what follows from it. */
export function atMeasuredTraffic(slo: SloPlan, measured: number): SloPlan {
  const eventsPerHour = countedPerHour(measured, slo)
  const burns = burnAlerts(slo.alerts, slo.regions.length > 0)
  const traffic = trafficNumbers(round(eventsPerHour), Number(slo.errorBudget), burns)
  const warnings = slo.warnings.filter(({ code }) => code !== 'PLAN_STARVED')
  const page = burns.find(({ severity }) => severity === 'page')
  return {
    ...slo,
    numbers: { ...slo.numbers, traffic: { ...traffic, measured: true } },
    warnings: [...warnings, ...starved(traffic, page?.pairs ?? [], slo.slices)],
  }
}

/** The evidence gate keeps one failure from paging; that the SLO cannot see small burns remains true. */
export function starved(
  traffic: PlanNumbers['traffic'],
  [shortest]: BurnPair[],
  slices?: SloPlan['slices'],
): PlanWarning[] {
  if (!traffic || !shortest || traffic.oneFailureBurn < Number(shortest.burnRate)) return []
  const [counted, advice] = slices
    ? ['slices', 'take shorter slices, or a longer window']
    : ['events', 'add a probe of one run a minute']
  const text = `at ${traffic.eventsPerHour} ${counted}/h one failure is a burn of ${traffic.oneFailureBurn}, above the threshold ${shortest.burnRate} of the ${shortest.long} pair: ${advice}`
  return [warning('PLAN_STARVED', text)]
}

function trafficNumbers(
  eventsPerHour: number,
  budget: number,
  burns: BurnAlertPlan[],
): NonNullable<PlanNumbers['traffic']> {
  const pages = burns.filter(({ severity }) => severity === 'page')
  const [shortest] = burns[0]?.pairs ?? []
  const hours = (shortest?.longSeconds ?? HOUR) / HOUR
  const falsePages = (errorRatio: number) => {
    const perMonth = pages.map(({ pairs, evidence }) =>
      chancePages(pairs, eventsPerHour, errorRatio, budget, evidence),
    )
    return round(perMonth.reduce((sum, one) => sum + one, 0))
  }
  return {
    eventsPerHour,
    oneFailureBurn: round(1 / (eventsPerHour * hours) / budget),
    falsePagesAtHalfBudget: falsePages(budget / 2),
    falsePagesAtFullBudget: falsePages(budget),
  }
}

/**
 * Expected pages in 30 days of independent failures at `errorRatio`: failures come at random (Poisson), and a page
 * begins when one arrives while its long window holds one less than are needed. Traffic is taken as even and the short
 * window as met, which is right within a factor of two: 60 events/h at 99.9 % simulated 0.08, here 0.09.
 */
export function chancePages(
  pairs: Pick<BurnPair, 'longSeconds' | 'badRatio'>[],
  eventsPerHour: number,
  errorRatio: number,
  budget: number,
  evidence: BurnAlertPlan['evidence'],
): number {
  const reachable = pairs.flatMap(({ longSeconds, badRatio }) => {
    const events = (eventsPerHour * longSeconds) / HOUR
    const needed = failuresNeeded(events, budget, Number(badRatio), evidence)
    return needed === undefined ? [] : [{ events, needed }]
  })
  const failuresPerHour = eventsPerHour * errorRatio
  return (
    reachable
      .filter((one) => !reachable.some((other) => pagesToo(other, one)))
      .reduce(
        (sum, { events, needed }) => sum + failuresPerHour * poisson(needed - 1, events * errorRatio),
        0,
      ) * HOURS_A_MONTH
  )
}

type Reach = { events: number; needed: number }

/** Whatever makes `one` page makes `other` page too: one rule joins them, and it is the same page. */
function pagesToo(other: Reach, one: Reach): boolean {
  return (other.needed === 1 && one.needed > 1) || (other.events > one.events && other.needed <= one.needed)
}

/** Fewest failures among `events` that pass threshold and evidence gate; undefined when not even all of them do. */
function failuresNeeded(
  events: number,
  budget: number,
  badRatio: number,
  { minScore, minBad }: BurnAlertPlan['evidence'],
): number | undefined {
  const passes = (bad: number) => {
    const p = Math.min(bad / events, 1 - 1e-9)
    const score = events * (p * Math.log(p / budget) + (1 - p) * Math.log((1 - p) / (1 - budget)))
    return p > badRatio && p > budget && score > Number(minScore)
  }
  let low = Math.max(1, Math.ceil(Number(minBad)))
  let high = Math.ceil(events)
  if (high < low || !passes(high)) return undefined
  // The score grows with the failures: search by halves.
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (passes(middle)) high = middle
    else low = middle + 1
  }
  return low
}

/** Probability of exactly `count`, by logarithms so that large means do not underflow early. */
function poisson(count: number, mean: number): number {
  if (mean === 0) return count === 0 ? 1 : 0
  let logarithm = count * Math.log(mean) - mean
  for (let factor = 2; factor <= count; factor++) logarithm -= Math.log(factor)
  return Math.exp(logarithm)
}

/** Pages by chance, for people: less than one in eighty years is as good as none, whatever its exponent. */
export function pagesText(pages: number): string {
  return pages > 0 && pages < 0.001 ? 'under 0.001' : String(pages)
}

/** Three significant digits: these numbers are estimates. */
export function round(value: number): number {
  return Number(value.toPrecision(3))
}

/** `2 h 24 min`, `8.6 min`, `52 s`. */
export function spoken(seconds: number): string {
  if (seconds < MINUTE) return `${seconds} s`
  if (seconds < HOUR) return `${Number((seconds / MINUTE).toFixed(1))} min`
  const minutes = Math.round(seconds / MINUTE)
  return `${Math.floor(minutes / 60)} h${minutes % 60 > 0 ? ` ${minutes % 60} min` : ''}`
}
