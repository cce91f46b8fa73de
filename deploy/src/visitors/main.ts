/**
 * Simulated users of the local stack: they browse the hub, pull and push in every region at a steady, low rate, so that
 * there is users' traffic to keep a budget of. At start they push a few sample images to the first region.
 *
 *   HUB_URL              the hub, e.g. http://127.0.0.1:4704
 *   REGISTRY_URLS        the registries' proxies, e.g. http://127.0.0.1:4713,http://127.0.0.1:4723
 *   REQUESTS_PER_SECOND  to the hub; 2 when not set
 *   PULLS_PER_SECOND     in all regions together; 1 when not set
 *
 * It listens nowhere and keeps no state.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { z } from 'zod'
import { origin, readSettings } from '../process/settings.ts'
import { ask } from './ask.ts'
import { pullAndPush } from './pulls.ts'
import { push } from './push.ts'
import { SAMPLE_IMAGES } from './sample-images.ts'
import { visit } from './visits.ts'

const settings = readSettings(
  'visitors',
  z.object({
    HUB_URL: origin,
    REGISTRY_URLS: z
      .string()
      .transform((text) => text.split(','))
      .pipe(z.array(origin).min(1)),
    REQUESTS_PER_SECOND: z.coerce.number().positive().max(100).default(2),
    PULLS_PER_SECOND: z.coerce.number().positive().max(100).default(1),
  }),
)
const log = pino({ name: 'visitors' })
const stopping = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    stopping.abort()
    process.exit(0)
  })
}

// Each begins when its own part is there: a broken registry must not look like users who stay away from the hub.
await Promise.all([visitHub(), useRegistries()])

async function visitHub(): Promise<void> {
  await ready(`${settings.HUB_URL}/healthz`)
  log.info(
    { hub: settings.HUB_URL, perSecond: settings.REQUESTS_PER_SECOND },
    'simulated users begin to visit',
  )
  const { HUB_URL: hub, REQUESTS_PER_SECOND: perSecond } = settings
  await visit({ hub, perSecond, random: Math.random, log }, stopping.signal)
}

async function useRegistries(): Promise<void> {
  const { REGISTRY_URLS: registries, PULLS_PER_SECOND: perSecond } = settings
  const [first = ''] = registries
  await ready(`${first}/v2/`)
  for (const image of SAMPLE_IMAGES) await untilDone(() => push(first, image))
  log.info({ images: SAMPLE_IMAGES.length }, 'sample images pushed')
  await pullAndPush({ registries, perSecond, random: Math.random, log }, stopping.signal)
}

async function ready(url: string): Promise<void> {
  while ((await ask(url).catch(() => undefined))?.status !== 200) await sleep(500)
}

async function untilDone(work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      log.warn({ err: error }, 'sample image not pushed; trying again in 5 s')
      await sleep(5000)
    }
  }
}
