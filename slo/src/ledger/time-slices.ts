/** What time slices are counted in. */
import { type ExactDecimal, parseDecimal } from './decimal.ts'
import type { TimeSlices } from './types.ts'

/** Counts in one slice: 1 where a slice is good or bad; where it is partly bad, millionths, to stay integers. */
export function sliceUnit({ goodRatio }: TimeSlices): number {
  return goodRatio === undefined ? 1_000_000 : 1
}

/** good / total ≥ digits / 10^scale, exactly: good × 10^scale ≥ total × digits. */
export function goodRatioOf(goodRatio: string): { digits: bigint; unit: bigint } {
  const { digits, scale }: ExactDecimal = parseDecimal(goodRatio)
  return { digits, unit: 10n ** BigInt(scale) }
}
