import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseCounterQuery, parseSum } from './counter-query.ts'

test('a plain selector reads as the grammar reads it', () => {
  const word = fc.string({
    unit: fc.constantFrom('a', 'le', '_', 'sum', 'by', '9', ':'),
    minLength: 1,
    maxLength: 4,
  })
  const label = fc.oneof(word, fc.constantFrom('le', '__name__', 'on', 'offset'))
  const value = fc.string({
    unit: fc.constantFrom('a', '1', '{', '}', ',', '=', '#', "'", '"', '\\', '`', ' ', '\n', 'é'),
  })
  const matcher = fc
    .tuple(label, fc.constantFrom('=', '!=', '=~', '!~'), value, fc.constantFrom('', ' '))
    .map(([name, op, text, space]) => `${name}${op}${space}"${text}"`)
  const query = fc
    .tuple(word, fc.array(matcher, { maxLength: 3 }), fc.constantFrom(',', ', ', ' ,'))
    .map(([metric, matchers, comma]) => `${metric}{${matchers.join(comma)}}`)
  fc.assert(
    fc.property(query, (text) => {
      expect(parseCounterQuery(text)).toEqual(parseSum(text))
    }),
    { numRuns: 500 },
  )
})
