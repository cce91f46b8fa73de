import { expect, test } from 'vitest'
import { apart } from './apart.ts'

const a = 'a'.repeat(200)
const z = 'z'.repeat(200)
const around = (letter: string) => letter.repeat(30)

const cases: { name: string; saw: string; expected: string; says: string }[] = [
  { name: 'short texts are whole', saw: '0.5', expected: '0.51', says: 'saw 0.5, expected 0.51' },
  {
    name: 'a number amid a long text',
    saw: `${a}0.001${z}`,
    expected: `${a}0.002${z}`,
    says: `saw …${around('a').slice(4)}0.001${around('z')}…, expected …${around('a').slice(4)}0.002${around('z')}…`,
  },
  { name: 'a longer end', saw: a, expected: `${a}!`, says: `saw …${around('a')}, expected …${around('a')}!` },
  {
    name: 'a repeated letter',
    saw: a,
    expected: `a${a}`,
    says: `saw …${around('a')}, expected …${around('a')}a`,
  },
  {
    name: 'another beginning',
    saw: `on${z}`,
    expected: `off${z}`,
    says: `saw on${around('z')}…, expected off${around('z')}…`,
  },
  { name: 'nothing', saw: '', expected: a, says: `saw , expected ${a}` },
]
for (const { name, saw, expected, says } of cases) test(name, () => expect(apart(saw, expected)).toBe(says))
