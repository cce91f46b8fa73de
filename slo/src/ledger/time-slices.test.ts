import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSqliteLedger } from './sqlite.ts'
import { DAY, HOUR } from './time.ts'
import { sliceUnit } from './time-slices.ts'
import type { CellDelta, Ledger } from './types.ts'

const NOON = 20_000 * DAY + 12 * HOUR
const FIVE_MINUTES = { seconds: 300, goodRatio: '0.95' }
let ledger: Ledger
beforeEach(() => {
  ledger = openSqliteLedger(':memory:')
})
afterEach(() => ledger.close())

const cell = (minute: number, good: number, total: number, region = 'us-east'): CellDelta => ({
  slo: 'search',
  region,
  minute: NOON + minute * 60,
  good,
  total,
})

// Slices of 5 minutes from noon: 95 of 100 good; 94 of 100, spread over three minutes; seen without events; unseen; 0 of 1.
const HALF_HOUR = [
  cell(0, 95, 100),
  cell(5, 40, 40),
  cell(7, 40, 40),
  cell(9, 14, 20),
  cell(10, 0, 0),
  cell(11, 0, 0),
  cell(21, 0, 1),
]

test('a slice at the line is good, one below is bad, one without events is neither', async () => {
  await ledger.apply({ deltas: HALF_HOUR }, NOON + HOUR)
  const sums = await ledger.read('search', NOON, NOON + HOUR, FIVE_MINUTES)
  expect(sums.get('us-east')).toMatchObject({ good: 1, total: 3, seenMinutes: 7 })
  expect(sliceUnit(FIVE_MINUTES)).toBe(1)
})

test('the line is exact: 999,999,999,999 of 10^12 events is not 0.9999999999999', async () => {
  await ledger.apply({ deltas: [cell(0, 999_999_999_999, 1_000_000_000_000)] }, NOON)
  const good = async (goodRatio: string) =>
    (await ledger.read('search', NOON, NOON + HOUR, { seconds: 300, goodRatio })).get('us-east')?.good
  expect([await good('0.999999'), await good('0.9999999'), await good('1')]).toEqual([1, 1, 0])
})

test('without a line each slice is as bad as its share, in millionths of a slice', async () => {
  await ledger.apply({ deltas: HALF_HOUR }, NOON + HOUR)
  const ratio = { seconds: 300 }
  const { good, total } = (await ledger.read('search', NOON, NOON + HOUR, ratio)).get('us-east') ?? {}
  // 0.95 + 0.94 + 0 of 3 slices.
  expect([good, total]).toEqual([1.89 * sliceUnit(ratio), 3 * sliceUnit(ratio)])
})

test('regions have slices of their own, and parts of a window add up to it wherever it is cut', async () => {
  await ledger.apply({ deltas: [...HALF_HOUR, cell(0, 0, 5, 'eu-west')] }, NOON + HOUR)
  const total = async (from: number, to: number) =>
    [...(await ledger.read('search', NOON + from, NOON + to, FIVE_MINUTES)).values()].reduce(
      (sum, slice) => sum + slice.total,
      0,
    )
  for (const cut of [0, 420, 600, 660, 1500]) expect((await total(0, cut)) + (await total(cut, HOUR))).toBe(4)
  const chart = await ledger.slices('search', HOUR, NOON, NOON + HOUR, {
    timeSlices: FIVE_MINUTES,
    region: 'eu-west',
  })
  expect(chart).toEqual([
    { start: NOON, good: 0, total: 1, seenMinutes: 1, smearedMinutes: 0, brokenMinutes: 0 },
  ])
})

test('a late event changes the verdict of its slice, and no count', async () => {
  await ledger.apply({ deltas: HALF_HOUR }, NOON + HOUR)
  await ledger.apply({ deltas: [cell(6, 100, 100)] }, NOON + HOUR)
  // 194 of 200 in the second slice.
  expect((await ledger.read('search', NOON, NOON + HOUR, FIVE_MINUTES)).get('us-east')?.good).toBe(2)
  expect((await ledger.read('search', NOON, NOON + HOUR)).get('us-east')?.total).toBe(301)
})
