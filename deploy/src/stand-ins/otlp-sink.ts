/**
 * The trace store of the local stack.
 *
 *   PORT          where it listens, on 127.0.0.1
 *   STATE_FOLDER  its only folder: spans.jsonl and spans.jsonl.1, 16 MiB each at most
 */
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { pino } from 'pino'
import { z } from 'zod'
import { serve } from '../process/serve.ts'
import { folder, port, readSettings } from '../process/settings.ts'
import { otlpApp } from './otlp-app.ts'

const settings = readSettings('otlp-sink', z.object({ PORT: port, STATE_FOLDER: folder }))
mkdirSync(settings.STATE_FOLDER, { recursive: true })

const log = pino({ name: 'otlp-sink' })
await serve(createServer(otlpApp({ stateFolder: settings.STATE_FOLDER, log })), settings.PORT, log)
