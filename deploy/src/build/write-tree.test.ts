import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../process/test-parts.ts'
import type { Tree } from './tree.ts'
import { writeTree } from './write-tree.ts'

/** A tree of these files; hashes play no part in writing. */
function treeOf(files: Record<string, string>, ruleCounts: Record<string, number> = {}): Tree {
  const hashes = Object.fromEntries(Object.keys(files).map((path) => [path, `hash of ${files[path]}`]))
  const manifest = JSON.stringify({ version: 1, ruleCounts, files: hashes })
  return new Map([...Object.entries(files), ['MANIFEST.json', manifest]])
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
}

const read = (folder: string, file: string) => readFileSync(join(folder, file), 'utf8')

test('what the last build wrote and this one does not is removed; what somebody else put there stays', async () => {
  const folder = temporaryFolder()
  await writeTree(folder, treeOf({ 'plan.json': '1', 'grafana/dashboards/old.json': '1' }))
  writeFileSync(join(folder, 'grafana/dashboards/mine.json'), 'by hand')
  await writeTree(folder, treeOf({ 'plan.json': '2', 'grafana/dashboards/new.json': '2' }))
  expect(filesIn(folder)).toEqual([
    'MANIFEST.json',
    'grafana/dashboards/mine.json',
    'grafana/dashboards/new.json',
    'plan.json',
  ])
  expect(read(folder, 'plan.json')).toBe('2')
})

test('a file is replaced, not written over: who has it open reads the old one to its end', async () => {
  const folder = temporaryFolder()
  await writeTree(folder, treeOf({ 'plan.json': 'old', 'same.json': 'same' }))
  const inode = (file: string) => statSync(join(folder, file)).ino
  const before = { plan: inode('plan.json'), same: inode('same.json') }
  await writeTree(folder, treeOf({ 'plan.json': 'new', 'same.json': 'same' }))
  expect(inode('plan.json')).not.toBe(before.plan)
  expect(inode('same.json')).toBe(before.same) // untouched: no reader reloads for nothing
})

test('the same tree twice leaves every file as it was', async () => {
  const folder = temporaryFolder()
  const tree = treeOf({ 'plan.json': '1', 'prometheus/rules/hub.rules.yaml': '1' }, { hub: 3 })
  const snapshot = () =>
    filesIn(folder).map((file) => [file, statSync(join(folder, file)).ino, read(folder, file)])
  await writeTree(folder, tree)
  const first = snapshot()
  await writeTree(folder, tree)
  expect(snapshot()).toEqual(first)
})

test('parts that are not built keep their files, their hashes and their counts of rules', async () => {
  const folder = temporaryFolder()
  const rules = 'prometheus/rules/hub.rules.yaml'
  await writeTree(
    folder,
    treeOf({ 'plan.json': '1', [rules]: '1', 'grafana/a.json': '1', 'grafana/b.json': '1' }, { hub: 3 }),
  )
  await writeTree(folder, treeOf({ 'plan.json': '2', 'grafana/a.json': '2' }), ['grafana'])
  expect(filesIn(folder)).toEqual(['MANIFEST.json', 'grafana/a.json', 'plan.json', rules])
  expect(JSON.parse(read(folder, 'MANIFEST.json'))).toEqual({
    version: 1,
    ruleCounts: { hub: 3 },
    files: { 'plan.json': 'hash of 2', 'grafana/a.json': 'hash of 2', [rules]: 'hash of 1' },
  })
})

for (const path of ['../outside.txt', 'grafana/../../outside.txt', '/etc/passwd', '..']) {
  test(`a MANIFEST that lists ${path} is refused, and nothing is written or removed`, async () => {
    const folder = join(temporaryFolder(), 'out')
    mkdirSync(folder)
    writeFileSync(join(dirname(folder), 'outside.txt'), 'stays')
    const manifest = JSON.stringify({ ruleCounts: {}, files: { [path]: 'x' } })
    writeFileSync(join(folder, 'MANIFEST.json'), manifest)
    await expect(writeTree(folder, treeOf({ 'plan.json': '1' }))).rejects.toThrow(
      `${folder}/MANIFEST.json: saw ${path}, expected a path inside the folder; remove the folder and build again`,
    )
    expect(filesIn(dirname(folder))).toEqual(['out/MANIFEST.json', 'outside.txt'])
    expect(read(folder, 'MANIFEST.json')).toBe(manifest)
  })
}

for (const manifest of [
  'null',
  '{}',
  '{"ruleCounts": {}, "files": ["a"]}',
  '{"ruleCounts": {}, "files": {"a": 1}}',
]) {
  test(`a MANIFEST that is ${manifest} is refused, and nothing is written`, async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'MANIFEST.json'), manifest)
    await expect(writeTree(folder, treeOf({ 'plan.json': '1' }))).rejects.toThrow(
      `${folder}/MANIFEST.json: saw something else, expected the files and ruleCounts of a build; remove the folder and build again`,
    )
    expect(filesIn(folder)).toEqual(['MANIFEST.json'])
  })
}
