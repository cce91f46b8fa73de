import type { BurnAlertPlan } from '@plimsoll/slo/plan'
import { describe, expect, test } from 'vitest'
import { livePlan, sloOf } from '../test-support.ts'
import { burns, firings } from './prediction.ts'
import { countsAt, promtoolValues, type Traffic } from './traffic.ts'

const slo = sloOf(await livePlan(), 'registry-push-pull')
const page = slo.alerts.find(
  (alert): alert is BurnAlertPlan => alert.kind === 'burn' && alert.severity === 'page',
)

/** Whether the page condition holds when every window shows the same counts. */
function holds(bad: number, total: number): boolean {
  if (!page) throw new Error('no page')
  return burns(slo, page, { events: () => ({ total, bad }), scraped: () => true })(0)
}

describe('the page condition at 99.9 %, by hand', () => {
  const cases = [
    { bad: 1, total: 1, holds: false, why: 'one event is not enough, whatever it says' },
    { bad: 2, total: 2, holds: true, why: '2 · ln 1000 = 13.8' },
    { bad: 4, total: 364, holds: false, why: 'scores 6.0 of 6.9' },
    { bad: 5, total: 365, holds: true, why: '1.37 % and a score of 8.5' },
    { bad: 55, total: 10_000, holds: false, why: '0.55 % is below 5.6 × 0.1 %' },
    { bad: 57, total: 10_000, holds: true, why: '0.57 % is above' },
    { bad: 0, total: 0, holds: false, why: 'no events, no ratio' },
  ]
  for (const { bad, total, holds: expected, why } of cases) {
    test(`${bad} bad of ${total} ${expected ? 'pages' : 'does not page'}: ${why}`, () => {
      expect(holds(bad, total)).toBe(expected)
    })
  }
})

describe('for and keep_firing_for, evaluated every 30 s', () => {
  const during = (from: number, to: number) => (seconds: number) => seconds >= from && seconds < to
  const evaluations = { stepSeconds: 30, endSeconds: 3600 }
  test('for 60 s: fires at the third evaluation that holds', () => {
    const times = { forSeconds: 60, keepFiringForSeconds: 0 }
    expect(firings(during(300, 600), times, evaluations)).toEqual([{ fromSeconds: 360, untilSeconds: 600 }])
  })
  test('keep_firing_for 900 s: resolves 900 s after the first evaluation that no longer holds', () => {
    const times = { forSeconds: 0, keepFiringForSeconds: 900 }
    expect(firings(during(300, 600), times, evaluations)).toEqual([{ fromSeconds: 300, untilSeconds: 1500 }])
  })
})

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
