import { expect, test } from 'vitest'
import type { CountedSlo } from '../counted-plan.ts'
import { HUB } from '../testing/plan-fixture.ts'
import { countSamples, type RawSeries } from './boundary.ts'
import { selectorsOf } from './counter-reader.ts'

const NOON = 1_767_268_800 // 2026-01-01T12:00:00Z
/** Samples every 15 s from `second` after noon on. */
const series = (labels: Record<string, string>, second: number, values: number[]): RawSeries => ({
  labels,
  samples: values.map((value, i) => ({ timestampMs: (NOON + second + i * 15) * 1000, value })),
})
const EAST = { region: 'us-east' }
const [TOTAL, BAD] = selectorsOf(HUB) as [string, string]
const cellAt = (minute: number, good: number, total: number, more = {}) => ({
  slo: HUB.slo,
  region: 'us-east',
  minute: NOON + minute * 60,
  good,
  total,
  ...more,
})
const read = (total: RawSeries[], bad: RawSeries[], cursors = [] as never[], from = NOON) =>
  countSamples(
    HUB,
    [
      { selector: TOTAL, series: total },
      { selector: BAD, series: bad },
    ],
    cursors,
    from,
  )

test('differences are summed in the minute of the later sample', () => {
  const { deltas } = read([series(EAST, 5, [0, 10, 10, 11, 20])], [series(EAST, 5, [0, 0, 2, 2, 3])])
  expect(deltas).toEqual([cellAt(0, 9, 11), cellAt(1, 8, 9)])
})

test('reading the same samples again from the cursors adds nothing; new ones add their difference', () => {
  const first = read([series(EAST, 5, [0, 10])], [])
  const again = countSamples(
    HUB,
    [{ selector: TOTAL, series: [series(EAST, 5, [0, 10, 12])] }],
    first.cursors,
    NOON,
  )
  expect(again.deltas).toEqual([cellAt(0, 2, 2)])
  expect(
    countSamples(HUB, [{ selector: TOTAL, series: [series(EAST, 5, [0, 10, 12])] }], again.cursors, NOON),
  ).toEqual({
    deltas: [],
    cursors: [],
  })
})

test('a series born at 40 since the last reading counts 40', () => {
  const { deltas } = read([series(EAST, 5, [100])], [series({ ...EAST, code: '500' }, 5, [40])])
  expect(deltas).toEqual([cellAt(0, 60, 100)])
})

test('a series with an unknown past is a starting point only, and the minute says so', () => {
  const { deltas } = read([series(EAST, 5, [1000, 1007])], [], [], NOON + 3600)
  expect(deltas).toEqual([cellAt(0, 7, 7, { broken: true })])
})

test('a counter that restarts counts what it shows, and the minute says that some may be missing', () => {
  const { deltas } = read([series(EAST, 5, [50, 60, 4])], [])
  expect(deltas).toEqual([cellAt(0, 64, 64, { broken: true })])
})

test('after a scrape gap the total is whole, in a smeared minute; the gap itself stays unseen', () => {
  const gap = series(EAST, 5, [0, 10])
  gap.samples.push({ timestampMs: (NOON + 245) * 1000, value: 250 })
  const { deltas } = read([gap], [])
  expect(deltas).toEqual([cellAt(0, 10, 10), cellAt(4, 240, 240, { smeared: true })])
})

test('an idle minute is seen, with nothing in it', () => {
  expect(read([series(EAST, 5, [0])], []).deltas).toEqual([cellAt(0, 0, 0)])
})

test('every process of a region adds up, another region stays apart', () => {
  const two = [
    series({ ...EAST, instance: 'a' }, 5, [0, 3]),
    series({ ...EAST, instance: 'b' }, 5, [0, 4]),
    series({ region: 'eu-west' }, 5, [0, 5]),
  ]
  expect(read(two, []).deltas).toEqual([cellAt(0, 7, 7), { ...cellAt(0, 5, 5), region: 'eu-west' }])
})

test('terms are signed: slow = answered − answered in time', () => {
  const latency: CountedSlo = {
    ...HUB,
    regions: [],
    indicator: {
      ...HUB.indicator,
      total: [{ sign: 1, selector: 'count' }],
      bad: [
        { sign: 1, selector: 'count' },
        { sign: -1, selector: 'bucket' },
      ],
    },
  }
  const terms = [
    { selector: 'count', series: [series({}, 5, [0, 100])] },
    { selector: 'bucket', series: [series({ le: '0.5' }, 5, [0, 97])] },
  ]
  const { deltas } = countSamples(latency, terms, [], NOON)
  expect(deltas).toEqual([{ ...cellAt(0, 97, 100), region: 'all' }])
})
