/**
 * Finds what notifications did not bring: a registry keeps those it could not deliver in memory, so a restart loses
 * them. Every tag that one region has and another lacks is copied; tags that differ are left alone, because nobody
 * knows here which of them is the newer one.
 */
import type { Logger } from 'pino'
import { z } from 'zod'
import { isReplicated, others, type Registries } from './app.ts'
import { copyManifest } from './copy.ts'

const LIST_MS = 10_000
/** The most that docker-registry lists at once. */
const PAGE = 1000

const catalogSchema = z.object({ repositories: z.array(z.string()) })
const tagsSchema = z.object({ tags: z.array(z.string()).nullable() })

/** One pass over every region; resolves to the number of tags that were copied. Rejects when a registry fails. */
export async function reconcile(registries: Registries, log: Logger): Promise<number> {
  let copied = 0
  for (const [from, origin] of registries)
    for (const repository of (await repositories(origin)).filter((name) =>
      isReplicated({ repository: name }),
    ))
      for (const tag of await tags(origin, repository)) {
        const digest = await digestOf(origin, repository, tag)
        for (const to of digest === undefined ? [] : others(registries, from)) {
          const target = registries.get(to) ?? ''
          if ((await digestOf(target, repository, tag)) !== undefined) continue
          await copyManifest({ from: origin, to: target, repository }, digest ?? '', tag)
          log.info({ from, to, repository, tag }, 'copied what no notification had brought')
          copied++
        }
      }
  return copied
}

async function repositories(origin: string): Promise<string[]> {
  const all: string[] = []
  for (;;) {
    const answer = await ask(`${origin}/v2/_catalog?n=${PAGE}&last=${encodeURIComponent(all.at(-1) ?? '')}`)
    const { repositories: page } = catalogSchema.parse(await answer.json())
    all.push(...page)
    if (page.length < PAGE) return all
  }
}

/** None of a repository whose last tag was deleted. */
async function tags(origin: string, repository: string): Promise<string[]> {
  const answer = await ask(`${origin}/v2/${repository}/tags/list`)
  return answer.status === 404 ? [] : (tagsSchema.parse(await answer.json()).tags ?? [])
}

async function digestOf(origin: string, repository: string, tag: string): Promise<string | undefined> {
  const accept = 'application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, */*'
  const answer = await ask(`${origin}/v2/${repository}/manifests/${tag}`, {
    method: 'HEAD',
    headers: { accept },
  })
  return answer.status === 404 ? undefined : (answer.headers.get('docker-content-digest') ?? undefined)
}

async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(LIST_MS) })
  if (answer.status === 200 || answer.status === 404) return answer
  throw new Error(`${url}: saw ${answer.status}, expected 200`)
}
