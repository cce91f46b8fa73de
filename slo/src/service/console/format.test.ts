import { describe, expect, test } from 'vitest'
import { burn, duration, percentLeft, percentOfCounts, percentOfDecimal, shareSpent } from './format.ts'
import { html } from './html.ts'

describe('an objective is printed exactly', () => {
  for (const [decimal, text] of [
    ['0.999', '99.9 %'],
    ['0.9995', '99.95 %'],
    ['0.99', '99 %'],
    ['0.9', '90 %'],
    ['0.05', '5 %'],
  ] as const)
    test(`${decimal} is ${text}`, () => expect(percentOfDecimal(decimal)).toBe(text))
})

test('an SLI is cut, not rounded: one bad event in ten million is not 100 %', () => {
  expect(percentOfCounts(9_999_999, 10_000_000, 2)).toBe('99.99 %')
  expect(percentOfCounts(10_000_000, 10_000_000, 2)).toBe('100.00 %')
  expect(percentOfCounts(1, 1000, 1)).toBe('0.1 %')
  expect(percentOfCounts(0, 7, 2)).toBe('0.00 %')
})

test('what is spent never looks better than it is, whatever binary fractions make of it', () => {
  expect([0, 0.002, 0.07, 0.071, 1, 12.34].map(shareSpent)).toEqual([
    '0 %',
    '<1 %',
    '7 %',
    '8 %',
    '100 %',
    '1,234 %',
  ])
})

test('what is left never looks better than it is, and a little debt is not none', () => {
  expect([1, 0.999, 0.005, 0, -0.002, -6.517].map(percentLeft)).toEqual([
    '100 %',
    '99 %',
    '<1 %',
    '0 %',
    '−1 %',
    '−652 %',
  ])
})

test('no burn rate is said to be no data, not 0', () => {
  expect([null, 0, 0.274, 13.44].map(burn)).toEqual(['no data', '0', '0.27', '13'])
})

test('a duration has its two largest units', () => {
  expect([0, 8, 60, 3660, 183_600].map(duration)).toEqual(['0 s', '8 s', '1 min', '1 h 1 min', '2 d 3 h'])
})

test('every value put into HTML is escaped, in text and in attributes, unless it is HTML itself', () => {
  const evil = `"><script>alert('x')</script>&`
  const escaped = '&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;'
  expect(html`<b title="${evil}">${[evil, html`<i>${evil}</i>`]}</b>`.html).toBe(
    `<b title="${escaped}">${escaped}<i>${escaped}</i></b>`,
  )
})
