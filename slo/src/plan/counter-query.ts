/**
 * PromQL in specs: a counter selector, or sums and differences of them. Anything else is refused with the reason,
 * because an increase over a window means nothing for it. Windows and regions are added by the rules.
 */
import { createRequire } from 'node:module'
import { parseOffset, tooLate } from './offset.ts'
import { boundPattern, type Matcher, selector } from './promql.ts'
import type { CounterTerm } from './types.ts'

/** Loaded when first needed: most specs have nothing but plain selectors. */
const require = createRequire(import.meta.url)
const grammar = () => require('@prometheus-io/lezer-promql') as typeof import('@prometheus-io/lezer-promql')

type Node = ReturnType<ReturnType<typeof grammar>['parser']['parse']>['topNode']
export type Parsed<T> = { value: T } | { refused: string }

/** The counters of a query; selectors are printed anew, so that what reaches a rule has been understood. */
export function parseCounterQuery(query: string): Parsed<CounterTerm[]> {
  const plain = plainSelector(query)
  return plain === undefined ? parseSum(query) : { value: [{ sign: 1, selector: plain }] }
}

const MATCHER = /([A-Za-z_]\w*)(=~|!~|!=|=)"([^"\\\n]*)"/
const PLAIN = new RegExp(`^([A-Za-z_:][\\w:]*)\\{(${MATCHER.source}(?:,\\s*${MATCHER.source})*)\\}$`)
const MATCHERS = new RegExp(MATCHER, 'g')

/** One selector with nothing to unescape, as most queries are: the grammar takes twenty times as long to say the same. */
function plainSelector(query: string): string | undefined {
  const [, metric, body] = PLAIN.exec(query.trim()) ?? []
  if (metric === undefined || body === undefined) return undefined
  const matchers: Matcher[] = []
  for (const [, label = '', op, value = ''] of body.matchAll(MATCHERS)) {
    if (label === '__name__') return undefined
    matchers.push(portable({ label, op: op as Matcher['op'], value }))
  }
  return selector(metric, matchers)
}

/** The same for any query, by the grammar. */
export function parseSum(query: string): Parsed<CounterTerm[]> {
  const expression = parse(query)
  if ('refused' in expression) return expression
  try {
    const value = terms(expression.value, { query, offsets: offsetsIn(expression.value, query) }, 1)
    const again = value.find(
      ({ selector }, index) => value.findIndex((one) => one.selector === selector) < index,
    )
    return again ? { refused: `${again.selector} twice; each event counts once` } : { value }
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.message }
    throw error
  }
}

/** A gauge as it was written. `offsetSeconds`: what all of it is read later by; `furthestSeconds`: what some of it is. */
export type GaugeQuery = { query: string; offsetSeconds: number; furthestSeconds: number }

/** A query that Prometheus can parse, for gauges: printed as it was written. */
export function parseGaugeQuery(query: string): Parsed<GaugeQuery> {
  const expression = parse(query)
  if ('refused' in expression) return expression
  const { value } = expression
  if (value.name === 'MatrixSelector' || value.name === 'StringLiteral')
    return { refused: `${query} is no instant vector` }
  try {
    const offsets = [...eachOffset(value, offsetsIn(value, query))]
    const offsetSeconds = offsets.length === 0 ? 0 : Math.min(...offsets)
    const late = tooLate(offsetSeconds)
    if (late !== undefined) return { refused: late }
    return { value: { query: query.trim(), offsetSeconds, furthestSeconds: Math.max(0, ...offsets) } }
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.message }
    throw error
  }
}

class Refusal extends Error {}

/** Of each selector how much earlier it is read, subqueries around it included. */
function* eachOffset(node: Node, offsets: Offsets, around = 0): Generator<number> {
  const offset = around + (OFFSET_OF.includes(node.name) ? (offsets.get(node.to) ?? 0) : 0)
  if (node.name === 'VectorSelector') yield offset
  else for (const child of children(node)) yield* eachOffset(child, offsets, offset)
}

/** Seconds by where the selector ends that they belong to. */
type Offsets = Map<number, number>
const OFFSET_OF = ['VectorSelector', 'MatrixSelector', 'SubqueryExpr']

/**
 * The offsets of a query. An offset belongs to the selector right before it; the grammar lets it follow anything, and
 * takes all of `a - b` for what it follows in `a - b offset 5m`.
 */
function offsetsIn(expression: Node, query: string): Offsets {
  const offsets: Offsets = new Map()
  const visit = (node: Node) => {
    if (node.name === 'StepInvariantExpr')
      throw new Refusal('@, a fixed time; rules read what happens as time goes on')
    for (const child of children(node)) visit(child)
    if (node.name !== 'OffsetExpr') return
    const operand = node.firstChild
    let before = operand
    while (before?.name === 'BinaryExpr' || before?.name === 'UnaryExpr') before = before.lastChild
    if (!operand || !before || !OFFSET_OF.includes(before.name)) {
      const written = query.slice(operand?.to ?? node.from, node.to).trim()
      throw new Refusal(`${written} after ${text(before ?? node, query)}; an offset follows a selector`)
    }
    const duration = node.getChild('OffsetDurationExpr')
    const offset = parseOffset(duration ? text(duration, query) : '')
    if ('refused' in offset) throw new Refusal(offset.refused)
    offsets.set(before.to, offset.value)
  }
  visit(expression)
  return offsets
}

function parse(query: string): Parsed<Node> {
  const tree = grammar().parser.parse(query)
  let broken: number | undefined
  let comment = false
  tree.iterate({
    enter(node) {
      if (node.type.isError) broken ??= node.from
      // A # inside of a label's value is none.
      if (node.name === 'LineComment') comment = true
    },
  })
  const expression = tree.topNode.firstChild
  if (broken !== undefined || !expression) return { refused: `no PromQL at character ${(broken ?? 0) + 1}` }
  if (comment) return { refused: 'a comment, which would swallow what is put after it' }
  return { value: expression }
}

function terms(node: Node, read: { query: string; offsets: Offsets }, sign: 1 | -1): CounterTerm[] {
  const { query, offsets } = read
  switch (node.name) {
    case 'VectorSelector': {
      const offsetSeconds = offsets.get(node.to) ?? 0
      const late = tooLate(offsetSeconds)
      if (late !== undefined) throw new Refusal(late)
      return [{ sign, selector: counter(node, query), ...(offsetSeconds > 0 && { offsetSeconds }) }]
    }
    case 'ParenExpr':
    case 'OffsetExpr':
      return terms(children(node)[0] ?? node, read, sign)
    case 'UnaryExpr': {
      const [operator, operand] = children(node)
      const negative = operator && text(operator, query) === '-'
      return terms(operand ?? node, read, negative ? opposite(sign) : sign)
    }
    case 'BinaryExpr': {
      const [left, operator, right, ...more] = children(node)
      if (!left || !operator || !right || more.length > 0)
        throw new Refusal('vector matching (on, ignoring, bool)')
      if (operator.name !== 'Add' && operator.name !== 'Sub') {
        throw new Refusal(`the operator ${text(operator, query)}; only + and - keep a counter a counter`)
      }
      return [
        ...terms(left, read, sign),
        ...terms(right, read, operator.name === 'Sub' ? opposite(sign) : sign),
      ]
    }
    case 'AggregateExpr': {
      const operator = node.getChild('AggregateOp')
      const body = node.getChild('FunctionCallBody')
      const inner = body && children(body)
      if (!operator || text(operator, query) !== 'sum' || inner?.length !== 1 || !inner[0]) {
        throw new Refusal(`${text(operator ?? node, query)}(); only sum() keeps a counter a counter`)
      }
      return terms(inner[0], read, sign)
    }
    case 'FunctionCall':
      throw new Refusal(
        `${text(node.firstChild ?? node, query)}(); write the counter itself, the rules add windows`,
      )
    case 'MatrixSelector':
      throw new Refusal('a range; write the counter itself, the rules add windows')
    default:
      throw new Refusal(`${text(node, query)}, which is no counter`)
  }
}

function counter(node: Node, query: string): string {
  const identifier = node.getChild('Identifier')
  let metric = identifier ? text(identifier, query) : undefined
  const matchers: Matcher[] = []
  for (const one of children(node.getChild('LabelMatchers'))) {
    const [label, operator, value] = children(one)
    if (one.name !== 'UnquotedLabelMatcher' || !label || !operator || !value) {
      throw new Refusal(`the matcher ${text(one, query)}; label names cannot be quoted`)
    }
    const matcher: Matcher = {
      label: text(label, query),
      op: text(operator, query) as Matcher['op'],
      value: unquote(text(value, query)),
    }
    if (matcher.label !== '__name__') matchers.push(portable(matcher))
    else if (matcher.op === '=') metric = matcher.value
    else throw new Refusal('several metrics at once (__name__ with a pattern); name each and add them')
  }
  if (metric === undefined) throw new Refusal(`${text(node, query)} without the name of a metric`)
  if (!/^[A-Za-z_:][A-Za-z0-9_:]*$/.test(metric)) throw new Refusal(`the metric name ${metric}`)
  return selector(metric, matchers)
}

const IS_EXACT = { '=': true, '!=': true, '=~': false, '!~': false }

/** Bucket bounds are numbers that are written in several ways: each that is named is matched in all of them. */
function portable({ label, op, value }: Matcher): Matcher {
  if (label !== 'le') return { label, op, value }
  const written = IS_EXACT[op] ? [value] : value.split('|').map((one) => one.replace('\\.', '.'))
  const patterns = written.map((one) =>
    /^\d+(\.\d*)?(e[+-]?\d+)?$/.test(one) ? boundPattern(Number(one)) : one,
  )
  if (patterns.every((pattern, index) => pattern === written[index])) return { label, op, value }
  return { label, op: op === '=' || op === '=~' ? '=~' : '!~', value: patterns.join('|') }
}

function children(node: Node | null): Node[] {
  const found: Node[] = []
  for (let child = node?.firstChild ?? null; child; child = child.nextSibling) found.push(child)
  return found
}

function text(node: Node, query: string): string {
  return query.slice(node.from, node.to)
}

function opposite(sign: 1 | -1): 1 | -1 {
  return sign === 1 ? -1 : 1
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' }

/** PromQL's string literals are Go's; only backquotes have no escapes. */
function unquote(literal: string): string {
  const inner = literal.slice(1, -1)
  if (literal.startsWith('`')) return inner
  return inner.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([0-7]{3})|(.))/g,
    (_, hex, unicode, octal, single) => {
      if (hex ?? unicode) return String.fromCharCode(Number.parseInt(hex ?? unicode, 16))
      if (octal) return String.fromCharCode(Number.parseInt(octal, 8))
      return ESCAPES[single] ?? single
    },
  )
}
