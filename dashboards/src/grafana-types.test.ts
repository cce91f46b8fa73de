import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { examplePlan } from './example.ts'
import { renderDashboards } from './render.ts'

const root = join(import.meta.dirname, '..', '..')

let folder: string
let dashboards: Map<string, string>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-test-'))
  dashboards = await renderDashboards(examplePlan())
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What the compiler says of these dashboards, written out as values of Grafana's own types; empty when they fit. */
async function typeErrors(texts: Iterable<string>): Promise<string> {
  const types = join(import.meta.dirname, 'grafana-types.ts')
  const values = [...texts].map((text, index) => `export const dashboard${index}: StrictDashboard = ${text}`)
  const source = `import type { StrictDashboard } from '${types}'\n${values.join('\n')}`
  await writeFile(join(folder, 'dashboards.mts'), source)
  const config = {
    extends: join(root, 'tsconfig.base.json'),
    compilerOptions: { types: [] },
    files: ['dashboards.mts'],
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  return new Promise((resolve) => {
    execFile(join(root, 'node_modules/.bin/tsc'), ['-p', folder], (error, stdout) =>
      resolve(stdout || error?.message || ''),
    )
  })
}

test("every dashboard is a value of Grafana's types, without a field too many", async () => {
  expect(await typeErrors(dashboards.values())).toBe('')
})

describe('Grafana would not know', () => {
  const cases = [
    { name: 'a field of a dashboard', from: '"editable"', to: '"editible"', saw: 'editible' },
    { name: 'a panel type', from: '"type": "bargauge"', to: '"type": "bargage"', saw: 'bargage' },
    { name: 'an option of a panel', from: '"colorMode"', to: '"colourMode"', saw: 'colourMode' },
    {
      name: 'a value of an option',
      from: '"colorMode": "background"',
      to: '"colorMode": "back"',
      saw: '"back"',
    },
    { name: 'a custom field of a panel', from: '"inspect"', to: '"inspects"', saw: 'inspects' },
    { name: 'a mode of thresholds', from: '"mode": "absolute"', to: '"mode": "relative"', saw: 'relative' },
    { name: 'a field of a query', from: '"expr"', to: '"expression"', saw: 'expression' },
    { name: 'a field of a link', from: '"keepTime"', to: '"keepsTime"', saw: 'keepsTime' },
    {
      name: 'a place in a table of mappings',
      from: '"type": "special"',
      to: '"type": "null"',
      saw: '"null"',
    },
  ]
  test.each(cases)('$name: $to', async ({ from, to, saw }) => {
    const text = dashboards.get('slo-overview.json') ?? ''
    expect(text).toContain(from)
    expect(await typeErrors([text.replace(from, to)])).toContain(saw)
  })
})
