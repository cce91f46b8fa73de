/**
 * Puts a tree on disk so that a reader never sees half of it: each file is written beside its place and renamed,
 * what the old MANIFEST listed and the new one does not is removed, and the MANIFEST comes last.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { z } from 'zod'
import { PARTS, type Part, type Tree } from './tree.ts'

const MANIFEST = 'MANIFEST.json'
const manifestSchema = z.object({
  files: z.record(z.string(), z.string()),
  ruleCounts: z.record(z.string(), z.number()),
})

/** `parts` not built now keep their files and their place in the MANIFEST. */
export async function writeTree(folder: string, tree: Tree, parts: readonly Part[] = PARTS): Promise<void> {
  const old = await readManifest(folder)
  const untouched = PARTS.filter((part) => !parts.includes(part))
  const kept = Object.entries(old.files).filter(([path]) =>
    untouched.some((part) => path.startsWith(`${part}/`)),
  )
  for (const [path, text] of tree) if (path !== MANIFEST) await replace(join(folder, path), text)
  for (const path of Object.keys(old.files)) {
    if (!tree.has(path) && !kept.some(([one]) => one === path)) await rm(join(folder, path), { force: true })
  }
  const manifest = JSON.parse(tree.get(MANIFEST) ?? '{}')
  manifest.files = Object.fromEntries([...Object.entries(manifest.files), ...kept].sort())
  if (untouched.includes('prometheus')) manifest.ruleCounts = old.ruleCounts
  await replace(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`)
}

async function readManifest(folder: string): Promise<z.infer<typeof manifestSchema>> {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => undefined)
  if (text === undefined) return { files: {}, ruleCounts: {} }
  const manifest = manifestSchema.parse(JSON.parse(text))
  for (const path of Object.keys(manifest.files)) {
    // It says what to delete: a path that leaves the folder is refused.
    if (normalize(path).startsWith('..') || path.startsWith('/')) {
      throw new Error(
        `${join(folder, MANIFEST)}: saw ${path}, expected a path inside the folder; remove the folder and build again`,
      )
    }
  }
  return manifest
}

async function replace(file: string, text: string): Promise<void> {
  const current = await readFile(file, 'utf8').catch(() => undefined)
  if (current === text) return
  await mkdir(dirname(file), { recursive: true })
  const beside = `${file}.${process.pid}.new`
  await writeFile(beside, text)
  await rename(beside, file)
}
