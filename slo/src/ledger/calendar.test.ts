import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calendarWindow } from './calendar.ts'

const utc = (text: string) => Date.parse(text) / 1000
const NEW_YEAR = '2024-01-01 00:00:00' // a Monday

// Edges by `date -u -d 'TZ="Europe/Berlin" 2026-03-01'` and the like (GNU coreutils). Berlin is at +01:00, and at +02:00
// from 2026-03-29T01:00Z to 2026-10-25T01:00Z.
const cases: { name: string; window: [string, string, string?]; now: string; from: string; to: string }[] = [
  {
    name: 'March in Berlin begins in February of UTC, and has an hour less',
    window: ['1M', 'Europe/Berlin'],
    now: '2026-03-15T12:00Z',
    from: '2026-02-28T23:00Z',
    to: '2026-03-31T22:00Z',
  },
  {
    name: 'October has an hour more',
    window: ['1M', 'Europe/Berlin'],
    now: '2026-10-31T22:59Z',
    from: '2026-09-30T22:00Z',
    to: '2026-10-31T23:00Z',
  },
  {
    name: 'the first instant of a month is its own',
    window: ['1M', 'Europe/Berlin'],
    now: '2026-10-31T23:00Z',
    from: '2026-10-31T23:00Z',
    to: '2026-11-30T23:00Z',
  },
  {
    name: 'the first quarter in Berlin',
    window: ['1Q', 'Europe/Berlin'],
    now: '2026-03-31T21:59Z',
    from: '2025-12-31T23:00Z',
    to: '2026-03-31T22:00Z',
  },
  {
    name: 'a leap year in UTC',
    window: ['1Y', 'UTC'],
    now: '2028-12-31T23:59Z',
    from: '2028-01-01T00:00Z',
    to: '2029-01-01T00:00Z',
  },
  {
    name: 'a week from Monday to Monday',
    window: ['1w', 'Europe/Berlin'],
    now: '2026-01-01T12:00Z',
    from: '2025-12-28T23:00Z',
    to: '2026-01-04T23:00Z',
  },
  {
    name: 'the day on which summer time begins has 23 hours',
    window: ['1d', 'Europe/Berlin'],
    now: '2026-03-29T12:00Z',
    from: '2026-03-28T23:00Z',
    to: '2026-03-29T22:00Z',
  },
  {
    name: 'and the one on which it ends has 25',
    window: ['1d', 'Europe/Berlin'],
    now: '2026-10-25T12:00Z',
    from: '2026-10-24T22:00Z',
    to: '2026-10-25T23:00Z',
  },
  {
    name: 'a day without midnight, in Brazil of 2018, begins at one',
    window: ['1d', 'America/Sao_Paulo'],
    now: '2018-11-04T12:00Z',
    from: '2018-11-04T03:00Z',
    to: '2018-11-05T02:00Z',
  },
  {
    name: 'India is half an hour aside',
    window: ['1M', 'Asia/Kolkata'],
    now: '2026-03-01T00:00Z',
    from: '2026-02-28T18:30Z',
    to: '2026-03-31T18:30Z',
  },
  {
    name: 'months from the 31st end on the last day there is, and find back',
    window: ['1M', 'UTC', '2026-01-31'],
    now: '2026-03-01T00:00Z',
    from: '2026-02-28T00:00Z',
    to: '2026-03-31T00:00Z',
  },
  {
    name: 'two weeks from a start of its own, at noon',
    window: ['2w', 'UTC', '2026-01-07T12:00:00'],
    now: '2026-01-21T11:59Z',
    from: '2026-01-07T12:00Z',
    to: '2026-01-21T12:00Z',
  },
  {
    name: 'before the start the grid goes on',
    window: ['1Q', 'UTC', '2026-01-01'],
    now: '2025-12-31T00:00Z',
    from: '2025-10-01T00:00Z',
    to: '2026-01-01T00:00Z',
  },
]

describe('a calendar window', () => {
  for (const { name, window, now, from, to } of cases)
    test(name, () => {
      const [duration, timeZone, startTime = NEW_YEAR] = window
      expect(calendarWindow({ duration, timeZone, startTime }, utc(now))).toEqual({
        from: utc(from),
        to: utc(to),
      })
    })
})

test('windows hold their instant, and the next begins where one ends', () => {
  const window = fc.record({
    duration: fc.constantFrom('1d', '1w', '2w', '1M', '5M', '1Q', '1Y', '8h'),
    timeZone: fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
    ),
    startTime: fc.constantFrom(NEW_YEAR, '2025-10-26 02:30:00', '2024-02-29', '2025-03-31 23:59:00'),
  })
  const instant = fc.integer({ min: utc('2023-01-01'), max: utc('2031-01-01') })
  fc.assert(
    fc.property(window, instant, (calendar, now) => {
      const { from, to } = calendarWindow(calendar, now)
      expect(from <= now && now < to).toBe(true)
      expect(calendarWindow(calendar, to).from).toBe(to)
      expect(calendarWindow(calendar, from - 1).to).toBe(from)
    }),
  )
})

test('what is no window is refused with an example', () => {
  expect(() => calendarWindow({ duration: 'soon', timeZone: 'UTC', startTime: NEW_YEAR }, 0)).toThrow(
    'such as 1M',
  )
})
