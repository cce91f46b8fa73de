import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DAY, decompose, HOUR, rollingWindow } from './time.ts'

test('a window is minutes, hours, days, hours, minutes', () => {
  const day = 20_000 * DAY
  expect(decompose(day - HOUR - 120, day + 2 * DAY + HOUR + 60)).toEqual([
    { tier: 60, from: day - HOUR - 120, to: day - HOUR },
    { tier: HOUR, from: day - HOUR, to: day },
    { tier: DAY, from: day, to: day + 2 * DAY },
    { tier: HOUR, from: day + 2 * DAY, to: day + 2 * DAY + HOUR },
    { tier: 60, from: day + 2 * DAY + HOUR, to: day + 2 * DAY + HOUR + 60 },
  ])
})

test('the ranges of any window tile it, in order, in whole slices, and are at most five', () => {
  fc.assert(
    fc.property(fc.nat({ max: 100_000 }), fc.nat({ max: 100_000 }), (a, lengthMinutes) => {
      const from = a * 60
      const to = from + lengthMinutes * 60
      const ranges = decompose(from, to)
      let at = from
      for (const range of ranges) {
        expect(range.from).toBe(at)
        expect([range.from % range.tier, range.to % range.tier]).toEqual([0, 0])
        at = range.to
      }
      expect(lengthMinutes === 0 ? from : at).toBe(to)
      expect(ranges.length).toBeLessThanOrEqual(5)
    }),
  )
})

test('a window that starts within a minute is refused', () => {
  expect(() => decompose(30, 120)).toThrow('expected whole minutes')
})

test('a rolling window ends with the minute that has begun', () => {
  expect(rollingWindow(7205, 3600)).toEqual({ from: 3660, to: 7260 })
})
