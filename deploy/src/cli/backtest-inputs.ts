/** What `plimsoll backtest` is given: times and labelled incidents. */
import { readFile } from 'node:fs/promises'
import { type Labelled, LONGEST_HISTORY_SECONDS, type Range } from '@plimsoll/slo/backtest'
import { parse } from 'yaml'
import { z } from 'zod'
import type { ExitCode } from './io.ts'

export type BacktestOptions = {
  prometheus?: string
  samples?: string
  from?: string
  to?: string
  slo?: string
  whatIf: string[]
  incidents?: string
  html?: string
  json?: boolean
}

/** Ends the command with this exit code and this line. */
export class Stop extends Error {
  readonly code: ExitCode
  constructor(code: ExitCode, message: string) {
    super(message)
    this.code = code
  }
}

export function usage(message: string): Stop {
  return new Stop(2, `plimsoll backtest: ${message}`)
}

export const DEFAULT_RANGE_SECONDS = 30 * 86_400

/** The range as far as it was given; with a file its end says the rest. */
export function timesOf({ prometheus, samples, from, to }: BacktestOptions): Partial<Range> {
  if ((prometheus === undefined) === (samples === undefined)) {
    throw usage(
      `saw ${prometheus === undefined ? 'neither' : 'both'} --prometheus and --samples, expected one of them`,
    )
  }
  if (prometheus !== undefined && !/^https?:\/\/[^/@]+(\/[^@]*)?$/.test(prometheus))
    throw usage('--prometheus: expected http(s)://host, without credentials')
  const now = Math.floor(Date.now() / 60_000) * 60
  const toSeconds = to === undefined ? (prometheus === undefined ? undefined : now) : timeOf('--to', to)
  const fromSeconds =
    from === undefined ? toSeconds && toSeconds - DEFAULT_RANGE_SECONDS : timeOf('--from', from)
  if (fromSeconds !== undefined && toSeconds !== undefined) {
    if (fromSeconds >= toSeconds) throw usage('an empty range: --from is not before --to')
    if (toSeconds - fromSeconds > LONGEST_HISTORY_SECONDS)
      throw usage(`saw a range over ${LONGEST_HISTORY_SECONDS / 86_400} days, expected a shorter one`)
  }
  return { ...(fromSeconds !== undefined && { fromSeconds }), ...(toSeconds !== undefined && { toSeconds }) }
}

/** Whole minutes, Unix seconds. */
function timeOf(option: string, text: string): number {
  const seconds = secondsOf(text)
  if (seconds !== undefined) return Math.floor(seconds / 60) * 60
  throw usage(`${option}: saw ${text}, expected such as 2026-11-01, 2026-11-01T10:00Z or Unix seconds`)
}

/** A time without a zone is UTC. */
function secondsOf(text: string): number | undefined {
  if (/^\d{9,11}$/.test(text)) return Number(text)
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return undefined
  const zoned = /^.{10}$|[Zz]$|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`
  const seconds = Date.parse(zoned) / 1000
  return Number.isFinite(seconds) ? seconds : undefined
}

const incidentsSchema = z
  .array(
    z.strictObject({
      start: z.union([z.string(), z.number()]),
      end: z.union([z.string(), z.number()]),
      region: z.string().max(200).optional(),
      name: z.string().max(200).optional(),
    }),
  )
  .max(10_000)

/** Labelled incidents: an alert of any region is about one without region. */
export async function readIncidents(file: string): Promise<Labelled[]> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) throw usage(`--incidents: saw no file ${file}`)
  const expected = 'a list such as [{"start": "2026-11-01T10:00Z", "end": "2026-11-01T10:30Z"}]'
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    throw new Stop(1, `${file}: saw ${(error as Error).message.split('\n')[0]}, expected ${expected}`)
  }
  const read = incidentsSchema.safeParse(value)
  if (!read.success) {
    const [issue] = read.error.issues
    throw new Stop(1, `${file}: ${issue?.path.join('.')}: ${issue?.message}, expected ${expected}`)
  }
  return read.data.map(({ start, end, region = 'all', name }, index) => {
    const [fromSeconds, untilSeconds] = [start, end].map((time) => secondsOf(String(time)))
    if (fromSeconds === undefined || untilSeconds === undefined || untilSeconds <= fromSeconds)
      throw new Stop(1, `${file}: ${index}: saw ${start} to ${end}, expected ${expected}`)
    return { region, fromSeconds, untilSeconds, ...(name !== undefined && { name }) }
  })
}
