/**
 * Deletes canaries that nobody cleaned up: their prober was killed in the middle of a run, or the registry took no
 * deletion then. Their tags say when their run began; what is retained on purpose has a tag of another kind.
 */
import { startOfCanaryTag } from '@plimsoll/synthetic'
import { z } from 'zod'

const tagsSchema = z.object({ tags: z.array(z.string()).nullable() })
const ACCEPT = 'application/vnd.oci.image.manifest.v1+json'
const ANSWER_MS = 5000

/** Resolves to the number deleted. Rejects when the registry does not do its part; the rest is left for the next time. */
export async function deleteLeftovers(
  registry: string,
  repositories: string[],
  nowSeconds: number,
  minAgeSeconds: number,
): Promise<number> {
  let deleted = 0
  for (const repository of repositories) {
    const base = `${registry}/v2/${repository}`
    const answer = await ask('GET', `${base}/tags/list`)
    if (answer.status === 404) continue
    const tags = tagsSchema.parse(await answer.json()).tags ?? []
    for (const tag of tags) {
      const startedAt = startOfCanaryTag(tag)
      if (startedAt === undefined || nowSeconds - startedAt < minAgeSeconds) continue
      const found = await ask('HEAD', `${base}/manifests/${tag}`)
      const digest = found.headers.get('docker-content-digest')
      if (found.status === 404 || digest === null) continue
      await ask('DELETE', `${base}/manifests/${digest}`)
      deleted++
    }
  }
  return deleted
}

async function ask(method: string, url: string): Promise<Response> {
  const headers = { accept: ACCEPT, 'user-agent': 'plimsoll-sweep' }
  const answer = await fetch(url, { method, headers, signal: AbortSignal.timeout(ANSWER_MS) })
  if (answer.ok || answer.status === 404) return answer
  await answer.body?.cancel()
  throw new Error(`${method} ${url}: saw ${answer.status}`)
}
