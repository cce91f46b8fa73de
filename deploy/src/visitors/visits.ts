/** Simulated users of the hub: what they ask for. */
import type { Logger } from 'pino'
import { ask } from './ask.ts'
import { SAMPLE_IMAGES } from './sample-images.ts'
import { steadily } from './steady.ts'

export type Visits = { hub: string; perSecond: number; random: () => number; log: Logger }

/** Visits until aborted. */
export function visit({ hub, ...steady }: Visits, signal: AbortSignal): Promise<void> {
  const once = async () => (await ask(hub + nextPath(steady.random))).status < 500
  return steadily({ what: 'visits', ...steady }, once, signal)
}

/** What a user asks for next: of ten, four browse, three open a repository, two look at tags, one searches. */
export function nextPath(random: () => number): string {
  const names = SAMPLE_IMAGES.map(({ repository }) => repository)
  const name = names[Math.floor(random() * names.length)] ?? 'samples/web'
  const choice = random()
  if (choice < 0.4) return '/api/v1/repositories'
  if (choice < 0.7) return `/api/v1/repositories/${name}`
  if (choice < 0.9) return `/api/v1/repositories/${name}/tags`
  return `/api/v1/search?q=${name.slice(name.indexOf('/') + 1)}`
}
