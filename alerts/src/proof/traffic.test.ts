import { describe, expect, test } from 'vitest'
import { countsAt, promtoolValues, type Traffic } from './traffic.ts'

describe('traffic', () => {
  const traffic: Traffic = {
    phases: [
      { untilSeconds: 60, good: 2, bad: 0 },
      { untilSeconds: 100, good: 0, bad: 1, everySeconds: 20 },
    ],
  }
  test('events are counted at samples, phase after phase', () => {
    expect(countsAt(traffic, 10, 60)).toEqual({ good: 12, bad: 0 })
    expect(countsAt(traffic, 10, 1000)).toEqual({ good: 12, bad: 2 })
  })
  test('counters show them, from 0, also across a restart', () => {
    expect(promtoolValues(traffic, { good: 1, bad: 1 }, 10, 100)).toBe('0+2x6 12+1x1 13+1x1')
    expect(promtoolValues({ ...traffic, restartsAtSeconds: [30] }, { good: 1, bad: 0 }, 10, 60)).toBe(
      '0+2x3 2+2x2',
    )
  })
  test('a series of bad events may be born with the first, and a target may vanish', () => {
    expect(promtoolValues({ ...traffic, bornWithFirstBad: true }, { good: 0, bad: 1 }, 10, 100)).toBe(
      '_x8 1+0x1 2+0x0',
    )
    expect(promtoolValues({ ...traffic, vanishesAtSeconds: 20 }, { good: 1, bad: 0 }, 10, 100)).toBe('0+2x2')
  })
})
