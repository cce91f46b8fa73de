/**
 * Finds what notifications did not bring: a registry keeps those it could not deliver in memory, so a restart loses
 * them. A tag that one region has, another lacks, and no event is known of is put into the queue; tags that differ are
 * left alone, because nobody knows here which of them is the newer one.
 */
import { z } from 'zod'
import { isReplicated } from './app.ts'
import { digestOf } from './copy.ts'
import type { Queue } from './queue.ts'
import type { Direction } from './worker.ts'

const LIST_MS = 10_000
/** The most that docker-registry lists at once. */
const PAGE = 1000

const catalogSchema = z.object({ repositories: z.array(z.string()) })
const tagsSchema = z.object({ tags: z.array(z.string()).nullable() })

/** One pass over one direction; resolves to the number of tags that were found. Rejects when a registry fails. */
export async function reconcile({ source, target, from, to }: Direction, queue: Queue): Promise<number> {
  let found = 0
  for (const repository of (await repositories(from)).filter(isReplicated)) {
    const there = new Set(await tags(to, repository))
    for (const tag of (await tags(from, repository)).filter((one) => !there.has(one))) {
      const digest = await digestOf(from, repository, tag)
      if (digest && queue.addFound(source, target, repository, digest, tag)) found++
    }
  }
  return found
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

/** None of a repository that is not there, or whose last tag was deleted. */
async function tags(origin: string, repository: string): Promise<string[]> {
  const answer = await ask(`${origin}/v2/${repository}/tags/list`)
  const body = await answer.json()
  return answer.status === 404 ? [] : (tagsSchema.parse(body).tags ?? [])
}

async function ask(url: string): Promise<Response> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(LIST_MS) })
  if (answer.status === 200 || answer.status === 404) return answer
  await answer.body?.cancel()
  throw new Error(`${url}: saw ${answer.status}, expected 200`)
}
