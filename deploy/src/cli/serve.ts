import { readFile } from 'node:fs/promises'
import type { Plan } from '@plimsoll/slo/plan'
import { startService } from '@plimsoll/slo/service'
import { pino } from 'pino'
import type { ExitCode, Io } from './io.ts'

type Options = {
  plan: string
  database: string
  tokenFile: string
  prometheusUrl: string
  port: number
  runbooks?: string
  traceUrl?: string
}

/** Exit code: 0 stopped by a signal, 2 not a plan. */
export async function run(_: string[], options: Options, io: Io): Promise<ExitCode> {
  const plan = JSON.parse(await readFile(options.plan, 'utf8')) as Plan
  if (plan.version !== 1) {
    io.err(
      `plimsoll serve: ${options.plan}: saw version ${plan.version}, expected 1; write it with plimsoll build`,
    )
    return 2
  }
  const service = await startService({
    plan,
    databaseFile: options.database,
    port: options.port,
    prometheusUrl: options.prometheusUrl,
    tokenFile: options.tokenFile,
    runbooksFolder: options.runbooks,
    traceUrl: options.traceUrl,
    logger: pino({ name: 'slo-service' }),
    signal: io.signal,
  })
  await service.stopped
  return 0
}
