/** Which raw series one event increments, found from the indicator's selectors alone. */
import {
  type CounterTerm,
  type Effect,
  type IndicatorPlan,
  type Labels,
  type Matcher,
  parseSelector,
  type Selector,
  selects,
  takes,
} from '@plimsoll/slo/plan'
import { examples } from './examples.ts'

export type Series = { metric: string; labels: Labels }
export type EventSeries = { good: Series[]; bad: Series[] }

/**
 * The series of one good and of one bad event. SLOs share series: of the ways in which an event can be good, the
 * fullest is taken that any SLO of `neighbours` knows, so that a request that is answered is also fast.
 */
export function eventSeries(indicator: IndicatorPlan, neighbours: IndicatorPlan[]): EventSeries {
  const { good, bad } = ownEventSeries(indicator)
  let fullest = good
  for (const neighbour of neighbours) {
    const known = neighbour.total.length > 0 ? ownEventSeries(neighbour).good : []
    if (known.length > fullest.length && isGood(effectOf(termsOf(indicator), known))) fullest = known
  }
  return { good: fullest, bad }
}

/** Counter terms with their selectors parsed. */
type Terms = { total: Term[]; bad: Term[] }
type Term = { sign: 1 | -1; selector: Selector }

/** Each SLO of a service asks for those of all others. */
const own = new WeakMap<IndicatorPlan, EventSeries>()
const terms = new WeakMap<IndicatorPlan, Terms>()

function ownEventSeries(indicator: IndicatorPlan): EventSeries {
  return remembered(own, indicator, findEventSeries)
}

function termsOf(indicator: IndicatorPlan): Terms {
  return remembered(terms, indicator, ({ total, bad }) => ({
    total: total.map(parsed),
    bad: bad.map(parsed),
  }))
}

function remembered<Value>(
  known: WeakMap<IndicatorPlan, Value>,
  indicator: IndicatorPlan,
  find: (indicator: IndicatorPlan) => Value,
): Value {
  const value = known.get(indicator) ?? find(indicator)
  known.set(indicator, value)
  return value
}

function parsed({ sign, selector }: CounterTerm): Term {
  return { sign, selector: parseSelector(selector) }
}

/**
 * At most two series each: a fast request increments its histogram's count and a bucket, a slow one only the count.
 * Throws when no two series make such an event.
 */
function findEventSeries(indicator: IndicatorPlan): EventSeries {
  const counters = termsOf(indicator)
  const single = candidates(counters).map((one) => ({ series: [one], effect: effectOf(counters, [one]) }))
  const find = (wanted: (effect: Effect) => boolean) => {
    const alone = single.find(({ effect }) => wanted(effect))
    if (alone) return alone.series
    for (const [index, one] of single.entries()) {
      const other = single.find(({ effect }, place) => place > index && wanted(added(one.effect, effect)))
      if (other) return [...one.series, ...other.series]
    }
    return undefined
  }
  const [good, bad] = [find(isGood), find(isBad)]
  if (!good || !bad) {
    const texts = [...indicator.total, ...indicator.bad].map(({ selector }) => selector).join(', ')
    throw new Error(
      `alert tests: no series make a good and a bad event of ${texts}; expected some events to be good and some bad`,
    )
  }
  return { good, bad }
}

const isGood = ({ total, bad }: Effect) => total === 1 && bad === 0
const isBad = ({ total, bad }: Effect) => total === 1 && bad === 1

function added(a: Effect, b: Effect): Effect {
  return { total: a.total + b.total, bad: a.bad + b.bad }
}

/** What an event that increments each of these series by one adds to the SLO's counts. */
function effectOf({ total, bad }: Terms, series: Series[]): Effect {
  return { total: sum(total, series), bad: sum(bad, series) }
}

function sum(counters: Term[], series: Series[]): number {
  let total = 0
  for (const { sign, selector } of counters)
    for (const { metric, labels } of series) if (selects(selector, metric, labels)) total += sign
  return total
}

/** A series that one selector takes. */
export function seriesTaking(selector: string): Series | undefined {
  const only = { total: [parsed({ sign: 1, selector })], bad: [] }
  return candidates(only).find((series) => sum(only.total, [series]) === 1)
}

/** One series for each way in which the indicator's matchers can tell series of a metric apart. */
function candidates({ total, bad }: Terms): Series[] {
  const selectors = [...total, ...bad].map(({ selector }) => selector)
  return [...new Set(selectors.map(({ metric }) => metric))].flatMap((metric) => {
    const matchers = selectors.filter((one) => one.metric === metric).flatMap((one) => one.matchers)
    const labels = [...new Set(matchers.map(({ label }) => label))]
    return labels
      .reduce<Labels[]>(
        (series, label) => {
          const values = distinctValues(matchers.filter((matcher) => matcher.label === label))
          return series.flatMap((one) =>
            values.map((value) => (value === '' ? one : { ...one, [label]: value })),
          )
        },
        [{}],
      )
      .map((labels) => ({ metric, labels }))
  })
}

/** "200" passes as an unsuspicious value of any label; the empty value is the absent label. */
function distinctValues(matchers: Matcher[]): string[] {
  const byAnswer = new Map<string, string>()
  for (const value of ['200', '', ...matchers.flatMap(examples)]) {
    const answer = matchers.map((matcher) => takes(matcher, value)).join()
    if (!byAnswer.has(answer)) byAnswer.set(answer, value)
  }
  return [...byAnswer.values()]
}
