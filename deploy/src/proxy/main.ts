/**
 * The fault proxy in front of one region's registry.
 *
 *   PORT               where it listens, on 127.0.0.1
 *   UPSTREAM           the registry, e.g. http://127.0.0.1:4710
 *   STATE_FOLDER       its only folder: fault.json
 *   FAULTS_TOKEN_FILE  the bearer token for GET and PUT /_fault
 */
import { mkdirSync } from 'node:fs'
import { pino } from 'pino'
import { z } from 'zod'
import { serve } from '../process/serve.ts'
import { folder, origin, port, readSettings, secretFile } from '../process/settings.ts'
import { proxyServer } from './app.ts'
import { FaultSwitch } from './fault.ts'

const settings = readSettings(
  'proxy',
  z.object({ PORT: port, UPSTREAM: origin, STATE_FOLDER: folder, FAULTS_TOKEN_FILE: secretFile }),
)
mkdirSync(settings.STATE_FOLDER, { recursive: true })

const log = pino({ name: 'proxy' })
const server = proxyServer({
  upstream: settings.UPSTREAM,
  faults: new FaultSwitch(settings.STATE_FOLDER, Math.random),
  faultsToken: settings.FAULTS_TOKEN_FILE,
  log,
})
await serve(server, settings.PORT, log)
