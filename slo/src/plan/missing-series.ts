/**
 * What a running Prometheus does not have of what an SLO counts. A plan is right on paper with a label that nobody
 * sets: it would see nothing, or call everything bad.
 */
import { warning } from './fault.ts'
import type { CounterTerm, IndicatorPlan, PlanWarning } from './types.ts'

/** What a selector counts. Nothing may ever have failed, so of bad events only a label that nobody sets is odd. */
export type CountedAs = 'total' | 'good' | 'bad'
export type CountedSelector = { selector: string; as: CountedAs; offsetSeconds?: number }

/**
 * A selector without series. `unmet` is the one matcher that is in the way, with the values its label has on series that
 * pass all others ('' where it is not there); absent when there is no such series.
 */
export type MissingSeries = CountedSelector & {
  metric: string
  /** Whether there is any series of the metric at all. */
  metricSeen: boolean
  unmet?: { label: string; matcher: string; values: string[] }
}

/** Selectors that the SLO cannot do without. A part that is taken off a total may well never occur. */
export function selectorsNeeded({ total, bad, gauge }: IndicatorPlan): CountedSelector[] {
  if (gauge) return []
  const totals = total.filter(({ sign }) => sign > 0)
  const counted = (as: CountedAs, terms: CounterTerm[]): CountedSelector[] => {
    const once = new Map(terms.map(({ sign: _, ...read }) => [read.selector, read]))
    return [...once.values()].map((read) => ({ ...read, as }))
  }
  const others = bad.filter(({ selector }) => !total.some((one) => one.selector === selector))
  const of = (wanted: number) => others.filter(({ sign }) => sign === wanted)
  return [...counted('total', totals), ...counted('good', of(-1)), ...counted('bad', of(1))]
}

const AMOUNTS_TO: Record<CountedAs, string> = {
  total: 'nothing would be counted, and SLOBlind would fire',
  good: 'every event would count as bad',
  bad: 'no failure would be seen',
}

/** Without a total there is nothing else to say. */
export function missingWarnings(all: MissingSeries[]): PlanWarning[] {
  const totals = all.filter((one) => one.as === 'total')
  return (totals.length > 0 ? totals : all).flatMap((one) => missingWarning(one) ?? [])
}

/** Undefined where the absence says nothing. */
function missingWarning(missing: MissingSeries): PlanWarning | undefined {
  const { as, metric, selector, metricSeen, unmet } = missing
  const unset = unmet?.values.every((value) => value === '') ?? false
  if (as === 'bad' && !unset) return undefined
  const then = `: ${AMOUNTS_TO[as]}`
  if (!metricSeen) return warning('PLAN_SERIES_MISSING', `Prometheus has no series of ${metric}${then}`)
  if (!unmet) return warning('PLAN_SERIES_MISSING', `no series matches ${selector}${then}`)
  const { label, matcher } = unmet
  if (unset)
    return warning('PLAN_LABEL_MISSING', `no series of ${metric} that counts has a label ${label}${then}`)
  const values = listed(unmet.values)
  if (label === 'le')
    return warning(
      'PLAN_BUCKET_MISSING',
      `${metric} has no bucket ${matcher}, its bounds are ${values}${then}`,
    )
  return warning(
    'PLAN_SERIES_MISSING',
    `no series of ${metric} has ${matcher}, those there have ${values}${then}`,
  )
}

/** As many as a line bears. */
const MOST_VALUES = 12

function listed(values: string[]): string {
  const shown = [...values].sort(byNumber).slice(0, MOST_VALUES)
  const more = values.length - shown.length
  return `${shown.map((value) => (value === '' ? 'none' : value)).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function byNumber(a: string, b: string): number {
  const difference = numberOf(a) - numberOf(b)
  return Number.isNaN(difference) || difference === 0 ? (a < b ? -1 : 1) : difference
}

function numberOf(text: string): number {
  return text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text)
}
