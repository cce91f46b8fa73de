/** PromQL of other tools → ours: counters without windows, or a share of bad events by slices of five minutes. */
import { parser } from '@prometheus-io/lezer-promql'
import { parseCounterQuery } from '../plan/counter-query.ts'

/** `metric{…}[range]`, with the offset that the selector may have behind it. */
export function rangeOf(selector: string, range: string): string {
  return selector.trim().replace(/(?:\s+offset\s+\w+)?$/i, (offset) => `[${range}]${offset}`)
}

/** Sloth's placeholder for the window of each of its rules. */
const WINDOW = /\{\{\s*\.window\s*\}\}/g
/** What stands in for it when the query is measured by time slices of this length. */
export const SLICE = '5m'

/** The query for one fixed window. */
export function ofSlice(query: string): string {
  return query.trim().replace(WINDOW, SLICE)
}

/**
 * The counters of a query, for rules that add windows of their own: `sum(rate(x[{{.window}}]))` becomes `sum(x)`, and
 * `or vector(0)` goes, as those rules know 0 from nothing. Undefined when it is not made of counters.
 */
export function counters(query: string): string | undefined {
  const text = ofSlice(query)
  const cuts: { from: number; to: number; by: string }[] = []
  parser.parse(text).iterate({
    enter({ node }) {
      if (
        node.name === 'BinaryExpr' &&
        /\bor\s*(on\s*\(\s*\)\s*)?vector\s*\(\s*0\s*\)\s*$/i.test(text.slice(node.from, node.to))
      ) {
        const left = node.firstChild
        if (left) cuts.push({ from: left.to, to: node.to, by: '' })
        return true
      }
      if (node.name !== 'FunctionCall') return true
      const call = text.slice(node.from, node.to)
      const [, counter, offset = ''] =
        /^(?:rate|increase)\s*\(\s*(.*?)\s*\[5m\](\s+offset\s+\w+)?\s*\)$/is.exec(call) ?? []
      if (counter !== undefined && !counter.includes('['))
        cuts.push({ from: node.from, to: node.to, by: counter + offset })
      return false
    },
  })
  let result = text
  for (const { from, to, by } of cuts.toSorted((a, b) => b.from - a.from))
    result = result.slice(0, from) + by + result.slice(to)
  return cuts.some(({ by }) => by !== '') && 'value' in parseCounterQuery(result)
    ? result.replace(/\s+/g, ' ').trim()
    : undefined
}
