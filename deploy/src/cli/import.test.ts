import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../process/test-parts.ts'
import { run } from './import.ts'
import { run as validate } from './validate.ts'

const SLOTH = `version: prometheus/v1
service: hub-api
slos:
  - name: availability
    objective: 99.9
    sli:
      events:
        error_query: sum(rate(errors_total[{{.window}}]))
        total_query: sum(rate(requests_total[{{.window}}]))
    alerting:
      name: HubErrors
`
const io = () => {
  const said = { out: [] as string[], err: [] as string[] }
  const out = (line: string) => said.out.push(line)
  return {
    said,
    io: { out, err: (line: string) => said.err.push(line), signal: new AbortController().signal },
  }
}

/** Imports the text as one file into an empty folder. */
async function imported(tool: string, text: string, json = false) {
  const folder = temporaryFolder()
  const file = join(folder, 'in.yaml')
  writeFileSync(file, text)
  const out = join(folder, 'specs')
  const { said, io: world } = io()
  const code = await run([tool, file], { out, window: '30d', owner: 'team-hub', json }, world)
  const files = readdirSync(folder).includes('specs') ? readdirSync(out) : []
  return {
    code,
    ...said,
    out: said.out.map((line) => line.replaceAll(file, 'in.yaml').replaceAll(out, 'specs')),
    folder: out,
    files,
  }
}

test('what was converted is written and valid; every field without an equivalent is a line', async () => {
  const { code, out, files, folder } = await imported('sloth', SLOTH)
  expect([code, files]).toEqual([0, ['hub-api.yaml']])
  expect(out).toEqual([
    'in.yaml:11:13: slos.0.alerting.name: kept as the annotation sloth.slok.dev/name; no rule uses it',
    '1 SLOs in 1 files in specs; 0 left out, 1 fields to look at',
  ])
  expect(await validate([folder], {}, io().io)).toBe(0)
  expect(readFileSync(join(folder, 'hub-api.yaml'), 'utf8')).toContain('plimsoll.dev/owner: team-hub')
})

test('an SLO that is left out is 1, and the others are written', async () => {
  const plugin = '  - name: other\n    objective: 99\n    sli:\n      plugin: {id: p}\n'
  const { code, out, files } = await imported('sloth', SLOTH + plugin, true)
  expect([code, files]).toEqual([1, ['hub-api.yaml']])
  expect(JSON.parse(out.join('\n'))).toMatchObject({ slos: 1, leftOut: 1, faults: [] })
})

test('with an input that cannot be read nothing is written', async () => {
  const { code, err, files } = await imported('sloth', `${SLOTH}\tbroken`)
  expect([code, files]).toEqual([1, []])
  expect(err.join()).toContain('SPEC_YAML')
})

test('an unknown tool is wrong usage', async () => {
  const { code, err } = await imported('datadog', SLOTH)
  expect([code, err]).toEqual([2, ['plimsoll import: saw datadog, expected sloth, pyrra, openslo']])
})
