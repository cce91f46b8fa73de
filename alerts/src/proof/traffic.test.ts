import { describe, expect, test } from 'vitest'
import { type Counts, countsOf, promtoolSamples, promtoolValues, type Traffic } from './traffic.ts'

describe('traffic', () => {
  const traffic: Traffic = {
    phases: [
      { untilSeconds: 60, good: 2, bad: 0 },
      { untilSeconds: 100, good: 0, bad: 1, everySeconds: 20 },
    ],
  }
  test('events are counted at samples, phase after phase', () => {
    const { good, bad } = countsOf(traffic, 10, 120)
    expect([...good]).toEqual([0, 2, 4, 6, 8, 10, 12, 12, 12, 12, 12, 12, 12])
    expect([...bad]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 2])
  })
  const shown = (of: Traffic, perEvent: Counts, endSeconds: number) =>
    promtoolValues(of, countsOf(of, 10, endSeconds), perEvent, 10)
  test('counters show them, from 0, also across a restart', () => {
    expect(shown(traffic, { good: 1, bad: 1 }, 100)).toBe('0+2x6 12+1x1 13+1x1')
    expect(shown({ ...traffic, restartsAtSeconds: [30] }, { good: 1, bad: 0 }, 60)).toBe('0+2x3 2+2x2')
  })
  test('a series of bad events may be born with the first, and a target that is gone counts on', () => {
    expect(shown({ ...traffic, bornWithFirstBad: true }, { good: 0, bad: 1 }, 100)).toBe('_x8 1+0x1 2+0x0')
    const gone = { ...traffic, gone: { afterSeconds: 20, backAtSeconds: 50 } }
    expect(shown(gone, { good: 1, bad: 0 }, 60)).toBe('0+2x2 stale _x1 10+2x1')
    expect([...countsOf(gone, 10, 60).good]).toEqual([0, 2, 4, 4, 4, 10, 12])
    const gauge = promtoolSamples(gone, 10, 60, (seconds) => seconds)
    expect(gauge).toBe('0+10x2 stale _x1 50+10x1')
  })
})
