/** A log file with a bound: at `maxBytes` the file becomes `<file>.1` and a new one begins, so a child keeps two at most. */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

export const LOG_MAX_BYTES = 5_000_000

export function rotatingLog(file: string, maxBytes = LOG_MAX_BYTES): (chunk: Buffer) => void {
  mkdirSync(dirname(file), { recursive: true })
  let size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  return (chunk) => {
    if (size > 0 && size + chunk.length > maxBytes) {
      renameSync(file, `${file}.1`)
      size = 0
    }
    appendFileSync(file, chunk)
    size += chunk.length
  }
}
