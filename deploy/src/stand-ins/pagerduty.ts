/**
 * The PagerDuty stand-in of the local stack.
 *
 *   PORT          where it listens, on 127.0.0.1
 *   STATE_FOLDER  its only folder: events.jsonl, tickets.jsonl, deadman.jsonl, each bounded
 */
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { pino } from 'pino'
import { z } from 'zod'
import { serve } from '../process/serve.ts'
import { folder, port, readSettings } from '../process/settings.ts'
import { pagerDutyApp } from './pagerduty-app.ts'

const settings = readSettings('pagerduty', z.object({ PORT: port, STATE_FOLDER: folder }))
mkdirSync(settings.STATE_FOLDER, { recursive: true })

const log = pino({ name: 'pagerduty' })
const app = pagerDutyApp({ stateFolder: settings.STATE_FOLDER, log, now: () => new Date() })
await serve(createServer(app), settings.PORT, log)
