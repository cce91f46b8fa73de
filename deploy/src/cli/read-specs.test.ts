import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../process/test-parts.ts'
import { readSpecs } from './read-specs.ts'

function specs(): string {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'team'))
  for (const file of ['b.yaml', 'a.yml', 'notes.md', 'team/c.yaml'])
    writeFileSync(join(folder, file), `# ${file}\n`)
  return folder
}

const cases: { name: string; path: string; files: string[] }[] = [
  {
    name: 'a folder gives its .yaml and .yml files at every depth, sorted',
    path: '.',
    files: ['a.yml', 'b.yaml', 'team/c.yaml'],
  },
  { name: 'a file is read whatever its ending', path: 'notes.md', files: ['notes.md'] },
  { name: 'a glob gives what it matches', path: '*.y*ml', files: ['a.yml', 'b.yaml'] },
]
for (const { name, path, files } of cases)
  test(name, async () => {
    const folder = specs()
    const { sources, faults } = await readSpecs([join(folder, path)])
    expect(faults).toEqual([])
    expect(sources.map(({ file, text }) => [relative(folder, file), text])).toEqual(
      files.map((file) => [file, `# ${file}\n`]),
    )
  })

test('paths are read in the order given', async () => {
  const folder = specs()
  const { sources } = await readSpecs([join(folder, 'b.yaml'), join(folder, 'a.yml')])
  expect(sources.map(({ text }) => text)).toEqual(['# b.yaml\n', '# a.yml\n'])
})

for (const path of ['nowhere', 'nowhere/*.yaml', 'empty'])
  test(`${path}: a path without a spec is a fault beside what the others gave`, async () => {
    const folder = specs()
    mkdirSync(join(folder, 'empty'))
    const { sources, faults } = await readSpecs([join(folder, path), join(folder, 'b.yaml')])
    expect(sources.map(({ text }) => text)).toEqual(['# b.yaml\n'])
    expect(faults).toMatchObject([{ code: 'SPEC_NOT_FOUND', at: join(folder, path) }])
  })
