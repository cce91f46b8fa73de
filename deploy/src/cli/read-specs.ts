/** Reads specs from files, folders (recursively), globs and standard input (`-`), in a stable order. */
import { createReadStream } from 'node:fs'
import { glob, stat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { type Fault, SPEC_MAX_BYTES, type SpecSource } from '@plimsoll/slo/plan'

export async function readSpecs(paths: string[]): Promise<{ sources: SpecSource[]; faults: Fault[] }> {
  const sources: SpecSource[] = []
  const faults: Fault[] = []
  // A file that two paths name is one file.
  const files = new Map<string, string>()
  for (const path of paths) {
    const found = path === '-' ? [path] : await filesOf(path)
    if (found.length === 0) faults.push(notFound(path))
    for (const file of found) if (!files.has(resolve(file))) files.set(resolve(file), file)
  }
  for (const file of files.values()) {
    const name = file === '-' ? 'stdin' : file
    const text = await boundedText(file === '-' ? process.stdin : createReadStream(file))
    if (text === undefined) faults.push(tooLarge(name))
    else sources.push({ file: name, text })
  }
  return { sources, faults }
}

/** Undefined for more than a spec may have: what follows is not even read. */
async function boundedText(stream: AsyncIterable<Buffer>): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.byteLength
    if (size > SPEC_MAX_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function filesOf(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile()) return [path]
  // Relative to the folder, whose name may have characters of a pattern.
  const inside = found?.isDirectory() ? glob('**/*.{yaml,yml}', { cwd: path }) : glob(path)
  const files = await Array.fromAsync(inside)
  return files.map((file) => relative('', found ? join(path, file) : file)).sort()
}

function tooLarge(file: string): Fault {
  return {
    code: 'SPEC_TOO_LARGE',
    at: `${file}:1:1`,
    saw: `more than ${SPEC_MAX_BYTES} bytes`,
    expected: `at most ${SPEC_MAX_BYTES} bytes`,
    fix: 'split the file',
  }
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
