/**
 * The replicator of the local stack: what is pushed or deleted in one region happens in the others too. It asks the
 * registries themselves and not the proxies in front of them: a fault at a region's door keeps users out and stops no
 * replication. Start with `--import @plimsoll/instrumentation/register`.
 *
 *   PORT                      where it listens, on 127.0.0.1
 *   STATE_FOLDER              its only folder: queue.sqlite, faults.json
 *   REGISTRIES                us-east=http://127.0.0.1:4710,eu-west=http://127.0.0.1:4720
 *   NOTIFICATIONS_TOKEN_FILE  the bearer token that the registries send
 *   FAULTS_TOKEN_FILE         the bearer token for GET and PUT /faults
 */
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { metricsHandler } from '@plimsoll/instrumentation'
import { pino } from 'pino'
import { z } from 'zod'
import { serve } from '../process/serve.ts'
import { folder, origin, port, readSettings, region, secretFile } from '../process/settings.ts'
import { replicatorApp } from './app.ts'
import { createMetrics } from './metrics.ts'
import { Queue } from './queue.ts'
import { reconcile } from './reconcile.ts'
import { StopSwitch } from './stop-switch.ts'
import { type Direction, keepReplicating } from './worker.ts'

const RECONCILE_MS = 300_000

const settings = readSettings(
  'replicator',
  z.object({
    PORT: port,
    STATE_FOLDER: folder,
    REGISTRIES: z
      .string()
      .transform((text) => text.split(',').map((one) => one.split('=')))
      .pipe(z.array(z.tuple([region, origin])).min(1)),
    NOTIFICATIONS_TOKEN_FILE: secretFile,
    FAULTS_TOKEN_FILE: secretFile,
  }),
)
mkdirSync(settings.STATE_FOLDER, { recursive: true })

const log = pino({ name: 'replicator' })
const nowMs = () => Date.now()
const regions = settings.REGISTRIES.map(([name]) => name)
const queue = new Queue(join(settings.STATE_FOLDER, 'queue.sqlite'), regions, nowMs)
const stop = new StopSwitch(settings.STATE_FOLDER)
const directions: Direction[] = settings.REGISTRIES.flatMap(([source, from]) =>
  settings.REGISTRIES.filter(([target]) => target !== source).map(([target, to]) => ({
    source,
    target,
    from,
    to,
  })),
)
const metrics = createMetrics(
  directions.map(({ source, target }) => ({ from: source, to: target })),
  () => queue.waiting(),
  () => nowMs() / 1000,
)
const stopping = new AbortController()
const working = directions.map((one) =>
  keepReplicating(one, { queue, stop, metrics, log, nowMs }, stopping.signal),
)

const compare = async () => {
  if (stop.stopped) return
  for (const { source, target, from, to } of directions)
    await reconcile({ source, target, from, to }, queue).then(
      (found) =>
        found > 0 && log.warn({ from: source, to: target, found }, 'found what no event had told of'),
      (error) => log.warn({ from: source, to: target, err: error }, 'regions were not compared'),
    )
}
const comparing = setInterval(compare, RECONCILE_MS)

const app = replicatorApp({
  queue,
  regions,
  stop,
  notificationsToken: settings.NOTIFICATIONS_TOKEN_FILE,
  faultsToken: settings.FAULTS_TOKEN_FILE,
  metrics: metricsHandler(),
  log,
})
await serve(createServer(app), settings.PORT, log, async () => {
  clearInterval(comparing)
  stopping.abort()
  await Promise.all(working)
  queue.close()
})
