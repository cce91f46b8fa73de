/**
 * Drops what deleted canaries leave on the disk of a running registry; probers delete them, also those of killed runs. Deleting a manifest frees no blob, docker-registry's own
 * garbage collection is safe only while nobody pushes, and it leaves the links of blobs behind for ever; at two probes
 * in ten seconds that is over a gigabyte a day. Canaries are special: their repositories are ours, their bytes are
 * random, and a run lasts seconds. What no manifest of such a repository refers to and is older than `minAgeMs` can
 * therefore be removed under a serving registry: nobody will ask for it or push it again. Blobs that any other
 * repository holds stay. Needs a registry without a cache of blob descriptors.
 *
 * The layout is that of distribution 2.8, "registry/storage/paths.go".
 */
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const CANARIES = 'plimsoll'
const CANARY = /^canary-/

const descriptor = z.object({ digest: z.string() })
const manifestSchema = z.object({ config: descriptor.optional(), layers: z.array(descriptor).default([]) })

/** Names of repositories that hold canaries. `storage` is the registry's root directory. */
async function canaryRepositories(storage: string): Promise<string[]> {
  const names = await list(join(storage, 'docker/registry/v2/repositories', CANARIES))
  return names.filter((name) => CANARY.test(name)).map((name) => `${CANARIES}/${name}`)
}

export type Swept = { blobs: number; bytes: number }

/** Does nothing where no canary was pushed. */
export async function sweepCanaries(storage: string, nowMs: number, minAgeMs: number): Promise<Swept> {
  const root = join(storage, 'docker/registry/v2')
  const swept: Swept = { blobs: 0, bytes: 0 }
  const names = await canaryRepositories(storage)
  if (names.length === 0) return swept
  const everywhere = await repositories(join(root, 'repositories'))
  for (const repository of names.map((name) => join(root, 'repositories', name))) {
    const kept = await referredTo(root, repository)
    for (const link of [...(await layers(repository)), ...(await revisions(repository))]) {
      if (kept.has(link.hex) || nowMs - (await modifiedMs(link.path)) < minAgeMs) continue
      // The link first: without it nobody reaches the blob, and what a crash leaves is found at the next start.
      await rm(link.path, { recursive: true, force: true })
      if (await isHeld(everywhere, link.hex)) continue
      swept.bytes += await removeBlob(root, link.hex)
      swept.blobs++
    }
  }
  return swept
}

/** Hex digests of the manifests that are there, and of what they refer to. */
async function referredTo(root: string, repository: string): Promise<Set<string>> {
  const kept = new Set<string>()
  for (const { hex, path } of await revisions(repository)) {
    if (!(await exists(join(path, 'link')))) continue
    kept.add(hex)
    const { config, layers } = manifestSchema.parse(
      JSON.parse(await readFile(join(blob(root, hex), 'data'), 'utf8')),
    )
    for (const { digest } of config ? [...layers, config] : layers) kept.add(digest.replace(/^sha256:/, ''))
  }
  return kept
}

type Link = { hex: string; path: string }

async function layers(repository: string): Promise<Link[]> {
  return linksIn(join(repository, '_layers/sha256'))
}

/** Of a deleted manifest the directory stays, without its link. */
async function revisions(repository: string): Promise<Link[]> {
  return linksIn(join(repository, '_manifests/revisions/sha256'))
}

async function linksIn(folder: string): Promise<Link[]> {
  return (await list(folder)).map((hex) => ({ hex, path: join(folder, hex) }))
}

async function isHeld(repositories: string[], hex: string): Promise<boolean> {
  for (const repository of repositories)
    for (const links of ['_layers', '_manifests/revisions'])
      if (await exists(join(repository, links, 'sha256', hex, 'link'))) return true
  return false
}

/** Bytes that it had. */
async function removeBlob(root: string, hex: string): Promise<number> {
  const folder = blob(root, hex)
  const bytes = (await stat(join(folder, 'data')).catch(() => undefined))?.size ?? 0
  await rm(folder, { recursive: true, force: true })
  return bytes
}

function blob(root: string, hex: string): string {
  return join(root, 'blobs/sha256', hex.slice(0, 2), hex)
}

/** Folders of repositories, at any depth: those with manifests or layers of their own. */
async function repositories(folder: string): Promise<string[]> {
  const names = await list(folder)
  const nested = await Promise.all(
    names.filter((name) => !name.startsWith('_')).map((name) => repositories(join(folder, name))),
  )
  return [...(names.some((name) => name.startsWith('_')) ? [folder] : []), ...nested.flat()]
}

/** When it, or the link in it, was last written: a blob that is pushed again is as young as its last push. */
async function modifiedMs(path: string): Promise<number> {
  const times = await Promise.all(
    [path, join(path, 'link')].map(async (one) => (await stat(one).catch(() => undefined))?.mtimeMs ?? 0),
  )
  return Math.max(...times)
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}

async function list(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
    throw error
  })
}
