/**
 * The replicator of the local stack. Start with `--import @plimsoll/instrumentation/register`.
 *
 *   PORT                      where it listens, on 127.0.0.1
 *   STATE_FOLDER              its only folder: faults.json
 *   REGISTRIES                us-east=http://127.0.0.1:4713,eu-west=http://127.0.0.1:4723
 *   NOTIFICATIONS_TOKEN_FILE  the bearer token that the registries send
 *   FAULTS_TOKEN_FILE         the bearer token for GET and PUT /faults
 */
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { metricsHandler } from '@plimsoll/instrumentation'
import { pino } from 'pino'
import { z } from 'zod'
import { serve } from '../process/serve.ts'
import { folder, origin, port, readSettings, region, secretFile } from '../process/settings.ts'
import { replicatorApp } from './app.ts'
import { reconcile } from './reconcile.ts'
import { StopSwitch } from './stop-switch.ts'

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
const registries = new Map(settings.REGISTRIES)
const stop = new StopSwitch(settings.STATE_FOLDER)
const catchUp = () => {
  if (stop.stopped) return
  reconcile(registries, log).catch((error) => log.warn({ err: error }, 'regions were not compared'))
}
const timer = setInterval(catchUp, RECONCILE_MS)
catchUp()

const app = replicatorApp({
  registries,
  stop,
  notificationsToken: settings.NOTIFICATIONS_TOKEN_FILE,
  faultsToken: settings.FAULTS_TOKEN_FILE,
  metrics: metricsHandler(),
  log,
})
await serve(createServer(app), settings.PORT, log, () => clearInterval(timer))
