/**
 * Exact decimals: a target of 0.999 leaves a budget of 0.001, not 0.0010000000000000009.
 * A value is units × 10^-scale; thresholds are products and quotients of such values and of whole seconds.
 */
import type { Decimal } from './types.ts'

type Parts = { units: bigint; scale: number }

const WRITTEN = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?(?:[eE]([+-]?\d{1,2}))?$/

/** The canonical text of a decimal ("0.9990" → "0.999", "1e-3" → "0.001"); undefined when it is not one. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = WRITTEN.exec(text.trim())
  if (!match) return undefined
  const [, sign, whole, fraction = '', exponent = '0'] = match
  const scale = fraction.length - Number(exponent)
  const units = BigInt(`${sign}${whole}${fraction}`)
  return scale >= 0 ? print({ units, scale }) : print({ units: units * 10n ** BigInt(-scale), scale: 0 })
}

export function add(a: Decimal, b: Decimal): Decimal {
  const [x, y, scale] = aligned(a, b)
  return print({ units: x + y, scale })
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  const [x, y, scale] = aligned(a, b)
  return print({ units: x - y, scale })
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  const x = read(a)
  const y = read(b)
  return print({ units: x.units * y.units, scale: x.scale + y.scale })
}

/**
 * a / b, exact when the quotient has at most `places` decimals, else rounded half away from zero to `places`.
 * Throws on division by zero.
 */
export function divide(a: Decimal, b: Decimal, places: number): Decimal {
  const [x, y] = aligned(a, b)
  if (y === 0n) throw new Error(`division of ${a} by zero`)
  const scaled = x * 10n ** BigInt(places)
  const negative = scaled < 0n !== y < 0n
  const [top, bottom] = [magnitude(scaled), magnitude(y)]
  const rounded = (top * 2n + bottom) / (bottom * 2n)
  return print({ units: negative ? -rounded : rounded, scale: places })
}

/** Below 0, 0 or above 0, as a sort function wants it. */
export function compare(a: Decimal, b: Decimal): number {
  const [x, y] = aligned(a, b)
  return x < y ? -1 : x > y ? 1 : 0
}

function read(value: Decimal): Parts {
  const [whole = '', fraction = ''] = value.split('.')
  return { units: BigInt(whole + fraction), scale: fraction.length }
}

function aligned(a: Decimal, b: Decimal): [bigint, bigint, number] {
  const x = read(a)
  const y = read(b)
  const scale = Math.max(x.scale, y.scale)
  return [x.units * 10n ** BigInt(scale - x.scale), y.units * 10n ** BigInt(scale - y.scale), scale]
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value
}

function print({ units, scale }: Parts): Decimal {
  const digits = magnitude(units)
    .toString()
    .padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '')
  const text = fraction === '' ? whole : `${whole}.${fraction}`
  return units < 0n ? `-${text}` : text
}
