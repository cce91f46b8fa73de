import { expect, test } from 'vitest'
import { compositesOf } from './composites.ts'
import type { SloStatus } from './schemas.ts'

const CHECKOUT = {
  slo: 'checkout',
  service: 'shop',
  displayName: 'Checkout',
  description: 'Somebody pays.',
  owner: 'team-shop',
  period: { name: '28d', seconds: 28 * 86_400 },
}

type Part = Pick<SloStatus, 'slo' | 'budget' | 'burn' | 'composite'>
const part = (slo: string, weight: string, remainingRatio: number | null, rate: number | null): SloStatus => {
  const counts = { good: 0, bad: 0, total: 1, goodRatio: 0, allowedBad: 0, remainingBad: 0 }
  const fields: Part = {
    slo,
    budget: remainingRatio === null ? null : { ...counts, remainingRatio, spentRatio: 1 - remainingRatio },
    burn: [{ window: '1h', seconds: 3600, rate, bad: 0, total: 1 }],
    composite: { slo: 'checkout', weight },
  }
  return fields as SloStatus
}

test('Occurrences: a composite of weights 2 and 1 at burn 3 and 1 burns at 7, and spends as fast', () => {
  const [checkout] = compositesOf([CHECKOUT], [part('pull', '2', 0.9, 3), part('push', '1', 0.7, 1)])
  expect(checkout).toMatchObject({
    slo: 'checkout',
    displayName: 'Checkout',
    window: { name: '28d' },
    parts: [
      { slo: 'pull', weight: '2', burn: [{ window: '1h', rate: 6 }] },
      { slo: 'push', weight: '1', burn: [{ window: '1h', rate: 1 }] },
    ],
    burn: [{ window: '1h', rate: 7 }],
  })
  expect(checkout?.parts[0]?.spentRatio).toBeCloseTo(0.2, 12)
  expect(checkout?.parts[1]?.spentRatio).toBeCloseTo(0.3, 12)
  // Twice a tenth, and three tenths.
  expect(checkout?.remainingRatio).toBeCloseTo(0.5, 12)
})

test('RatioTimeslices: what parts miss adds up against the budget that they have together', () => {
  const sliced = (slo: string, errorBudget: string, rate: number): SloStatus => ({
    ...part(slo, '1', 0.5, rate),
    slices: { seconds: 60 },
    objective: { target: '', errorBudget },
  })
  // 4 × 1 % and 0 × 3 %: 4 % missed, of 4 % together.
  const [checkout] = compositesOf([CHECKOUT], [sliced('pull', '0.01', 4), sliced('push', '0.03', 0)])
  expect(checkout?.burn[0]?.rate).toBeCloseTo(1, 12)
})

test('a part without data leaves no number for the whole', () => {
  const [checkout] = compositesOf([CHECKOUT], [part('pull', '2', 0.1, 3), part('push', '1', null, null)])
  expect(checkout).toMatchObject({ state: 'noData', remainingRatio: null, burn: [{ rate: null }] })
})

test('without composites there are none', () => {
  const { composite: _, ...alone } = part('pull', '1', 1, 0)
  expect(compositesOf(undefined, [alone])).toEqual([])
})

const states: { left: [number, number]; rates: [number, number]; state: string }[] = [
  { left: [1, 1], rates: [0, 0], state: 'healthy' },
  { left: [0.9, 0.7], rates: [0.3, 0.3], state: 'healthy' }, // burns at 0.9
  { left: [0.9, 0.9], rates: [0.4, 0.4], state: 'at-risk' }, // at 1.2, as each alone does not
  { left: [0.7, 0.8], rates: [0, 0], state: 'at-risk' }, // a fifth is left
  { left: [0.5, 1], rates: [0, 0], state: 'at-risk' }, // nothing is left, but no more is spent
  { left: [0.5, 0.9], rates: [0, 0], state: 'exhausted' },
]
for (const { left, rates, state } of states)
  test(`parts with ${left} left and burns of ${rates}, weights 2 and 1: ${state}`, () => {
    const parts = [part('pull', '2', left[0], rates[0]), part('push', '1', left[1], rates[1])]
    expect(compositesOf([CHECKOUT], parts)[0]?.state).toBe(state)
  })
