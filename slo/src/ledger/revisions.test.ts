import { describe, expect, test } from 'vitest'
import { revise } from './revisions.ts'
import { DAY } from './time.ts'
import type { Promised, Revision } from './types.ts'

/** Days count from today: −10 is ten days ago. */
const revision = (name: string, day: number): Revision => ({
  slo: 'pull',
  revision: name,
  target: '0.99',
  effectiveFrom: day * DAY,
})
const promised = (name: string, day?: number): Promised => ({
  slo: 'pull',
  revision: name,
  target: '0.99',
  ...(day !== undefined && { effectiveFromSeconds: day * DAY }),
})
const TODAY = 0

const cases: {
  name: string
  stored: [string, number][]
  load: Promised
  becomes: [string, number][]
  refused?: true
}[] = [
  {
    name: 'the first promise begins when it is first seen',
    stored: [],
    load: promised('a'),
    becomes: [['a', TODAY]],
  },
  { name: 'or when it says', stored: [], load: promised('a', -10), becomes: [['a', -10]] },
  {
    name: 'the same one again changes nothing',
    stored: [['a', -5]],
    load: promised('a'),
    becomes: [['a', -5]],
  },
  {
    name: 'a changed one leaves the past to the one before',
    stored: [['a', -5]],
    load: promised('b'),
    becomes: [
      ['a', -5],
      ['b', TODAY],
    ],
  },
  {
    name: 'one for next week waits, and the present keeps its promise',
    stored: [['a', -5]],
    load: promised('b', 7),
    becomes: [
      ['a', -5],
      ['b', 7],
    ],
  },
  {
    name: 'deployed a day late, it still begins when it says',
    stored: [['a', -5]],
    load: promised('b', -1),
    becomes: [
      ['a', -5],
      ['b', -1],
    ],
  },
  {
    name: 'a date added to the promise in force moves its beginning',
    stored: [
      ['a', -5],
      ['b', -3],
    ],
    load: promised('b', -1),
    becomes: [
      ['a', -5],
      ['b', -1],
    ],
  },
  {
    name: 'a date removed leaves it where it was',
    stored: [
      ['a', -5],
      ['b', -3],
    ],
    load: promised('b'),
    becomes: [
      ['a', -5],
      ['b', -3],
    ],
  },
  {
    name: 'one that was for next week is withdrawn by a plan without it',
    stored: [
      ['a', -5],
      ['b', 7],
    ],
    load: promised('a'),
    becomes: [['a', -5]],
  },
  {
    name: 'or replaced by another, at once',
    stored: [
      ['a', -5],
      ['b', 7],
    ],
    load: promised('c'),
    becomes: [
      ['a', -5],
      ['c', TODAY],
    ],
  },
  {
    name: 'a date before the earlier promise began would erase that one: refused, and it begins today',
    stored: [['a', -5]],
    load: promised('b', -10),
    becomes: [
      ['a', -5],
      ['b', TODAY],
    ],
    refused: true,
  },
  {
    name: 'the same of a promise already in force: it stays where it was',
    stored: [
      ['a', -5],
      ['b', -3],
    ],
    load: promised('b', -5),
    becomes: [
      ['a', -5],
      ['b', -3],
    ],
    refused: true,
  },
  {
    name: 'two changes within one minute are one',
    stored: [
      ['a', -5],
      ['b', TODAY],
    ],
    load: promised('c'),
    becomes: [
      ['a', -5],
      ['c', TODAY],
    ],
  },
]

describe('a promise', () => {
  for (const { name, stored, load, becomes, refused = false } of cases)
    test(name, () =>
      expect(
        revise(
          stored.map(([one, day]) => revision(one, day)),
          load,
          TODAY,
        ),
      ).toEqual({
        revisions: becomes.map(([one, day]) => revision(one, day)),
        dateRefused: refused,
      }),
    )
})
