/** Texts that a matcher of a counter selector takes. */
import { type Matcher, takes } from '@plimsoll/slo/plan'

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
