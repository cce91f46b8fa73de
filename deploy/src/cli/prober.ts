import { readFile } from 'node:fs/promises'
import { proberConfigSchema, startProber } from '@plimsoll/synthetic'
import { pino } from 'pino'
import { z } from 'zod'
import type { ExitCode, Io } from './io.ts'

/** Exit code: 0 stopped by a signal, 2 a faulty configuration. */
export async function run([file]: [string], _: object, io: Io): Promise<ExitCode> {
  const config = proberConfigSchema.safeParse(JSON.parse(await readFile(file, 'utf8')))
  if (!config.success) {
    io.err(`plimsoll prober: ${file}:\n${z.prettifyError(config.error)}`)
    return 2
  }
  const prober = await startProber(config.data, { signal: io.signal, logger: pino({ name: 'prober' }) })
  await prober.done
  return 0
}
