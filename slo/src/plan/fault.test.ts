import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FAULT_CODES, formatFault, show, WARNING_CODES } from './fault.ts'

const source = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== 'fault.ts')
  .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
  .join('\n')
/** Raised where files are read, not where specs are compiled. */
const ELSEWHERE = ['SPEC_NOT_FOUND', 'SPEC_UNREADABLE']

test('ERRORS.md lists exactly the codes of the code, in order', () => {
  const text = readFileSync(join(import.meta.dirname, '../../ERRORS.md'), 'utf8')
  const listed = [...text.matchAll(/^\| `([A-Z_0-9]+)` \|/gm)].map(([, code]) => code)
  expect(listed).toEqual([...FAULT_CODES, ...WARNING_CODES])
})

test('every code is raised somewhere', () => {
  const codes = [...FAULT_CODES, ...WARNING_CODES].filter((code) => !ELSEWHERE.includes(code))
  expect(codes.filter((code) => !source.includes(`'${code}'`))).toEqual([])
})

test('a fault is one line', () => {
  const fault = { code: 'SPEC_YAML', at: 'a.yaml:1:2', saw: 'x', expected: 'y', fix: 'write y' }
  expect(formatFault(fault)).toBe('a.yaml:1:2: SPEC_YAML: saw x, expected y; write y')
})

test('what was seen is shown short, on one line and without control characters', () => {
  expect(show('two\nlines\u001b[31m')).toBe('two lines [31m')
  expect(show('')).toBe('an empty text')
  expect(show(undefined)).toBe('nothing')
  expect([null, true, 0.5, Number.POSITIVE_INFINITY, ['a']].map(show)).toEqual([
    'null',
    'true',
    '0.5',
    'Infinity',
    '["a"]',
  ])
  expect(show('x'.repeat(1000))).toHaveLength(78)
  expect(show('😀'.repeat(100))).toBe(`${'😀'.repeat(38)}…`)
  expect(show('page\n')).toBe('"page\\n"')
})
