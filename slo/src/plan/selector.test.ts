import { describe, expect, test } from 'vitest'
import { parseSelector, selects } from './selector.ts'

describe('selectors', () => {
  test('match as in Prometheus: anchored, and an absent label is empty', () => {
    const selector = parseSelector('m{a="x",b!="y",c=~"1|2.",d!~"z"}')
    expect(selects(selector, 'm', { a: 'x', c: '25' })).toBe(true)
    expect(selects(selector, 'm', { a: 'x', c: '125' })).toBe(false)
    expect(selects(selector, 'm', { a: 'x', b: 'y', c: '1' })).toBe(false)
    expect(selects(selector, 'other', { a: 'x', c: '1' })).toBe(false)
  })
  test('values are unescaped: a quote or a comma ends nothing', () => {
    expect(parseSelector('m{a="say \\"hi\\", you}"}').matchers).toEqual([
      { label: 'a', op: '=', value: 'say "hi", you}' },
    ])
  })
  test('a value may have what other languages take for the end of a line', () => {
    expect(parseSelector('m{a="x\u2028y\\nz"}').matchers[0]?.value).toBe('x\u2028y\nz')
  })
  test('what is not a plain selector is refused', () => {
    expect(() => parseSelector('rate(m[5m])')).toThrow('saw rate(m[5m]), expected metric{label="value"}')
  })
})
