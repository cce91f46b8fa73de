/** Reads specs from files, folders (recursively), globs and standard input (`-`), in a stable order. */
import { glob, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Fault, SpecSource } from '@plimsoll/slo/plan'

export async function readSpecs(paths: string[]): Promise<{ sources: SpecSource[]; faults: Fault[] }> {
  const sources: SpecSource[] = []
  const faults: Fault[] = []
  for (const path of paths) {
    if (path === '-') sources.push({ file: 'stdin', text: await text(process.stdin) })
    const files = path === '-' ? [] : await filesOf(path)
    if (path !== '-' && files.length === 0) faults.push(notFound(path))
    for (const file of files) sources.push({ file, text: await readFile(file, 'utf8') })
  }
  return { sources, faults }
}

async function filesOf(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile()) return [path]
  const pattern = found?.isDirectory() ? join(path, '**/*.{yaml,yml}') : path
  return (await Array.fromAsync(glob(pattern))).map((file) => relative('', file)).sort()
}

function notFound(path: string): Fault {
  return {
    code: 'SPEC_NOT_FOUND',
    at: path,
    saw: 'no .yaml or .yml file',
    expected: 'a spec file, a folder or a glob that has some',
    fix: 'check the path, or quote the glob',
  }
}
