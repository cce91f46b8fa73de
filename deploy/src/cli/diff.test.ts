import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort, temporaryFolder } from '../process/test-parts.ts'
import { run } from './diff.ts'

const SPECS = 'slo/specs'

async function diff(args: string[], options: Parameters<typeof run>[1] = {}) {
  const said = { out: [] as string[], err: [] as string[] }
  const io = { out: (line: string) => said.out.push(line), err: (line: string) => said.err.push(line) }
  const code = await run(args, options, { ...io, signal: new AbortController().signal })
  return { code, out: said.out.join('\n'), err: said.err.join('\n') }
}

test('the same specs are 0', async () => {
  expect(await diff([SPECS, SPECS])).toEqual({ code: 0, out: 'no change', err: '' })
})

test('a folder without specs has none yet: all of the new ones are added, 1', async () => {
  const { code, out } = await diff([temporaryFolder(), SPECS], { json: true })
  const { slos } = JSON.parse(out) as { slos: { change: string }[] }
  expect(code).toBe(1)
  expect(new Set(slos.map(({ change }) => change))).toEqual(new Set(['added']))
})

test('a side that is not there or not valid could not be compared: 3, with its faults', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'broken'))
  writeFileSync(join(folder, 'broken/a.yaml'), 'kind: Slo\n')
  const missing = await diff([join(folder, 'nowhere'), SPECS])
  expect({ code: missing.code, out: missing.out }).toEqual({ code: 3, out: '' })
  expect(missing.err).toContain('SPEC_NOT_FOUND')
  const broken = await diff([SPECS, join(folder, 'broken')])
  expect(broken.code).toBe(3)
  expect(broken.err).toContain('SPEC_KIND_UNKNOWN')
})

test('a Prometheus that does not answer is 3', async () => {
  expect((await diff([SPECS, SPECS], { prometheus: `http://127.0.0.1:${await freePort()}` })).code).toBe(3)
})

test('two forms at once are wrong usage', async () => {
  expect((await diff([SPECS, SPECS], { json: true, markdown: true })).code).toBe(2)
})
