/** The tables of the README and the code say the same, both ways. */
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { register } from 'prom-client'
import { expect, test } from 'vitest'
import { CONTRACT_CODES } from './contract.ts'
import { renderRed } from './exposition.ts'
import { OUTCOMES } from './faro/web-metrics.ts'
import { RedMeter } from './red-meter.ts'
import { LABEL } from './vocabulary.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const readme = readFileSync(`${here}../README.md`, 'utf8')

/** Rows of the table whose first column is headed `heading`: first cell → the other cells. */
function table(heading: string): Record<string, string[]> {
  const [, rows = ''] =
    new RegExp(`^\\| ${heading} \\|.*\\n\\|[ |-]+\\n((?:\\|.*\\n)+)`, 'm').exec(readme) ?? []
  return Object.fromEntries(
    rows
      .trim()
      .split('\n')
      .map((row) => {
        const [name = '', ...others] = row
          .slice(1, -1)
          .split('|')
          .map((cell) => cell.trim())
        return [name.replaceAll('`', ''), others]
      }),
  )
}

test('metrics and their types', () => {
  const text = [...renderRed(new RedMeter('hub', 1), 'text')].join('')
  const exposed = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type])
  const documented = Object.entries(table('metric')).map(([name, [type]]) => [name, type])
  expect(documented).toEqual(exposed)
})

test('web metrics and their types, and what can become of a batch', async () => {
  await import('./faro/receiver.ts')
  const exposed = [...(await register.metrics()).matchAll(/^# TYPE (\S*web_\S+) (\S+)$/gm)].map(
    ([, name = '', type = '']) => [name, type],
  )
  const rows = Object.entries(table('web metric'))
  expect(rows.map(([name, [type]]) => [name, type])).toEqual(exposed)
  expect(rows.at(-1)?.[1][1]).toContain(`outcome\`: ${OUTCOMES.join(', ')}`)
})

test('labels', () => {
  expect(Object.keys(table('label')).sort()).toEqual(Object.values<string>(LABEL).sort())
})

test('environment variables', () => {
  const read = new Set<string>()
  for (const file of globSync('**/*.ts', { cwd: here, exclude: ['**/*.test.ts', 'testing/**'] }))
    for (const [, name, numeric] of readFileSync(here + file, 'utf8').matchAll(
      /\benv\.([A-Z_]+)|wholeNumber\(env, '([A-Z_]+)'/g,
    ))
      read.add(name ?? numeric ?? '')
  expect(Object.keys(table('variable')).sort()).toEqual([...read].sort())
})

test('codes of the contract', () => {
  expect(Object.entries(table('code')).map(([code, [fault]]) => [code, fault])).toEqual(
    Object.entries(CONTRACT_CODES),
  )
})
