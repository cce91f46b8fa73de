/** Simulated users of the registries: they pull sample images in every region, and now and then push one again. */
import type { Logger } from 'pino'
import { ask } from './ask.ts'
import { push } from './push.ts'
import { type Image, MANIFEST_TYPE, SAMPLE_IMAGES } from './sample-images.ts'
import { steadily } from './steady.ts'

/** Of this many pulls one is a push: of the same bytes, so that no storage grows. */
const PULLS_PER_PUSH = 20

export type Pulls = { registries: string[]; perSecond: number; random: () => number; log: Logger }

/** Pulls and pushes until aborted, `perSecond` in all regions together. */
export function pullAndPush({ registries, ...steady }: Pulls, signal: AbortSignal): Promise<void> {
  const { random } = steady
  const oneOf = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)]
  const once = async () => {
    const registry = oneOf(registries)
    const image = oneOf(SAMPLE_IMAGES)
    if (!registry || !image) return false
    if (random() >= 1 / PULLS_PER_PUSH) return pull(registry, image)
    await push(registry, image, { again: true })
    return true
  }
  return steadily({ what: 'pulls and pushes', ...steady }, once, signal)
}

/** As a client does: the manifest by tag, then what it names. False at the first answer that is not 200. */
export async function pull(registry: string, { repository, tags, blobs }: Image): Promise<boolean> {
  const base = `${registry}/v2/${repository}`
  const manifest = await ask(`${base}/manifests/${tags[0]}`, { headers: { accept: MANIFEST_TYPE } })
  if (manifest.status !== 200) return false
  for (const { digest } of blobs) if ((await ask(`${base}/blobs/${digest}`)).status !== 200) return false
  return true
}
