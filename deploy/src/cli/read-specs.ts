/** Reads specs from files, folders (recursively), globs and standard input (`-`), in a stable order. */
import { glob, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { Fault } from '@plimsoll/slo/plan'

/** A spec file is written by hand: more than this is a mistake or an attack. */
export const SPEC_MAX_BYTES = 1_000_000

export type SpecSource = { file: string; text: string }

export async function readSpecs(paths: string[]): Promise<{ sources: SpecSource[]; faults: Fault[] }> {
  const sources: SpecSource[] = []
  const faults: Fault[] = []
  for (const path of paths) {
    const files = path === '-' ? ['-'] : await filesOf(path)
    if (files.length === 0) {
      faults.push({
        code: 'SPEC_NOT_FOUND',
        at: path,
        saw: 'no .yaml or .yml file',
        expected: 'a spec file, a folder or a glob that has some',
        fix: 'check the path, or quote the glob',
      })
    }
    for (const file of files) {
      const read = await readSpec(file)
      if ('text' in read) sources.push(read)
      else faults.push(read)
    }
  }
  return { sources, faults }
}

async function filesOf(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile()) return [path]
  const pattern = found?.isDirectory() ? join(path, '**/*.{yaml,yml}') : path
  return (await Array.fromAsync(glob(pattern))).map((file) => relative('', file)).sort()
}

async function readSpec(file: string): Promise<SpecSource | Fault> {
  const name = file === '-' ? 'stdin' : file
  const bytes = file === '-' ? await buffer(process.stdin) : await readFile(file)
  if (bytes.length > SPEC_MAX_BYTES) {
    return {
      code: 'SPEC_TOO_LARGE',
      at: name,
      saw: `${bytes.length} bytes`,
      expected: `at most ${SPEC_MAX_BYTES}`,
      fix: 'split the file',
    }
  }
  try {
    return { file: name, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return {
      code: 'SPEC_NOT_UTF8',
      at: name,
      saw: 'bytes that are not UTF-8',
      expected: 'UTF-8 text',
      fix: 'save the file as UTF-8',
    }
  }
}
