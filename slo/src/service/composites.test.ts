import { expect, test } from 'vitest'
import { compositesOf } from './composites.ts'
import type { SloStatus } from './schemas.ts'

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
  const [checkout] = compositesOf([part('pull', '2', 0.9, 3), part('push', '1', 0.7, 1)])
  expect(checkout).toMatchObject({
    slo: 'checkout',
    parts: [
      { slo: 'pull', weight: '2' },
      { slo: 'push', weight: '1' },
    ],
    burn: [{ window: '1h', rate: 7 }],
  })
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
  const [checkout] = compositesOf([sliced('pull', '0.01', 4), sliced('push', '0.03', 0)])
  expect(checkout?.burn[0]?.rate).toBeCloseTo(1, 12)
})

test('a part without data leaves no number for the whole', () => {
  const [checkout] = compositesOf([part('pull', '2', 0.1, 3), part('push', '1', null, null)])
  expect(checkout).toMatchObject({ remainingRatio: null, burn: [{ rate: null }] })
})

test('without composites there are none', () => {
  const { composite: _, ...alone } = part('pull', '1', 1, 0)
  expect(compositesOf([alone])).toEqual([])
})
