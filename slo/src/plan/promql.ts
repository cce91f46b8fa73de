/** PromQL text: selectors whose values are always quoted, and the few shapes that our rules are made of. */

export type Matcher = { label: string; op: '=' | '!=' | '=~' | '!~'; value: string }

/** `metric{label="value",…}`: values are escaped, so that no value can end its own quotes. */
export function selector(metric: string, matchers: Matcher[]): string {
  return `${metric}{${matchers.map(({ label, op, value }) => `${label}${op}${quote(value)}`).join(',')}}`
}

export function quote(value: string): string {
  if (/^[ !#-[\]-~]*$/.test(value)) return `"${value}"`
  return JSON.stringify(value).replace(/\u007f/g, '\\u007f')
}

/** A matcher of exactly these values: `=` for one, an anchored alternation of escaped texts for several. */
export function oneOf(label: string, values: readonly string[]): Matcher {
  const [only] = values
  return values.length === 1 && only !== undefined
    ? { label, op: '=', value: only }
    : { label, op: '=~', value: values.map(escapeRegex).join('|') }
}

/** Text that matches itself in RE2. */
export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

/**
 * Matches a bucket bound as Prometheus 2 and 3 write it: Prometheus 3 turns le="1" into le="1.0" on ingestion.
 */
export function bucketBound(seconds: number): Matcher {
  return Number.isInteger(seconds)
    ? { label: 'le', op: '=~', value: `${seconds}(\\.0)?` }
    : { label: 'le', op: '=', value: String(seconds) }
}

/**
 * Sum of expressions that may each be absent: a missing one counts as nothing instead of emptying the sum,
 * and the sum is absent only when all of them are. `or` alone would drop equal label sets, hence the `part` label.
 */
export function sumOfPresent(aggregation: string, parts: string[]): string {
  const marked = parts.map((part, index) => `label_replace(${part}, "part", "${index}", "", "")`)
  return `${aggregation} (${marked.join(' or ')})`
}
