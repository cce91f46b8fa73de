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

test('a composite of weights 2 and 1 at burn 3 and 0 burns at 2', () => {
  const [checkout] = compositesOf([part('pull', '2', 0.1, 3), part('push', '1', 1, 0)])
  expect(checkout).toMatchObject({
    slo: 'checkout',
    parts: [
      { slo: 'pull', weight: '2' },
      { slo: 'push', weight: '1' },
    ],
    burn: [{ window: '1h', rate: 2 }],
  })
  expect(checkout?.remainingRatio).toBeCloseTo((2 * 0.1 + 1) / 3, 12)
})

test('a part without data leaves no number for the whole', () => {
  const [checkout] = compositesOf([part('pull', '2', 0.1, 3), part('push', '1', null, null)])
  expect(checkout).toMatchObject({ remainingRatio: null, burn: [{ rate: null }] })
})

test('without composites there are none', () => {
  const { composite: _, ...alone } = part('pull', '1', 1, 0)
  expect(compositesOf([alone])).toEqual([])
})
