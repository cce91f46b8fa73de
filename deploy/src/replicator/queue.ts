/**
 * What is still to be copied, on disk: a job for each changed tag or digest and each other region. The newest event of
 * a tag or digest wins in every region, so events may come twice, late, or in another order; what an older one asked
 * for is forgotten. A job stays until it is done: a replicator that is killed takes it up again.
 */
import { EventEmitter } from 'node:events'
import { DatabaseSync } from 'node:sqlite'
import type { RegistryEvent } from '../process/notification.ts'

export type Job = {
  id: number
  source: string
  target: string
  repository: string
  digest: string
  /** Of a push with a tag; else the digest alone is copied or deleted. */
  tag: string | undefined
  kind: 'push' | 'delete'
  /** When it happened, by the source's clock, microseconds since 1970. */
  at: number
  /** Since when it waits: the time of its event, or of the comparison that found it. Milliseconds since 1970. */
  sinceMs: number
  attempts: number
}

/** `oldestSeconds`: since when its oldest job waits, Unix time. */
export type Waiting = { source: string; target: string; pending: number; oldestSeconds: number }

/** Past it events are refused, and wait in the registry that sent them. A row has some 300 bytes. */
export const MAX_JOBS = 50_000
/** Events older than the newest of their tag are known for so long; a queue in a registry hardly lasts longer. */
const REMEMBER_SECONDS = 7 * 86_400
const PRUNE_EVERY_SECONDS = 600

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS newest (
    repository TEXT NOT NULL,
    reference TEXT NOT NULL,  -- tag or digest
    at INTEGER NOT NULL,
    PRIMARY KEY (repository, reference)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    repository TEXT NOT NULL,
    reference TEXT NOT NULL,
    digest TEXT NOT NULL,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    since_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before_ms INTEGER NOT NULL DEFAULT 0,
    UNIQUE (source, target, repository, reference)
  ) STRICT;`

export class Queue {
  /** Emits `added`. */
  readonly changes = new EventEmitter()
  readonly #database: DatabaseSync
  readonly #statements: ReturnType<typeof prepare>
  readonly #regions: string[]
  readonly #nowMs: () => number
  readonly #maxJobs: number
  #prunedAtMs = 0

  constructor(file: string, regions: string[], nowMs: () => number, maxJobs = MAX_JOBS) {
    this.#database = new DatabaseSync(file, { timeout: 5000 })
    this.#database.exec(SCHEMA)
    this.#statements = prepare(this.#database)
    this.#regions = regions
    this.#nowMs = nowMs
    this.#maxJobs = maxJobs
  }

  /** Stores the jobs of all events or none. False when there is no room for them. */
  add(source: string, events: readonly RegistryEvent[]): boolean {
    const others = this.#regions.filter((region) => region !== source)
    if (this.#size() + events.length * others.length > this.#maxJobs) return false
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      for (const event of events) this.#addOne(source, others, event)
      this.#pruneWhenDue()
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
    this.changes.emit('added')
    return true
  }

  /**
   * A tag that one region has and another lacks, without an event that says why. It is copied only when no event of it
   * is known: what was deleted must not come back, and what is under way comes by itself.
   */
  addFound(source: string, target: string, repository: string, digest: string, tag: string): boolean {
    const known = [tag, digest].some((one) => this.#statements.newest.get(repository, one))
    if (known || this.#size() >= this.#maxJobs) return false
    this.#statements.add.run(source, target, repository, tag, digest, 'push', 0, this.#nowMs())
    this.changes.emit('added')
    return true
  }

  #addOne(source: string, targets: string[], event: RegistryEvent): void {
    // Tags go with their manifest: a registry has no other way to delete one.
    if (event.kind === 'tag-deleted') return
    const { repository, digest, at } = event
    const kind = event.kind === 'manifest-pushed' ? 'push' : 'delete'
    const reference = (event.kind === 'manifest-pushed' && event.tag) || digest
    const newest = Number(this.#statements.newest.get(repository, reference)?.at ?? 0)
    if (at < newest) return
    // A push is newer than an earlier deletion of its digest as well.
    for (const one of new Set([reference, digest])) this.#statements.remember.run(repository, one, at)
    if (kind === 'push') this.#statements.forgetDeletion.run(repository, digest, at)
    this.#statements.forgetOlder.run(repository, reference, at)
    for (const target of targets)
      this.#statements.add.run(source, target, repository, reference, digest, kind, at, Math.floor(at / 1000))
  }

  /** The oldest job of a direction that is due. */
  next(source: string, target: string): Job | undefined {
    const row = this.#statements.next.get(source, target, this.#nowMs()) as JobRow | undefined
    if (!row) return undefined
    const { reference, since_ms: sinceMs, ...job } = row
    return { ...job, sinceMs, tag: reference === row.digest ? undefined : reference }
  }

  /** A newer event of the same tag has made a job of its own meanwhile; that one stays. */
  finish(job: Job): void {
    this.#statements.finish.run(job.id)
  }

  retry(job: Job, afterMs: number): void {
    this.#statements.retry.run(this.#nowMs() + afterMs, job.id)
  }

  /** Every direction that has jobs. */
  waiting(): Waiting[] {
    return (
      this.#statements.waiting.all() as { source: string; target: string; n: number; since_ms: number }[]
    ).map(({ source, target, n, since_ms }) => ({
      source,
      target,
      pending: n,
      oldestSeconds: since_ms / 1000,
    }))
  }

  close(): void {
    this.#database.close()
  }

  #size(): number {
    return Number(this.#statements.size.get()?.n)
  }

  #pruneWhenDue(): void {
    const nowMs = this.#nowMs()
    if (nowMs - this.#prunedAtMs < PRUNE_EVERY_SECONDS * 1000) return
    this.#prunedAtMs = nowMs
    this.#statements.prune.run((nowMs / 1000 - REMEMBER_SECONDS) * 1e6)
  }
}

type JobRow = Omit<Job, 'tag' | 'sinceMs'> & { reference: string; since_ms: number }

function prepare(database: DatabaseSync) {
  return {
    newest: database.prepare('SELECT at FROM newest WHERE repository = ? AND reference = ?'),
    remember: database.prepare(`
      INSERT INTO newest (repository, reference, at) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET at = max(at, excluded.at)`),
    forgetDeletion: database.prepare(
      `DELETE FROM jobs WHERE repository = ? AND digest = ? AND kind = 'delete' AND at <= ?`,
    ),
    forgetOlder: database.prepare('DELETE FROM jobs WHERE repository = ? AND reference = ? AND at < ?'),
    add: database.prepare(`
      INSERT INTO jobs (source, target, repository, reference, digest, kind, at, since_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO NOTHING`),
    next: database.prepare(`
      SELECT id, source, target, repository, reference, digest, kind, at, since_ms, attempts FROM jobs
      WHERE source = ? AND target = ? AND not_before_ms <= ? ORDER BY id LIMIT 1`),
    finish: database.prepare('DELETE FROM jobs WHERE id = ?'),
    retry: database.prepare('UPDATE jobs SET attempts = attempts + 1, not_before_ms = ? WHERE id = ?'),
    waiting: database.prepare(
      'SELECT source, target, count(*) AS n, min(since_ms) AS since_ms FROM jobs GROUP BY source, target',
    ),
    size: database.prepare('SELECT count(*) AS n FROM jobs'),
    prune: database.prepare('DELETE FROM newest WHERE at < ?'),
  }
}
