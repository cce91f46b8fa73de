import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BudgetState, budget, burnRate, promisesIn, type Segment } from './budget.ts'

const counts = (target: string, bad: number, total: number): Segment => ({ target, good: total - bad, total })

describe('the budget of 99.9 % over 1,000,000 events is 1,000 bad ones', () => {
  const cases: { bad: number; remainingRatio: number; state: BudgetState }[] = [
    { bad: 0, remainingRatio: 1, state: 'healthy' },
    { bad: 600, remainingRatio: 0.4, state: 'healthy' },
    { bad: 750, remainingRatio: 0.25, state: 'healthy' },
    { bad: 751, remainingRatio: 0.249, state: 'at-risk' },
    { bad: 1000, remainingRatio: 0, state: 'at-risk' },
    { bad: 1001, remainingRatio: -0.001, state: 'exhausted' },
    { bad: 7510, remainingRatio: -6.51, state: 'exhausted' },
  ]
  for (const { bad, remainingRatio, state } of cases)
    test(`${bad} bad: ${remainingRatio * 100} % left, ${state}`, () => {
      const answer = budget([counts('0.999', bad, 1_000_000)], [])
      expect(answer).toMatchObject({ state, bad, allowedBad: 1000, remainingBad: 1000 - bad })
      expect(answer.state !== 'noData' && answer.remainingRatio).toBeCloseTo(remainingRatio, 12)
    })
})

test('at the line the promise is kept, where binary floats say it is broken: 10 × (1 − 0.9) < 1', () => {
  expect(10 * (1 - 0.9)).toBeLessThan(1)
  expect(budget([counts('0.9', 1, 10)], []).state).toBe('at-risk')
})

test('no event is no data: neither all left nor none left', () => {
  expect(budget([counts('0.999', 0, 0)], [])).toEqual({ state: 'noData' })
  expect(budget([], [])).toEqual({ state: 'noData' })
  expect(burnRate([counts('0.999', 0, 0)])).toBeUndefined()
})

test('each minute is measured by the promise valid then: 10,000 at 99 % and 10,000 at 99.9 % allow 110', () => {
  const answer = budget([counts('0.99', 50, 10_000), counts('0.999', 5, 10_000)], [])
  expect(answer).toMatchObject({ allowedBad: 110, bad: 55, spentRatio: 0.5, state: 'healthy' })
})

test('1.44 % of errors under 99.9 % burn at 14.4, the first threshold of the SRE Workbook', () => {
  expect(burnRate([counts('0.999', 144, 10_000)])).toBeCloseTo(14.4, 12)
})

describe('a budget burning above 1 is at risk while most of it is left', () => {
  const period = [counts('0.999', 10, 1_000_000)]
  const fast = [counts('0.999', 2, 1000)]
  const sustainable = [counts('0.999', 1, 1000)]
  test('over both the hour and the six hours', () =>
    expect(budget(period, [fast, fast]).state).toBe('at-risk'))
  test('but not when the hour is quiet again', () =>
    expect(budget(period, [sustainable, fast]).state).toBe('healthy'))
  test('nor when there is no data to say so', () =>
    expect(
      budget(
        period,
        [counts('0.999', 0, 0)].map((none) => [none]),
      ).state,
    ).toBe('healthy'))
})

test('spent and left are one budget, for any counts', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.constantFrom('0.9', '0.998', '0.99999'), (good, bad, target) => {
      const answer = budget([{ target, good, total: good + bad }], [])
      if (answer.state === 'noData') return good + bad === 0
      expect(answer.spentRatio + answer.remainingRatio).toBeCloseTo(1, 6)
      return answer.state === 'exhausted' ? answer.remainingRatio < 0 : answer.remainingRatio >= 0
    }),
  )
})

test('a target that is no ratio in (0, 1) is refused', () => {
  for (const target of ['1', '0', '99.9', '1e-3', '-0.5', ''])
    expect(() => budget([counts(target, 0, 1)], [])).toThrow(/expected/)
})

test('a window is cut where the promise changes, and the first promise covers what was before it', () => {
  const revision = (effectiveFrom: number, target: string) => ({
    slo: 's',
    revision: target,
    target,
    effectiveFrom,
  })
  const revisions = [revision(600, '0.99'), revision(1200, '0.999')]
  expect(promisesIn(revisions, 0, 1800)).toEqual([
    { target: '0.99', from: 0, to: 1200 },
    { target: '0.999', from: 1200, to: 1800 },
  ])
  expect(promisesIn(revisions, 1260, 1800)).toEqual([{ target: '0.999', from: 1260, to: 1800 }])
  expect(promisesIn([], 0, 1800)).toEqual([])
})
