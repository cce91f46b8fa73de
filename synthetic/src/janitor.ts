/**
 * Deletes what a prober that was killed left behind. A run deletes what it pushed; one that was killed cannot. Its tag
 * says when it began, so what is older than any run can be is a leftover, whichever process it was.
 */
import { randomBytes } from 'node:crypto'
import { startOfCanaryTag } from './canary-tag.ts'
import { RegistryClient } from './oci/client.ts'
import { parseRegistryUrl } from './oci/reference.ts'
import type { RegistryAddress } from './run.ts'
import { isUnsupported } from './verdict.ts'

/** A pass ends here; the next one goes on. */
export const MAX_DELETED = 100
const PASS_SECONDS = 30

export type Sweep = {
  registry: RegistryAddress
  repository: string
  /** Unix seconds: whatever began before is a leftover. */
  before: number
  signal: AbortSignal
}

/** How many leftovers are gone. Rejects with an `OciError` when the registry does not answer; 0 when it never deletes. */
export async function sweep({ registry, repository, before, signal }: Sweep): Promise<number> {
  const client = new RegistryClient({
    registry: parseRegistryUrl(registry.url),
    credentials: registry.credentials,
    scope: `repository:${repository}:pull,delete`,
    // Not sampled: no run is waiting for it.
    traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-00`,
    signal: AbortSignal.any([signal, AbortSignal.timeout(PASS_SECONDS * 1000)]),
    onStep: () => {},
  })
  let deleted = 0
  try {
    for (const tag of leftovers(await client.listTags(repository), before))
      if (await client.deleteTagged({ repository, tag })) deleted++
  } catch (error) {
    if (!isUnsupported(error)) throw error
  } finally {
    client.close()
  }
  return deleted
}

/** The oldest first, and no more than a pass deletes. */
export function leftovers(tags: string[], before: number): string[] {
  return tags
    .map((tag) => ({ tag, began: startOfCanaryTag(tag) ?? Number.POSITIVE_INFINITY }))
    .filter(({ began }) => began < before)
    .sort((a, b) => a.began - b.began)
    .slice(0, MAX_DELETED)
    .map(({ tag }) => tag)
}
