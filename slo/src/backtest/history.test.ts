import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Change, CounterReader } from '../service/sources/counter-reader.ts'
import { HistoryBuilder, viewOf } from './history.ts'
import { inSlices } from './slices.ts'

const NOON = 1_767_268_800 // 2026-01-01T12:00:00Z
const TOTAL = { total: 1, bad: 0 }
const BAD = { total: 0, bad: 1 }

/** One sample with what it counted since the one before. */
type Sample = { region: string; ms: number; total: number; bad: number }

function build(samples: Sample[]) {
  const builder = new HistoryBuilder()
  for (const { region, ms, total, bad } of samples) {
    builder.add(region, TOTAL, NOON * 1000 + ms, { events: total })
    builder.add(region, BAD, NOON * 1000 + ms, { events: bad })
  }
  const history = builder.build()
  if (!history) throw new Error('no samples')
  return history
}

const HOURS_3 = 3 * 3600
const sample = fc.record({
  region: fc.constantFrom('us-east', 'eu-west'),
  ms: fc.integer({ min: 0, max: HOURS_3 * 1000 }),
  total: fc.nat(1000),
  bad: fc.nat(50),
})

test('a window holds the events of the samples after its start up to its end, in a region and in total', () => {
  const step = fc.integer({ min: -200, max: HOURS_3 / 30 + 200 }).map((steps) => steps * 30)
  const window = fc.integer({ min: 1, max: HOURS_3 / 30 + 200 }).map((steps) => steps * 30)
  fc.assert(
    fc.property(fc.array(sample, { minLength: 1 }), step, window, (samples, at, seconds) => {
      const history = build(samples)
      for (const region of ['us-east', 'eu-west', 'all']) {
        const naive = { total: 0, bad: 0 }
        for (const one of samples) {
          if (region !== 'all' && one.region !== region) continue
          if (one.ms <= (at - seconds) * 1000 || one.ms > at * 1000) continue
          naive.total += one.total
          naive.bad += one.bad
        }
        expect(viewOf(history, region).events(NOON + at, seconds)).toEqual(naive)
      }
    }),
  )
})

test('a sample is fresh for as long as is asked', () => {
  const view = viewOf(build([{ region: 'us-east', ms: 10_000, total: 0, bad: 0 }]), 'us-east')
  expect([0, 30, 300, 330].map((seconds) => view.scraped(NOON + seconds, 300))).toEqual([
    false,
    true,
    true,
    false,
  ])
})

test('series of the first seven minutes are starting points, later ones were born and count from 0', () => {
  const builder = new HistoryBuilder()
  const first: Change = { events: 1000, first: true }
  builder.add('us-east', TOTAL, NOON * 1000, first)
  builder.add('us-east', TOTAL, (NOON + 420) * 1000, { ...first, events: 300 })
  builder.add('us-east', TOTAL, (NOON + 421) * 1000, { ...first, events: 40 })
  const history = builder.build()
  if (!history) throw new Error('no samples')
  expect(viewOf(history, 'all').events(NOON + 3600, 7200)).toEqual({ total: 40, bad: 0 })
})

test('a counter that restarts counts what it shows since', () => {
  const reader = new CounterReader('x')
  const events = [50, 60, 4, 4].map((value, i) => reader.next(i * 1000, value)?.events)
  expect(events).toEqual([50, 10, 4, 0])
})

test('what lies outside of the bounds is left out, and nothing is no history', () => {
  const builder = new HistoryBuilder({ fromSeconds: NOON, toSeconds: NOON + 60 })
  for (const second of [0, 61]) builder.add('us-east', TOTAL, (NOON + second) * 1000, { events: 7 })
  expect(builder.build()).toBeUndefined()
})

test('more than 400 days are refused', () => {
  const samples = [0, 401 * 86_400_000].map((ms) => ({ region: 'us-east', ms, total: 1, bad: 0 }))
  expect(() => build(samples)).toThrow(
    'saw samples over 401 days, expected at most 400; give a shorter range',
  )
})

describe('time slices of a minute', () => {
  // Bad of 20 in minutes 1 to 4; minute 5 has no events; the sixth has a second region.
  const minute = (number: number, bad: number, total = 20, region = 'us-east'): Sample => ({
    region,
    ms: number * 60_000 - 5000,
    total,
    bad,
  })
  const history = build([
    minute(1, 0),
    minute(2, 1),
    minute(3, 2),
    minute(4, 20),
    minute(5, 0, 0),
    minute(6, 0),
    minute(6, 20, 20, 'eu-west'),
  ])
  const slices = (goodRatio?: string) => {
    const view = viewOf(inSlices(history, { seconds: 60, ...(goodRatio && { goodRatio }) }), 'us-east')
    return view.events(NOON + 360, 3600)
  }

  test('are bad when less than their share is good: 2 of 20 are not less than 90 %', () => {
    expect(slices('0.9')).toEqual({ total: 5, bad: 1 })
    expect(slices('0.95')).toEqual({ total: 5, bad: 2 })
  })

  test('without a share to reach they are bad by the share of their bad events', () => {
    expect(slices()).toEqual({ total: 5, bad: 0.05 + 0.1 + 1 })
  })

  test('of all regions add up, as the rules do', () => {
    const view = viewOf(inSlices(history, { seconds: 60, goodRatio: '0.9' }), 'all')
    expect(view.events(NOON + 360, 3600)).toEqual({ total: 6, bad: 2 })
  })
})
