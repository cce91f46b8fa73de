/** Counter selectors of the plan: which series they take. */
import type { Matcher } from './promql.ts'

export type Labels = Record<string, string>
export type Selector = { metric: string; matchers: Matcher[] }

/** Throws on anything but `metric{label="value",…}`. */
export function parseSelector(text: string): Selector {
  const [, metric, body] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?$/s.exec(text) ?? []
  if (!metric) throw new Error(`counter selector: saw ${text}, expected metric{label="value"}`)
  const matchers: Matcher[] = []
  let rest = body ?? ''
  while (rest !== '') {
    const [all, label, op, value] = /^\s*(\w+)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*")\s*,?/s.exec(rest) ?? []
    if (!all || !label || !op || !value)
      throw new Error(`counter selector: saw ${rest} in ${text}, expected a matcher`)
    matchers.push({ label, op: op as Matcher['op'], value: JSON.parse(value) })
    rest = rest.slice(all.length)
  }
  return { metric, matchers }
}

/** The metric of a counter selector of the plan. */
export function metricOf(selector: string): string {
  return selector.slice(0, selector.indexOf('{'))
}

/** A label that is absent is the empty string, as in Prometheus. */
export function takes({ op, value }: Matcher, seen: string): boolean {
  const same = op === '=' || op === '!=' ? seen === value : new RegExp(`^(?:${value})$`).test(seen)
  return same === (op === '=' || op === '=~')
}

export function selects(selector: Selector, metric: string, labels: Labels): boolean {
  return (
    selector.metric === metric &&
    selector.matchers.every((matcher) => takes(matcher, labels[matcher.label] ?? ''))
  )
}
