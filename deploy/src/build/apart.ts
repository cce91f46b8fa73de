/** Where two long texts differ. */

const SHORT = 160
const AROUND = 30

/** `saw …, expected …`; of texts longer than a line, what is not the same in both, and a little around it. */
export function apart(saw: string, expected: string): string {
  if (Math.max(saw.length, expected.length) <= SHORT) return `saw ${saw}, expected ${expected}`
  const shorter = Math.min(saw.length, expected.length)
  let start = 0
  while (start < shorter && saw[start] === expected[start]) start++
  let end = 0
  while (end < shorter - start && saw.at(-1 - end) === expected.at(-1 - end)) end++
  const from = Math.max(0, start - AROUND)
  const cut = (text: string) => {
    const to = Math.min(text.length, text.length - end + AROUND)
    return `${from > 0 ? '…' : ''}${text.slice(from, to)}${to < text.length ? '…' : ''}`
  }
  return `saw ${cut(saw)}, expected ${cut(expected)}`
}
