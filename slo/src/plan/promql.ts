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

/** Matches a bucket bound however it is written. */
export function bucketBound(bound: number): Matcher {
  const value = boundPattern(bound)
  return value === String(bound) ? { label: 'le', op: '=', value } : { label: 'le', op: '=~', value }
}

/**
 * A pattern of every way in which a positive bound is written: Prometheus 3 turns le="1" into le="1.0" on ingestion, and
 * Go's clients write from a million on, and below 0.0001, what others write in full: le="1e+06".
 */
export function boundPattern(bound: number): string {
  const inFull = Number.isInteger(bound) ? `${BigInt(bound)}(\\.0)?` : escapeRegex(plainDecimal(bound))
  const [digits = '', exponent = '0'] = bound.toExponential().split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 6) return Number.isInteger(bound) ? inFull : String(bound)
  const sign = power < 0 ? '-' : '+'
  const inGo = `${digits}e${sign}${String(Math.abs(power)).padStart(2, '0')}`
  return `${inFull}|${escapeRegex(inGo)}`
}

/** Without exponent, which JavaScript uses below 0.000001. */
function plainDecimal(value: number): string {
  const text = String(value)
  const [, digits = '', power] = /^(.*)e-(\d+)$/.exec(text) ?? []
  if (power === undefined) return text
  return `0.${'0'.repeat(Number(power) - 1)}${digits.replace('.', '')}`
}

/**
 * Sum of expressions that may each be absent: a missing one counts as nothing instead of emptying the sum,
 * and the sum is absent only when all of them are. `or` alone would drop equal label sets, hence the `part` label.
 */
export function sumOfPresent(aggregation: string, parts: string[]): string {
  const marked = parts.map((part, index) => `label_replace(${part}, "part", "${index}", "", "")`)
  return `${aggregation} (${marked.join(' or ')})`
}
