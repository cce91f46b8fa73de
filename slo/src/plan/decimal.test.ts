import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { add, compare, divide, multiply, parseDecimal, subtract } from './decimal.ts'

const decimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: 0, max: 12 }))
  .map(([units, scale]) => {
    const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0')
    const at = digits.length - scale
    return `${units < 0n ? '-' : ''}${digits.slice(0, at)}.${digits.slice(at)}0`
  })
  .map((text) => parseDecimal(text) ?? 'not a decimal')

describe('a decimal is exact', () => {
  const cases = [
    ['1 − 0.999', subtract('1', '0.999'), '0.001'],
    ['0.1 + 0.2', add('0.1', '0.2'), '0.3'],
    ['13.44 × 0.001', multiply('13.44', '0.001'), '0.01344'],
    ['0.02 × 28 d / 1 h', divide(multiply('0.02', '2419200'), '3600', 12), '13.44'],
    ['99.95 % as a ratio', divide('99.95', '100', 40), '0.9995'],
    ['a third, rounded', divide('1', '3', 4), '0.3333'],
    ['two thirds, rounded half up', divide('2', '3', 4), '0.6667'],
    ['minus two thirds, away from zero', divide('-2', '3', 4), '-0.6667'],
    ['nothing left of itself', subtract('0.5', '0.5'), '0'],
  ] as const
  for (const [name, seen, expected] of cases) test(name, () => expect(seen).toBe(expected))
})

test('one value has one text, however it was written', () => {
  const written = ['0.9990', '00.999', '9.99e-1', '999E-3', ' 0.999 ']
  expect(written.map(parseDecimal)).toEqual(written.map(() => '0.999'))
  expect(['-0', '1e3', '1000.0'].map(parseDecimal)).toEqual(['0', '1000', '1000'])
})

test('text that is no decimal is refused', () => {
  expect(['', 'abc', '.5', '5.', '1e999', 'NaN', 'Infinity', '0x10', '1,5'].map(parseDecimal)).toEqual(
    Array(9).fill(undefined),
  )
})

test('print and parse give the same text back', () => {
  fc.assert(fc.property(decimal, (a) => parseDecimal(a) === a))
})

test('subtraction undoes addition, division undoes multiplication', () => {
  fc.assert(fc.property(decimal, decimal, (a, b) => subtract(add(a, b), b) === a))
  fc.assert(
    fc.property(decimal, decimal, (a, b) => compare(b, '0') === 0 || divide(multiply(a, b), b, 12) === a),
  )
})

test('order agrees with the sign of the difference', () => {
  fc.assert(
    fc.property(
      decimal,
      decimal,
      (a, b) => Math.sign(compare(a, b)) === Math.sign(compare(subtract(a, b), '0')),
    ),
  )
})

test('dividing by zero is a broken assumption', () => {
  expect(() => divide('1', '0', 3)).toThrow('division of 1 by zero')
})
