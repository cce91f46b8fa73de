import { describe, expect, test } from 'vitest'
import { EVIDENCE } from './alerting.ts'
import { DAY } from './duration.ts'
import { burns, firings } from './firing.ts'
import type { BurnAlertPlan } from './types.ts'
import { burnPairs } from './windows.ts'

/** The page of an SLO of 99.9 % over 28 days. */
const page: BurnAlertPlan = {
  kind: 'burn',
  alert: 'SLOErrorBudgetBurn',
  group: 'any',
  severity: 'page',
  scope: 'all',
  pairs: burnPairs(28 * DAY, '0.001').page,
  evidence: EVIDENCE.on,
  forSeconds: 0,
  keepFiringForSeconds: 900,
}

/** Whether the page condition holds when every window shows the same counts. */
function holds(bad: number, total: number): boolean {
  return burns({ errorBudget: '0.001' }, page, { events: () => ({ total, bad }), scraped: () => true })(0)
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
