/** Which raw series one event increments, found from the indicator's selectors alone. */
import {
  type CounterTerm,
  type Effect,
  type IndicatorPlan,
  type Labels,
  type Matcher,
  parseSelector,
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
  const isGood = (series: Series[]) => {
    const effect = effectOf(indicator, series)
    return effect.total === 1 && effect.bad === 0
  }
  const known = neighbours.map((neighbour) => ownEventSeries(neighbour).good).filter(isGood)
  return {
    good: known.reduce((fullest, series) => (series.length > fullest.length ? series : fullest), good),
    bad,
  }
}

/**
 * At most two series each: a fast request increments its histogram's count and a bucket, a slow one only the count.
 * Throws when no two series make such an event.
 */
function ownEventSeries(indicator: IndicatorPlan): EventSeries {
  const single = candidates(indicator)
  const pairs = single.flatMap((one, index) => single.slice(index + 1).map((other) => [one, other]))
  const sets = [...single.map((one) => [one]), ...pairs]
  const find = (bad: number) =>
    sets.find((series) => {
      const effect = effectOf(indicator, series)
      return effect.total === 1 && effect.bad === bad
    })
  const [good, bad] = [find(0), find(1)]
  if (!good || !bad) {
    const terms = [...indicator.total, ...indicator.bad].map(({ selector }) => selector).join(', ')
    throw new Error(
      `alert tests: no series make a good and a bad event of ${terms}; expected some events to be good and some bad`,
    )
  }
  return { good, bad }
}

/** What an event that increments each of these series by one adds to the SLO's counts. */
function effectOf({ total, bad }: IndicatorPlan, series: Series[]): Effect {
  return { total: sum(total, series), bad: sum(bad, series) }
}

function sum(terms: CounterTerm[], series: Series[]): number {
  const signs = terms.flatMap(({ sign, selector }) => {
    const parsed = parseSelector(selector)
    return series.filter(({ metric, labels }) => selects(parsed, metric, labels)).map(() => sign)
  })
  return signs.reduce<number>((total, sign) => total + sign, 0)
}

/** A series that one selector takes. */
export function seriesTaking(selector: string): Series | undefined {
  const only: CounterTerm[] = [{ sign: 1, selector }]
  return candidates({ total: only, bad: [] }).find((series) => sum(only, [series]) === 1)
}

/** One series for each way in which the indicator's matchers can tell series of a metric apart. */
function candidates({ total, bad }: Pick<IndicatorPlan, 'total' | 'bad'>): Series[] {
  const selectors = [...total, ...bad].map(({ selector }) => parseSelector(selector))
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
