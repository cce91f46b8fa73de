/** Time slices derived from minutes when read: nothing but counts is stored, so a late event changes its slice too. */
import type { DatabaseSync } from 'node:sqlite'
import { MINUTE, startOf, type Tier } from './time.ts'
import { goodRatioOf, sliceUnit } from './time-slices.ts'
import type { CellSum, Slice, TimeSlices } from './types.ts'

// A difference of counters may stray outside 0 ≤ good ≤ total by a few events. `unit` × good stays below 2^63.
const DERIVED = `WITH time_slices AS (
    SELECT region, start / :seconds * :seconds AS slice, max(sum(total), 0) AS total,
      max(0, min(sum(good), sum(total))) AS good, sum(seen) AS seen, sum(smeared) AS smeared, sum(broken) AS broken
    FROM series JOIN cells ON series = id
    WHERE slo = :slo AND tier = ${MINUTE} AND start >= :from AND start < :to AND (:region IS NULL OR region = :region)
    GROUP BY series, slice),
  judged AS (
    SELECT region, slice, (total > 0) * :unit AS total, seen, smeared, broken,
      CASE WHEN total = 0 THEN 0
        WHEN :digits IS NULL THEN (:unit * good + total / 2) / total
        ELSE good * :scale >= total * :digits END AS good
    FROM time_slices)`
const SUMS = `sum(good) AS good, sum(total) AS total, sum(seen) AS seenMinutes,
  sum(smeared) AS smearedMinutes, sum(broken) AS brokenMinutes`

export function timeSliceReader(db: DatabaseSync): {
  byRegion(slo: string, from: number, to: number, timeSlices: TimeSlices): Map<string, CellSum>
  byTier(
    slo: string,
    tier: Tier,
    from: number,
    to: number,
    timeSlices: TimeSlices,
    region: string | undefined,
  ): Slice[]
} {
  const byRegion = db.prepare(`${DERIVED} SELECT region, ${SUMS} FROM judged GROUP BY region`)
  const byTier = db.prepare(
    `${DERIVED} SELECT slice / :tier * :tier AS start, ${SUMS} FROM judged GROUP BY 1 ORDER BY 1`,
  )
  return {
    byRegion(slo, from, to, timeSlices) {
      const rows = byRegion.all(parameters(slo, from, to, timeSlices)) as (CellSum & { region: string })[]
      return new Map(rows.map(({ region, ...sum }) => [region, sum]))
    },
    byTier(slo, tier, from, to, timeSlices, region) {
      const width = Math.max(tier, timeSlices.seconds)
      return byTier.all({
        ...parameters(slo, from, to, timeSlices, region),
        tier: BigInt(width),
      }) as unknown as Slice[]
    },
  }
}

function parameters(slo: string, from: number, to: number, timeSlices: TimeSlices, region?: string) {
  const { seconds, goodRatio } = timeSlices
  const exact = goodRatio === undefined ? undefined : goodRatioOf(goodRatio)
  return {
    slo,
    region: region ?? null,
    // Numbers are bound as floats, and `/` of a float keeps its fraction: bigints are bound as integers.
    from: BigInt(startOf(seconds, from)),
    to: BigInt(startOf(seconds, to)),
    seconds: BigInt(seconds),
    unit: BigInt(sliceUnit(timeSlices)),
    digits: exact?.digits ?? null,
    scale: exact?.unit ?? null,
  }
}
