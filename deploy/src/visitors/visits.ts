/** Simulated users of the hub: a steady, low rate of requests that nobody has to type. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { ask } from './ask.ts'
import { SAMPLE_IMAGES } from './sample-images.ts'

/** Slow answers do not slow the users down; but past this many at once new ones stay away. */
const MAX_UNDER_WAY = 50
const LOG_EVERY_SECONDS = 60

export type Visits = { hub: string; perSecond: number; random: () => number; log: Logger }

/** Visits until aborted. Users come on their own time: pauses vary from half the mean to one and a half. */
export async function visit({ hub, perSecond, random, log }: Visits, signal: AbortSignal): Promise<void> {
  const seen = { visits: 0, failed: 0, stayedAway: 0 }
  let underWay = 0
  const reporting = setInterval(() => {
    log.info({ ...seen }, 'simulated visits so far')
  }, LOG_EVERY_SECONDS * 1000)
  while (!signal.aborted) {
    await sleep(((0.5 + random()) / perSecond) * 1000, undefined, { signal }).catch(() => {})
    if (signal.aborted) break
    if (underWay >= MAX_UNDER_WAY) {
      seen.stayedAway++
      continue
    }
    underWay++
    seen.visits++
    ask(hub + nextPath(random))
      .then((response) => response.status < 500)
      .catch(() => false)
      .then((answered) => {
        underWay--
        if (!answered) seen.failed++
      })
  }
  clearInterval(reporting)
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
