/**
 * Puts a tree on disk so that a reader never sees half of it: files are written beside their places, renamed when all
 * are there, what the old MANIFEST listed and the new one does not is removed, and the MANIFEST comes last.
 */
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { PARTS, type Part, type Tree, type TreeFile, textOf } from './tree.ts'

const MANIFEST = 'MANIFEST.json'
type Manifest = { files: Record<string, string>; ruleCounts: Record<string, number> }

/** `parts` not built now keep their files and their place in the MANIFEST. */
export async function writeTree(folder: string, tree: Tree, parts: readonly Part[] = PARTS): Promise<void> {
  async function* files() {
    for (const [path, text] of tree) yield { path, chunks: [Buffer.from(text)] }
  }
  await writeFiles(folder, files(), parts)
}

/** The same for files as they come, MANIFEST last. Answers their paths. */
export async function writeFiles(
  folder: string,
  files: AsyncIterable<TreeFile>,
  parts: readonly Part[] = PARTS,
): Promise<string[]> {
  const old = await readManifest(folder)
  const untouched = PARTS.filter((part) => !parts.includes(part))
  const kept = Object.entries(old.files).filter(([path]) =>
    untouched.some((part) => path.startsWith(`${part}/`)),
  )
  const paths = new Set<string>()
  const written: string[] = []
  const folders = new Set<string>()
  const madeFolders: string[] = []
  try {
    for await (const { path, chunks } of files) {
      const file = join(folder, path)
      paths.add(path)
      if (!folders.has(dirname(file))) {
        folders.add(dirname(file))
        const first = mkdirSync(dirname(file), { recursive: true })
        if (first !== undefined) madeFolders.push(first)
      }
      written.push(file)
      writeChunks(beside(file), path === MANIFEST ? [merged(textOf(chunks), kept, untouched, old)] : chunks)
    }
    // Only now that every file could be made.
    const manifest = join(folder, MANIFEST)
    for (const file of written) if (file !== manifest) putInPlace(file)
    for (const path of Object.keys(old.files)) {
      if (!paths.has(path) && !kept.some(([one]) => one === path)) rmSync(join(folder, path), { force: true })
    }
    putInPlace(manifest)
  } catch (error) {
    for (const file of written) rmSync(beside(file), { force: true })
    for (const made of madeFolders) rmSync(made, { recursive: true, force: true })
    throw error
  }
  return [...paths]
}

function merged(text: string, kept: [string, string][], untouched: Part[], old: Manifest): string {
  const manifest = JSON.parse(text)
  manifest.files = Object.fromEntries([...Object.entries(manifest.files), ...kept].sort())
  if (untouched.includes('prometheus')) manifest.ruleCounts = old.ruleCounts
  return `${JSON.stringify(manifest, null, 2)}\n`
}

async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => undefined)
  if (text === undefined) return { files: {}, ruleCounts: {} }
  const refused = (saw: string, expected: string) =>
    new Error(
      `${join(folder, MANIFEST)}: saw ${saw}, expected ${expected}; remove the folder and build again`,
    )
  const manifest: unknown = JSON.parse(text)
  if (!isManifest(manifest)) throw refused('something else', 'the files and ruleCounts of a build')
  for (const path of Object.keys(manifest.files)) {
    // It says what to delete: a path that leaves the folder is refused.
    if (normalize(path).startsWith('..') || path.startsWith('/'))
      throw refused(path, 'a path inside the folder')
  }
  return manifest
}

function isManifest(value: unknown): value is Manifest {
  const { files, ruleCounts } = Object(value) as Record<string, unknown>
  return isMapOf('string', files) && isMapOf('number', ruleCounts)
}

function isMapOf(type: 'string' | 'number', value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).every((one) => typeof one === type)
}

function beside(file: string): string {
  return `${file}.${process.pid}.new`
}

function writeChunks(file: string, chunks: Iterable<Buffer | string>): void {
  const descriptor = openSync(file, 'w')
  try {
    for (const chunk of chunks) writeFileSync(descriptor, chunk)
  } finally {
    closeSync(descriptor)
  }
}

/** A file that would not change stays: no reader reloads for nothing. */
function putInPlace(file: string): void {
  const [now, next] = [statSync(file, { throwIfNoEntry: false }), statSync(beside(file))]
  if (now?.size === next.size && readFileSync(file).equals(readFileSync(beside(file)))) rmSync(beside(file))
  else renameSync(beside(file), file)
}
