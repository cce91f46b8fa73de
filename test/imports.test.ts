/** The real import graph, file by file, held against the table "may import" of docs/architecture.md. */
import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { join } from 'node:path'
import { parseSync } from 'oxc-parser'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const packagePrefix = '@plimsoll/'

/** Folder → what it may import, as the architecture page says: package names, "all", or nothing. */
function allowedImports(): Map<string, string[]> {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `([\w-]+)\/` \|.*\| ([^|]+) \|$/gm)]
  return new Map(rows.map(([, folder = '', cell = '']) => [folder, wordsOf(cell)]))
}

function wordsOf(cell: string): string[] {
  if (cell === 'nothing of ours') return []
  const quoted = /`@plimsoll\/([\w/]+)`/.exec(cell)?.[1]
  return quoted ? [quoted] : cell.split(',').map((word) => word.trim())
}

type Import = { from: string; folder: string; to: string }

/** Imports that cross folders: by package name (`slo/plan`), or by a relative path that leaves the folder. */
async function crossings(): Promise<Import[]> {
  const files = await Array.fromAsync(glob('{*/src,test}/**/*.ts', { cwd: root }))
  return files.flatMap((from) => {
    const folder = from.split('/')[0] ?? ''
    const { module } = parseSync(from, readFileSync(join(root, from), 'utf8'))
    const specifiers = [
      ...module.staticImports.map((one) => one.moduleRequest.value),
      ...module.staticExports.flatMap((one) => one.entries.map((entry) => entry.moduleRequest?.value ?? '')),
    ]
    return specifiers.flatMap((specifier): Import[] => {
      if (specifier.startsWith(packagePrefix))
        return [{ from, folder, to: specifier.slice(packagePrefix.length) }]
      if (!specifier.startsWith('.')) return []
      const target = join(from, '..', specifier)
      return target.startsWith(`${folder}/`) ? [] : [{ from, folder, to: target }]
    })
  })
}

test('every import goes in a direction that docs/architecture.md allows', async () => {
  const allowed = allowedImports()
  expect([...allowed.keys()].sort()).toEqual([
    'alerts',
    'dashboards',
    'deploy',
    'instrumentation',
    'slo',
    'synthetic',
    'test',
  ])
  const found = await crossings()
  expect(found.length).toBeGreaterThan(10)
  const wrong = found.filter(({ folder, to }) => {
    const may = allowed.get(folder) ?? []
    const own = to === folder || to.startsWith(`${folder}/`)
    return !own && !may.includes('all') && !may.some((word) => to === word || to.startsWith(`${word}/`))
  })
  expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
})

test('nothing outside test/ reaches into another folder past its package name', async () => {
  const past = (await crossings()).filter(({ folder, to }) => folder !== 'test' && /\.(ts|mjs|js)$/.test(to))
  expect(past.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
})
