/**
 * Exact decimals, so that no decision hangs on a binary float: 1 − 0.998 is not 0.002 in one.
 * A value is `digits / 10^scale`, both exact.
 */

export type ExactDecimal = { digits: bigint; scale: number }

/** Reads "0.999". Throws on anything else than digits with at most one point, at most 30 characters long. */
export function parseDecimal(text: string): ExactDecimal {
  const match = text.length <= 30 ? /^(\d+)(?:\.(\d+))?$/.exec(text) : null
  if (!match) throw new Error(`decimal: saw ${JSON.stringify(text)}, expected digits such as "0.999"`)
  const [, whole = '', fraction = ''] = match
  return { digits: BigInt(whole + fraction), scale: fraction.length }
}

/** 1 − value, exact: the error budget of a target. Throws unless the target is in (0, 1). */
export function errorBudgetOf(target: string): ExactDecimal {
  const { digits, scale } = parseDecimal(target)
  const one = 10n ** BigInt(scale)
  if (digits <= 0n || digits >= one) throw new Error(`target: saw ${target}, expected a ratio in (0, 1)`)
  return { digits: one - digits, scale }
}

/** The digits of a value when it is written with `scale` decimals; `scale` must not be below its own. */
export function digitsAt(value: ExactDecimal, scale: number): bigint {
  return value.digits * 10n ** BigInt(scale - value.scale)
}
