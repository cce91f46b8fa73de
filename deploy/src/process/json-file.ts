/** A small JSON file that is always whole: written beside and renamed. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'

/** The file's content, or undefined when there is none yet. Throws when it is not JSON. */
export function readJsonFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`${file}: not readable as JSON; delete it to start afresh`, { cause: error })
  }
}

export function writeJsonFile(file: string, value: unknown): void {
  const beside = `${file}.new`
  writeFileSync(beside, `${JSON.stringify(value)}\n`)
  renameSync(beside, file)
}
