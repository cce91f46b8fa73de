/** Counter selectors of the plan: which series they take, and examples of label values that they take. */

export type Labels = Record<string, string>
export type Matcher = { label: string; op: '=' | '!=' | '=~' | '!~'; value: string }
export type Selector = { metric: string; matchers: Matcher[] }

/** Throws on anything but `metric{label="value",…}`. */
export function parseSelector(text: string): Selector {
  const [, metric, body] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?$/.exec(text) ?? []
  if (!metric) throw new Error(`counter selector: saw ${text}, expected metric{label="value"}`)
  const matchers: Matcher[] = []
  let rest = body ?? ''
  while (rest !== '') {
    const [all, label, op, value] = /^\s*(\w+)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*")\s*,?/.exec(rest) ?? []
    if (!all || !label || !op || !value)
      throw new Error(`counter selector: saw ${rest} in ${text}, expected a matcher`)
    matchers.push({ label, op: op as Matcher['op'], value: JSON.parse(value) })
    rest = rest.slice(all.length)
  }
  return { metric, matchers }
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

/** Values that a matcher names; for a regular expression one for each alternative. */
export function examples({ op, value }: Matcher): string[] {
  return op === '=' || op === '!='
    ? [value]
    : alternatives(value).filter((text) => takes({ label: '', op: '=~', value }, text))
}

/** Texts of a regular expression: the alternatives, with one character for `.` and classes, and none for `*` and `?`. */
function alternatives(pattern: string): string[] {
  let at = 0
  const choices = (): string[] => {
    const texts: string[] = []
    let sequence = ['']
    while (at < pattern.length && pattern[at] !== ')') {
      if (pattern[at] === '|') {
        texts.push(...sequence)
        sequence = ['']
        at += 1
        continue
      }
      const atom = one()
      const optional = pattern[at] === '*' || pattern[at] === '?'
      if (optional || pattern[at] === '+') at += 1
      if (!optional) sequence = sequence.flatMap((start) => atom.map((end) => start + end))
    }
    return [...texts, ...sequence]
  }
  const one = (): string[] => {
    const character = pattern[at] ?? ''
    at += 1
    if (character === '(') {
      if (pattern.startsWith('?:', at)) at += 2
      const inner = choices()
      at += 1
      return inner
    }
    if (character === '[') {
      const first = pattern[at] ?? ''
      at = pattern.indexOf(']', at) + 1
      return [first]
    }
    if (character === '\\') {
      at += 1
      return [pattern[at - 1] ?? '']
    }
    return [character === '.' ? '0' : character]
  }
  return choices()
}
