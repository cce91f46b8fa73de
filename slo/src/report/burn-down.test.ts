import { expect, test } from 'vitest'
import { burnDownPoints, renderBurnDown } from './burn-down.ts'

const slice = (start: number, bad: number, seenRatio = 1) => ({ start, bad, seenRatio })
// An hour of four quarters; 10 bad events allowed; the third quarter was not seen.
const chart = {
  from: 0,
  to: 3600,
  sliceSeconds: 900,
  slices: [slice(0, 1), slice(900, 3), slice(2700, 8)],
  allowedBad: 10,
}

test('the curve falls by what each slice spent, from the whole budget to what is left', () => {
  expect(burnDownPoints(chart)).toEqual([
    { at: 0, remainingRatio: 1, seen: true },
    { at: 900, remainingRatio: 0.9, seen: true },
    { at: 1800, remainingRatio: 0.6, seen: true },
    { at: 2700, remainingRatio: 0.6, seen: false },
    { at: 3600, remainingRatio: -0.19999999999999996, seen: true },
  ])
})

test('time that nobody saw is drawn as unseen: one hatched band, the curve dotted across it', () => {
  const svg = renderBurnDown(chart)
  // The plot is 780 wide from x = 88: the third quarter begins at 88 + 390 and is 195 wide.
  expect(svg.match(/<rect class="unseen"[^>]*>/g)).toEqual([
    '<rect class="unseen" fill="url(#unseen-wide)" x="478" y="14" width="195" height="236"/>',
  ])
  expect(svg.match(/class="curve guess"/g)).toHaveLength(1)
  expect(svg).toContain('aria-label="Budget left over time: from 100 % to -20 %"')
})

test('the scale reaches a round floor below zero only when the budget is overspent', () => {
  expect(renderBurnDown(chart)).toContain('>−20 %<')
  expect(renderBurnDown({ ...chart, allowedBad: 100 })).not.toContain('−')
})

test('what was spent before the chart begins is gone at its left edge', () => {
  expect(burnDownPoints({ ...chart, badBefore: 2 })[0]).toEqual({ at: 0, remainingRatio: 0.8, seen: true })
})

test('below zero the area is debt; a new promise is a mark with its words, as text', () => {
  const svg = renderBurnDown({ ...chart, marks: [{ at: 1800, label: '<99.9 %>' }] })
  expect(svg.match(/class="area debt"/g)).toHaveLength(1)
  // Half of the hour is half of the plot: 88 + 390.
  expect(svg).toContain('d="M478 14v236"')
  expect(svg).toContain('&lt;99.9 %>')
  expect(renderBurnDown({ ...chart, allowedBad: 100 })).not.toContain('debt')
})

test('the same input gives the same bytes', () => {
  expect(renderBurnDown(chart)).toBe(renderBurnDown(structuredClone(chart)))
})
