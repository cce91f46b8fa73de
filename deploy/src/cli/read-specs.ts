/** Reads specs from files, folders (recursively), globs and standard input (`-`), in a stable order. */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { type Fault, SPEC_MAX_BYTES, type SpecSource } from '@plimsoll/slo/plan'

export async function readSpecs(paths: string[]): Promise<{ sources: SpecSource[]; faults: Fault[] }> {
  const sources: SpecSource[] = []
  const faults: Fault[] = []
  // A file that two paths name is one file.
  const files = new Map<string, string>()
  for (const path of paths) {
    try {
      const found = path === '-' ? [path] : await filesOf(path)
      if (found.length === 0) faults.push(notFound(path))
      for (const file of found) if (!files.has(resolve(file))) files.set(resolve(file), file)
    } catch (error) {
      faults.push(unreadable(path, error))
    }
  }
  for (const file of files.values()) {
    const name = file === '-' ? 'stdin' : oneLine(file)
    try {
      const text = file === '-' ? await standardInput() : boundedFile(file)
      if (text === undefined) faults.push(tooLarge(name))
      else sources.push({ file: name, text })
    } catch (error) {
      faults.push(unreadable(file, error))
    }
  }
  return { sources, faults }
}

/** A name as a message shows it: a file system allows line ends in names, and what moves a terminal's cursor. */
function oneLine(name: string): string {
  return name.replace(/\p{C}/gu, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`)
}

/** Undefined for more than a spec may have: what follows is not even read. */
async function standardInput(): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of process.stdin) {
    size += chunk.byteLength
    if (size > SPEC_MAX_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Read to the end and not to its size, which a named pipe does not have; undefined as above. */
function boundedFile(file: string): string | undefined {
  const descriptor = openSync(file, 'r')
  try {
    let size = 0
    for (let read = -1; read !== 0 && size <= SPEC_MAX_BYTES; size += read)
      read = readSync(descriptor, buffer, size, buffer.length - size, null)
    return size > SPEC_MAX_BYTES ? undefined : buffer.toString('utf8', 0, size)
  } finally {
    closeSync(descriptor)
  }
}

/** One for all files; a byte more than a spec may have shows that it has more. Pages not written to cost nothing. */
const buffer = Buffer.allocUnsafeSlow(SPEC_MAX_BYTES + 1)

async function filesOf(path: string): Promise<string[]> {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found && !found.isDirectory()) return [path]
  const files = found ? specsIn(path) : await Array.fromAsync(glob(path))
  return files.map((file) => relative('', file)).sort()
}

/** As a shell's pattern would: without hidden files, and without following links to folders, which may be circles. */
function specsIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.name.startsWith('.')) return []
    if (entry.isDirectory()) return specsIn(path)
    // Nobody may ever write into a named pipe that lies there; one that is asked for by name is read.
    const readable = entry.isFile() || entry.isSymbolicLink()
    return readable && /\.ya?ml$/.test(entry.name) ? [path] : []
  })
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
    at: oneLine(path),
    saw: 'no .yaml or .yml file',
    expected: 'a spec file, a folder or a glob that has some',
    fix: 'check the path, or quote the glob',
  }
}

function unreadable(path: string, error: unknown): Fault {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return {
    code: 'SPEC_UNREADABLE',
    at: oneLine(path),
    saw: code,
    expected: 'a file that can be read',
    fix: 'check its permissions, and where links lead',
  }
}
