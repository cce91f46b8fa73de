/**
 * Envelopes on disk until the ledger has acknowledged them: one file each, never changed once it is there.
 * `<epoch>-<sequence>.json` sorts in the order of sending, an earlier epoch first.
 */
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Envelope, ProbeResult } from '@plimsoll/instrumentation/envelope'

export type SpoolOptions = {
  directory: string
  producer: string
  maxBytes: number
  nowMs: number
  /** Called for each envelope that is given up because the spool is full. */
  onDropped: () => void
}

type Entry = { name: string; sizeBytes: number }

const ENVELOPE_FILE = /^\d{13}-\d{10}\.json$/
/** Refused envelopes are kept for a person to read; older ones go. */
const MAX_REFUSED = 100

export class Spool {
  readonly epoch: number
  readonly #options: SpoolOptions
  #entries: Entry[]
  #sequence = 0
  /** The entry that is being sent: it is not dropped, it may be acknowledged already. */
  #sending: Entry | undefined
  /** Appends wait for each other, so that sequence and order agree. */
  #lastAppend: Promise<void> = Promise.resolve()
  #wake: () => void = () => {}

  private constructor(options: SpoolOptions, epoch: number, entries: Entry[]) {
    this.#options = options
    this.epoch = epoch
    this.#entries = entries
  }

  /** Takes over what an earlier process left, and starts a new epoch, later than any before it whatever the clock. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const { directory, nowMs } = options
    await mkdir(join(directory, 'refused'), { recursive: true })
    const names = (await readdir(directory)).sort()
    await Promise.all(names.filter((name) => name.endsWith('.tmp')).map((name) => rm(join(directory, name))))
    const entries: Entry[] = []
    for (const name of names.filter((name) => ENVELOPE_FILE.test(name)))
      entries.push({ name, sizeBytes: (await stat(join(directory, name))).size })
    const before = Number(await readFile(join(directory, 'epoch'), 'utf8').catch(() => '0'))
    const leftover = Number(entries.at(-1)?.name.slice(0, 13) ?? 0)
    const epoch = Math.max(nowMs, (Number.isSafeInteger(before) ? before : 0) + 1, leftover + 1)
    await writeDurably(directory, 'epoch', String(epoch))
    return new Spool(options, epoch, entries)
  }

  get pending(): number {
    return this.#entries.length
  }

  /** Durable when it returns. Rejects when the disk takes no more; the result is then in no envelope. */
  append(result: ProbeResult): Promise<void> {
    const append = this.#lastAppend.then(() => this.#write(result))
    this.#lastAppend = append.catch(() => {})
    return append
  }

  /** The oldest envelope, as it will be sent, or undefined when there is none. */
  async oldest(): Promise<{ name: string; body: string } | undefined> {
    for (;;) {
      const entry = this.#entries[0]
      this.#sending = entry
      if (!entry) return undefined
      const body = await readFile(this.#path(entry.name), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
      })
      if (body !== undefined) return { name: entry.name, body }
      // Somebody removed the file: it can never be sent.
      this.#forget(entry)
      this.#options.onDropped()
    }
  }

  async acknowledge(name: string): Promise<void> {
    await rm(this.#path(name), { force: true })
    this.#forget({ name })
  }

  /** Sets an envelope aside that the ledger will never take. Returns where it is. */
  async refuse(name: string): Promise<string> {
    const refused = join(this.#options.directory, 'refused')
    await rename(this.#path(name), join(refused, name))
    this.#forget({ name })
    const names = (await readdir(refused)).sort()
    await Promise.all(names.slice(0, -MAX_REFUSED).map((old) => rm(join(refused, old), { force: true })))
    return join(refused, name)
  }

  /** Resolves when something was appended since, or the signal says stop. */
  async changed(signal: AbortSignal): Promise<void> {
    if (this.pending > 0 || signal.aborted) return
    await new Promise<void>((resolve) => {
      this.#wake = () => {
        signal.removeEventListener('abort', this.#wake)
        resolve()
      }
      signal.addEventListener('abort', this.#wake)
    })
  }

  async #write(result: ProbeResult): Promise<void> {
    const { producer, directory } = this.#options
    const sequence = this.#sequence++
    const key = { schema: 'plimsoll/envelope/1', producer, epoch: this.epoch, sequence } as const
    const envelope: Envelope = { ...key, kind: 'probe-results', results: [result] }
    const body = JSON.stringify(envelope)
    const name = `${String(this.epoch).padStart(13, '0')}-${String(sequence).padStart(10, '0')}.json`
    await writeDurably(directory, name, body)
    this.#entries.push({ name, sizeBytes: Buffer.byteLength(body) })
    await this.#dropOldest()
    this.#wake()
  }

  async #dropOldest(): Promise<void> {
    let totalBytes = this.#entries.reduce((total, entry) => total + entry.sizeBytes, 0)
    while (totalBytes > this.#options.maxBytes) {
      const entry = this.#entries.find((candidate) => candidate !== this.#sending)
      if (!entry) return
      this.#forget(entry)
      await rm(this.#path(entry.name), { force: true })
      totalBytes -= entry.sizeBytes
      this.#options.onDropped()
    }
  }

  #forget({ name }: { name: string }): void {
    this.#entries = this.#entries.filter((entry) => entry.name !== name)
    if (this.#sending?.name === name) this.#sending = undefined
  }

  #path(name: string): string {
    return join(this.#options.directory, name)
  }
}

/** Whole or not there at all, also after a power cut: written beside, synced, renamed, and the directory synced. */
async function writeDurably(directory: string, name: string, text: string): Promise<void> {
  const temporary = join(directory, `${name}.tmp`)
  try {
    const file = await open(temporary, 'w', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, join(directory, name))
    const parent = await open(directory)
    await parent.sync().finally(() => parent.close())
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  }
}
