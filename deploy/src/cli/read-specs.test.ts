import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
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

test('hidden files and folders are left out, and links to folders are not followed', async () => {
  const folder = specs()
  mkdirSync(join(folder, '.git'))
  writeFileSync(join(folder, '.git/d.yaml'), '# d')
  writeFileSync(join(folder, '.e.yaml'), '# e')
  symlinkSync(folder, join(folder, 'team/circle'))
  const { sources } = await readSpecs([folder])
  expect(sources.map(({ file }) => relative(folder, file))).toEqual(['a.yml', 'b.yaml', 'team/c.yaml'])
})

test('a file that two paths name is read once', async () => {
  const folder = specs()
  const { sources } = await readSpecs([join(folder, 'b.yaml'), folder, join(folder, '*.yaml')])
  expect(sources.filter(({ file }) => file.endsWith('b.yaml'))).toHaveLength(1)
})

test('a folder may have the characters of a pattern in its name', async () => {
  const folder = join(specs(), 'a[b]{c}*')
  mkdirSync(folder)
  writeFileSync(join(folder, 'd.yaml'), '# d')
  const { sources } = await readSpecs([folder])
  expect(sources.map(({ text }) => text)).toEqual(['# d'])
})

test('ten megabytes are refused unread, beside what the others gave', async () => {
  const folder = specs()
  writeFileSync(join(folder, 'large.yaml'), Buffer.alloc(10_000_000, '#'))
  const { sources, faults } = await readSpecs([folder])
  expect(sources).toHaveLength(3)
  expect(faults).toMatchObject([{ code: 'SPEC_TOO_LARGE', saw: 'more than 1000000 bytes' }])
})

test('what is there and cannot be read is a fault beside what the others gave', async () => {
  const folder = specs()
  symlinkSync('circle.yaml', join(folder, 'circle.yaml'))
  symlinkSync('nowhere', join(folder, 'lost.yaml'))
  mkdirSync(join(folder, 'folder.yaml'))
  const { sources, faults } = await readSpecs([folder, join(folder, '*.yaml'), join(folder, 'circle.yaml')])
  expect(sources).toHaveLength(3)
  const seen = faults.map(({ code, at, saw }) => [code, relative(folder, at), saw])
  expect(seen).toEqual([
    ['SPEC_UNREADABLE', 'circle.yaml', 'ELOOP'],
    ['SPEC_UNREADABLE', 'circle.yaml', 'ELOOP'],
    ['SPEC_UNREADABLE', 'lost.yaml', 'ENOENT'],
    ['SPEC_UNREADABLE', 'folder.yaml', 'EISDIR'],
  ])
})

test('a named pipe in a folder is passed over, as nobody may ever write into it', async () => {
  const folder = specs()
  execFileSync('mkfifo', [join(folder, 'pipe.yaml')])
  expect((await readSpecs([folder])).sources).toHaveLength(3)
})

test('a name with a line end stays on its line', async () => {
  const folder = specs()
  writeFileSync(join(folder, 'z\n\u001b[2J.yaml'), '')
  const { sources } = await readSpecs([folder])
  expect(sources.at(-1)?.file).toMatch(/z\\u\{a\}\\u\{1b\}\[2J\.yaml$/)
})
