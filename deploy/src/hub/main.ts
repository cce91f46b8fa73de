/**
 * The hub API of the local stack. Start with `--import @plimsoll/instrumentation/register`.
 *
 *   PORT                      where it listens, on 127.0.0.1
 *   STATE_FOLDER              its only folder: catalogue.sqlite, faults.json
 *   REGION                    region of the events of a registry that names none
 *   NOTIFICATIONS_TOKEN_FILE  the bearer token that the registries send
 *   FAULTS_TOKEN_FILE         the bearer token for GET and PUT /faults
 *   WEB_CLIENT_FILE           the bundle of @plimsoll/web for its pages; they report nothing when it is not set
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { metricsHandler } from '@plimsoll/instrumentation'
import { pino } from 'pino'
import { z } from 'zod'
import { serve } from '../process/serve.ts'
import { folder, port, readSettings, region, secretFile } from '../process/settings.ts'
import { hubApp } from './app.ts'
import { Catalogue } from './catalogue.ts'
import { FaultSwitch } from './fault-switch.ts'

const settings = readSettings(
  'hub',
  z.object({
    PORT: port,
    STATE_FOLDER: folder,
    REGION: region,
    NOTIFICATIONS_TOKEN_FILE: secretFile,
    FAULTS_TOKEN_FILE: secretFile,
    WEB_CLIENT_FILE: z.string().optional(),
  }),
)
mkdirSync(settings.STATE_FOLDER, { recursive: true })

const log = pino({ name: 'hub' })
const catalogue = new Catalogue(join(settings.STATE_FOLDER, 'catalogue.sqlite'), () => Date.now() / 1000)
const app = hubApp({
  catalogue,
  faults: new FaultSwitch(settings.STATE_FOLDER, Math.random),
  region: settings.REGION,
  notificationsToken: settings.NOTIFICATIONS_TOKEN_FILE,
  faultsToken: settings.FAULTS_TOKEN_FILE,
  metrics: metricsHandler(),
  ...(settings.WEB_CLIENT_FILE ? { webClient: readFileSync(settings.WEB_CLIENT_FILE, 'utf8') } : {}),
  log,
})
await serve(createServer(app), settings.PORT, log, () => catalogue.close())
