/**
 * Repositories and tags by region, as the registries' events tell them. Every event is merged by its own time, and the
 * newest wins: an event that comes twice, late or in another order leaves the same state, so no event id is remembered.
 * A deletion that comes before its push is kept as a tombstone for an hour.
 *
 * Canary repositories (`plimsoll/canary-*`) are answered by name, flagged, and kept out of lists and searches.
 */
import { DatabaseSync } from 'node:sqlite'
import type { RegistryEvent } from '../process/notification.ts'

export type Repository = {
  name: string
  /** True for what probers push: no user's. */
  canary: boolean
  tagCount: number
  /** Regions that hold it, in alphabetical order. */
  regions: string[]
  /** Time of its last change, ISO 8601. */
  updatedAt: string
}

/** One tag, and what it points at in each region: the same digest everywhere once replicated. */
export type Tag = { name: string; regions: TagInRegion[] }
export type TagInRegion = {
  region: string
  digest: string
  mediaType: string
  sizeBytes: number
  pushedAt: string
}

const TOMBSTONE_SECONDS = 3600
const PRUNE_EVERY_SECONDS = 600

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS manifests (
    repository TEXT NOT NULL,
    region TEXT NOT NULL,
    digest TEXT NOT NULL,
    media_type TEXT NOT NULL DEFAULT '',
    size_bytes INTEGER NOT NULL DEFAULT 0,
    pushed_at INTEGER NOT NULL DEFAULT 0,  -- microseconds since 1970; 0: not seen
    deleted_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (repository, region, digest)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS browsable ON manifests (repository)
    WHERE pushed_at > deleted_at AND repository NOT GLOB 'plimsoll/canary-*';
  CREATE INDEX IF NOT EXISTS tombstones ON manifests (deleted_at) WHERE pushed_at <= deleted_at;
  CREATE TABLE IF NOT EXISTS tags (
    repository TEXT NOT NULL,
    tag TEXT NOT NULL,
    region TEXT NOT NULL,
    digest TEXT NOT NULL DEFAULT '',
    pushed_at INTEGER NOT NULL DEFAULT 0,
    deleted_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (repository, tag, region)
  ) STRICT, WITHOUT ROWID;
  -- A tag is there while it is newer than its own deletion and that of its manifest.
  CREATE VIEW IF NOT EXISTS live_tags AS
    SELECT tags.*, media_type, size_bytes FROM tags JOIN manifests USING (repository, region, digest)
    WHERE tags.pushed_at > tags.deleted_at AND tags.pushed_at > manifests.deleted_at;`

const BROWSABLE = `FROM manifests INDEXED BY browsable
  WHERE pushed_at > deleted_at AND repository NOT GLOB 'plimsoll/canary-*'`

export class Catalogue {
  readonly #database: DatabaseSync
  readonly #statements: ReturnType<typeof prepare>
  readonly #nowSeconds: () => number
  #prunedAt = 0

  constructor(file: string, nowSeconds: () => number) {
    this.#database = new DatabaseSync(file, { timeout: 5000 })
    this.#database.exec(SCHEMA)
    this.#statements = prepare(this.#database)
    this.#nowSeconds = nowSeconds
  }

  /** Stores all or none. */
  merge(region: string, events: readonly RegistryEvent[]): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      for (const event of events) this.#mergeOne(region, event)
      this.#pruneWhenDue()
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }

  #mergeOne(region: string, event: RegistryEvent): void {
    const { repository, at } = event
    switch (event.kind) {
      case 'manifest-pushed':
        this.#statements.pushManifest.run(
          repository,
          region,
          event.digest,
          event.mediaType,
          event.sizeBytes,
          at,
        )
        if (event.tag) this.#statements.pushTag.run(repository, event.tag, region, event.digest, at)
        return
      case 'manifest-deleted':
        this.#statements.deleteManifest.run(repository, region, event.digest, at)
        return
      case 'tag-deleted':
        this.#statements.deleteTag.run(repository, event.tag, region, at)
    }
  }

  /** A page of users' repositories by name, those after `after`. */
  list(after: string, limit: number): Repository[] {
    return this.#statements.list.all(after, limit).map((row) => this.#describe(String(row.repository)))
  }

  /** Users' repositories whose name contains the text: an exact name first, then those that begin with it. */
  search(text: string, limit: number): Repository[] {
    const pattern = text.replaceAll(/[\\%_]/g, '\\$&')
    const found = this.#statements.search.all(`%${pattern}%`, text, `${pattern}%`, limit)
    return found.map((row) => this.#describe(String(row.repository)))
  }

  /** Undefined when no region holds a manifest of it. */
  find(name: string): Repository | undefined {
    return this.#statements.holdingRegions.get(name) ? this.#describe(name) : undefined
  }

  /** A page of a repository's tags by name, those after `after`. */
  tags(repository: string, after: string, limit: number): Tag[] {
    return this.#statements.tagNames.all(repository, after, limit).map((row) => {
      const name = String(row.tag)
      const regions = this.#statements.tagRegions.all(repository, name) as TagRow[]
      return { name, regions: regions.map(tagInRegion) }
    })
  }

  close(): void {
    this.#database.close()
  }

  #describe(name: string): Repository {
    const regions = this.#statements.holdingRegions.all(name) as { region: string; updated_at: number }[]
    return {
      name,
      canary: name.startsWith('plimsoll/canary-'),
      tagCount: Number(this.#statements.tagCount.get(name)?.count),
      regions: regions.map(({ region }) => region),
      updatedAt: isoTime(Math.max(...regions.map((row) => row.updated_at))),
    }
  }

  #pruneWhenDue(): void {
    const now = this.#nowSeconds()
    if (now - this.#prunedAt < PRUNE_EVERY_SECONDS) return
    this.#prunedAt = now
    const before = (now - TOMBSTONE_SECONDS) * 1e6
    this.#statements.pruneTags.run(before, before)
    this.#statements.pruneManifests.run(before)
  }
}

function prepare(database: DatabaseSync) {
  return {
    pushManifest: database.prepare(`
      INSERT INTO manifests (repository, region, digest, media_type, size_bytes, pushed_at) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET pushed_at = max(pushed_at, excluded.pushed_at),
        media_type = excluded.media_type, size_bytes = max(size_bytes, excluded.size_bytes)`),
    deleteManifest: database.prepare(`
      INSERT INTO manifests (repository, region, digest, deleted_at) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET deleted_at = max(deleted_at, excluded.deleted_at)`),
    // Two pushes in one microsecond: the greater digest, so that their order does not matter.
    pushTag: database.prepare(`
      INSERT INTO tags (repository, tag, region, digest, pushed_at) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET digest = excluded.digest, pushed_at = excluded.pushed_at
        WHERE (excluded.pushed_at, excluded.digest) > (pushed_at, digest)`),
    deleteTag: database.prepare(`
      INSERT INTO tags (repository, tag, region, deleted_at) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET deleted_at = max(deleted_at, excluded.deleted_at)`),
    list: database.prepare(
      `SELECT DISTINCT repository ${BROWSABLE} AND repository > ? ORDER BY repository LIMIT ?`,
    ),
    search: database.prepare(`SELECT DISTINCT repository ${BROWSABLE} AND repository LIKE ? ESCAPE '\\'
      ORDER BY repository = ? DESC, repository LIKE ? ESCAPE '\\' DESC, repository LIMIT ?`),
    holdingRegions: database.prepare(`
      SELECT region, max(max(pushed_at, deleted_at)) AS updated_at FROM manifests WHERE repository = ?
      GROUP BY region HAVING max(pushed_at > deleted_at) ORDER BY region`),
    tagCount: database.prepare('SELECT count(DISTINCT tag) AS count FROM live_tags WHERE repository = ?'),
    tagNames: database.prepare(`
      SELECT DISTINCT tag FROM live_tags WHERE repository = ? AND tag > ? ORDER BY tag LIMIT ?`),
    tagRegions: database.prepare('SELECT * FROM live_tags WHERE repository = ? AND tag = ? ORDER BY region'),
    pruneTags: database.prepare(`
      DELETE FROM tags WHERE pushed_at < ? AND deleted_at < ?
        AND (repository, tag, region) NOT IN (SELECT repository, tag, region FROM live_tags)`),
    pruneManifests: database.prepare(
      'DELETE FROM manifests WHERE pushed_at <= deleted_at AND deleted_at < ?',
    ),
  }
}

type TagRow = { region: string; digest: string; media_type: string; size_bytes: number; pushed_at: number }

function tagInRegion(row: TagRow): TagInRegion {
  return {
    region: row.region,
    digest: row.digest,
    mediaType: row.media_type,
    sizeBytes: row.size_bytes,
    pushedAt: isoTime(row.pushed_at),
  }
}

function isoTime(microseconds: number): string {
  return new Date(microseconds / 1000).toISOString()
}
