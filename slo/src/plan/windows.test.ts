import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DAY } from './duration.ts'
import { burnPairs } from './windows.ts'

const rows = (days: number, budget: string) => {
  const { page, ticket } = burnPairs(days * DAY, budget)
  const text =
    (severity: string) => (pair: { long: string; short: string; burnRate: string; badRatio: string }) =>
      `${severity} ${pair.long}/${pair.short} ${pair.burnRate} ${pair.badRatio}`
  return [...page.map(text('page')), ...ticket.map(text('ticket'))]
}

describe('thresholds', () => {
  test('of 30 days are the rows of the SRE Workbook', () => {
    expect(rows(30, '0.001')).toEqual([
      'page 1h/5m 14.4 0.0144',
      'page 6h/30m 6 0.006',
      'ticket 1d/2h 3 0.003',
      'ticket 3d/6h 1 0.001',
    ])
  })
  test('of 28 days keep the budget shares; 3 days would be 0.93, so it is a ticket at exactly 1', () => {
    expect(rows(28, '0.001')).toEqual([
      'page 1h/5m 13.44 0.01344',
      'page 6h/30m 5.6 0.0056',
      'ticket 1d/2h 2.8 0.0028',
      'ticket 3d/6h 1 0.001',
    ])
  })
  test('of 7 days: 1 day would be 0.7, so it is the ticket at 1 and 3 days are dropped', () => {
    expect(rows(7, '0.01')).toEqual([
      'page 1h/5m 3.36 0.0336',
      'page 6h/30m 1.4 0.014',
      'ticket 1d/2h 1 0.01',
    ])
  })
  test('of 1 day leave no page at all', () => {
    expect(rows(1, '0.01')).toEqual(['ticket 1h/5m 1 0.01'])
  })
})

test('at a target of 75 % a burn of 4 means that everything fails: higher thresholds are left out and said', () => {
  expect(rows(28, '0.25')).toEqual(['ticket 1d/2h 2.8 0.7', 'ticket 3d/6h 1 0.25'])
  expect(burnPairs(28 * DAY, '0.25').warnings).toEqual([
    {
      code: 'PLAN_PAIR_NEVER_FIRES',
      message:
        'the 1h pair is left out: its threshold 13.44 is not below 1/errorBudget = 4, so it could never fire',
    },
    {
      code: 'PLAN_PAIR_NEVER_FIRES',
      message:
        'the 6h pair is left out: its threshold 5.6 is not below 1/errorBudget = 4, so it could never fire',
    },
  ])
})

test('whatever the period and the target, every threshold can fire and none fires within budget', () => {
  const budget = fc.integer({ min: 1, max: 99_999 }).map((n) => `0.${String(n).padStart(5, '0')}`)
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 366 }), budget, (days, errorBudget) => {
      const { page, ticket } = burnPairs(days * DAY, errorBudget)
      const rates = [...page, ...ticket].map(({ burnRate }) => Number(burnRate))
      expect(rates.every((rate) => rate >= 1 && rate * Number(errorBudget) < 1)).toBe(true)
      expect(rates).toEqual(rates.toSorted((a, b) => b - a))
    }),
  )
})

test('a threshold is share × period / long window exactly, the first below 1 a ticket at exactly 1, and the last', () => {
  // In whole numbers: rate × L × 100 = percent × W, for rates of up to 12 decimals.
  const rows = [
    { long: 3600n, percent: 2n },
    { long: 6n * 3600n, percent: 5n },
    { long: 86_400n, percent: 10n },
    { long: 3n * 86_400n, percent: 10n },
  ]
  const PLACES = 10n ** 12n
  const units = (text: string) => {
    const [whole = '', fraction = ''] = text.split('.')
    return BigInt(whole + fraction.padEnd(12, '0'))
  }
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 366 }), (days) => {
      const period = BigInt(days) * 86_400n
      const { page, ticket } = burnPairs(days * DAY, '0.000001')
      const seen = [...page, ...ticket]
      const below = rows.findIndex(({ long, percent }) => percent * period < long * 100n)
      expect(seen).toHaveLength(below < 0 ? rows.length : below + 1)
      for (const [index, { long, percent }] of rows.slice(0, seen.length).entries()) {
        const rate = units(seen[index]?.burnRate ?? '')
        if (index === below) expect([rate, ticket.at(-1)]).toEqual([PLACES, seen[index]])
        else {
          const error = rate * long * 100n - percent * period * PLACES
          // Half a unit of the last place, times the divisor: nothing at all where the quotient is a decimal.
          expect(error * 2n <= long * 100n && error * 2n >= -long * 100n).toBe(true)
        }
      }
    }),
  )
})
