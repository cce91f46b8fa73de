import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../process/test-parts.ts'
import { run } from './validate.ts'

async function validate(text: string) {
  const file = join(temporaryFolder(), 'spec.yaml')
  writeFileSync(file, text)
  const out: string[] = []
  const err: string[] = []
  const io = { out: (line: string) => out.push(line), err: (line: string) => err.push(line) }
  const code = await run([file], {}, { ...io, signal: new AbortController().signal })
  return { code, out, err: err.map((line) => line.replace(/^\S+ /, '')) }
}

test('a file of data sources alone is valid OpenSLO', async () => {
  const text =
    'apiVersion: openslo/v1\nkind: DataSource\nmetadata: {name: metrics}\nspec: {type: Prometheus}\n'
  expect(await validate(text)).toEqual({ code: 0, out: ['0 SLOs, 0 faults, 0 warnings'], err: [] })
})

test('a file of nothing is not', async () => {
  const { code, err } = await validate('# nothing\n')
  expect(code).toBe(1)
  expect(err.join()).toContain('SPEC_NOTHING: saw no SLO')
})

test('of thousands of faults the first thousand are printed, and the others counted', async () => {
  const { err, out } = await validate(`[${'{},'.repeat(2_500)}]`)
  expect(err).toHaveLength(1001)
  expect(err.at(-1)).toBe('more of them: 1500 SPEC_KIND_UNKNOWN; plimsoll validate --json has all')
  expect(out).toEqual(['0 SLOs, 2500 faults, 0 warnings'])
})
