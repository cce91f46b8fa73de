import { expect, test } from 'vitest'
import { EVIDENCE } from './alerting.ts'
import { DAY } from './duration.ts'
import { chancePages, pagesText, spoken } from './numbers.ts'
import { burnPairs } from './windows.ts'

/** Pages by chance in 30 days at 99.9 %, all page pairs, as a simulation of 1-minute Poisson traffic found them. */
const simulated = [
  { gate: 'on', eventsPerHour: 10, budgeted: 1, pages: 0.12 },
  { gate: 'on', eventsPerHour: 60, budgeted: 1, pages: 0.08 },
  { gate: 'on', eventsPerHour: 60, budgeted: 0.5, pages: 0 },
  { gate: 'off', eventsPerHour: 10, budgeted: 1, pages: 7.83 },
  { gate: 'off', eventsPerHour: 60, budgeted: 1, pages: 39.4 },
  { gate: 'off', eventsPerHour: 60, budgeted: 0.5, pages: 19.9 },
] as const

for (const { gate, eventsPerHour, budgeted, pages } of simulated) {
  test(`gate ${gate}, ${eventsPerHour} events/h at ${budgeted} × the budgeted errors: about ${pages} pages by chance`, () => {
    const { page } = burnPairs(30 * DAY, '0.001')
    const expected = chancePages(page, eventsPerHour, 0.001 * budgeted, 0.001, EVIDENCE[gate])
    // An estimate: right within a factor of two where pages are rare, else within a seventh.
    expect(expected).toBeGreaterThanOrEqual(gate === 'on' ? pages / 2 : pages * 0.86)
    expect(expected).toBeLessThan(gate === 'on' ? pages * 2 + 0.1 : pages * 1.14)
  })
}

test('what both pairs page on is one page: there are never more pages than failures', () => {
  const { page } = burnPairs(30 * DAY, '0.001')
  // 10 events/h × 720 h × 0.1 %.
  expect(chancePages(page, 10, 0.001, 0.001, EVIDENCE.off)).toBeLessThan(7.2)
})

test('durations are spoken as people say them', () => {
  expect([52, 516, 8640, 7199].map(spoken)).toEqual(['52 s', '8.6 min', '2 h 24 min', '2 h'])
})

test('pages by chance that nobody lives to see have no exponent', () => {
  expect([0, 2.88e-33, 0.0009, 0.12, 39.4].map(pagesText)).toEqual([
    '0',
    'under 0.001',
    'under 0.001',
    '0.12',
    '39.4',
  ])
})
