/**
 * Entries kept as JSON lines: appended to a file, the newest also in memory. Both are bounded. When the file reaches
 * its size it becomes `<file>.1` in place of the one before, so the two hold at most twice `maxBytes`.
 */
import { appendFileSync, readFileSync, renameSync, statSync } from 'node:fs'

export type RecentLogLimits = {
  /** Entries in memory. */
  maxEntries: number
  /** Size of the file before it is rotated, and of the entries in memory as JSON. Bytes. */
  maxBytes: number
}

export class RecentLog<Entry> {
  readonly #file: string
  readonly #limits: RecentLogLimits
  readonly #recent: { entry: Entry; bytes: number }[] = []
  #recentBytes = 0
  #fileBytes: number

  /** Takes up what an earlier process left. A last line cut short by a kill is left out, and ended. */
  constructor(file: string, limits: RecentLogLimits) {
    this.#file = file
    this.#limits = limits
    for (const line of [...linesOf(`${file}.1`), ...linesOf(file)]) {
      const entry = parsed<Entry>(line)
      if (entry !== undefined) this.#remember(entry, Buffer.byteLength(line) + 1)
    }
    this.#fileBytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0
    if (this.#fileBytes > 0 && !readFileSync(file, 'utf8').endsWith('\n')) this.#write('\n')
  }

  /** Stores entries in one write. */
  append(entries: readonly Entry[]): void {
    const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`)
    this.#write(lines.join(''))
    for (const [index, entry] of entries.entries())
      this.#remember(entry, Buffer.byteLength(lines[index] ?? ''))
  }

  /** The newest entries, oldest first. */
  entries(): Entry[] {
    return this.#recent.map(({ entry }) => entry)
  }

  #write(text: string): void {
    const bytes = Buffer.byteLength(text)
    if (this.#fileBytes > 0 && this.#fileBytes + bytes > this.#limits.maxBytes) {
      renameSync(this.#file, `${this.#file}.1`)
      this.#fileBytes = 0
    }
    appendFileSync(this.#file, text)
    this.#fileBytes += bytes
  }

  #remember(entry: Entry, bytes: number): void {
    this.#recent.push({ entry, bytes })
    this.#recentBytes += bytes
    while (this.#recent.length > this.#limits.maxEntries || this.#recentBytes > this.#limits.maxBytes) {
      this.#recentBytes -= this.#recent.shift()?.bytes ?? 0
    }
  }
}

function linesOf(file: string): string[] {
  if (!statSync(file, { throwIfNoEntry: false })) return []
  return readFileSync(file, 'utf8').split('\n').filter(Boolean)
}

function parsed<Entry>(line: string): Entry | undefined {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
