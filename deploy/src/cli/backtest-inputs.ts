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

/** The range as far as it was given: without `fromSeconds` it is the last `spanSeconds`, as far as there is history. */
export type AskedRange = Partial<Range> & { spanSeconds: number }

const DEFAULT_RANGE_SECONDS = 30 * 86_400

/** With a file its end says the rest. */
export function timesOf({ prometheus, samples, from, to }: BacktestOptions): AskedRange {
  if ((prometheus === undefined) === (samples === undefined)) {
    throw usage(
      `saw ${prometheus === undefined ? 'neither' : 'both'} --prometheus and --samples, expected one of them`,
    )
  }
  if (prometheus !== undefined && !/^https?:\/\/[^/@]+(\/[^@]*)?$/.test(prometheus))
    throw usage('--prometheus: expected http(s)://host, without credentials')
  const now = Math.floor(Date.now() / 60_000) * 60
  const toSeconds = to === undefined ? (prometheus === undefined ? undefined : now) : timeOf('--to', to)
  const spanSeconds = from === undefined ? DEFAULT_RANGE_SECONDS : spanOf(from)
  const fromSeconds =
    spanSeconds === undefined && from !== undefined ? timeOf('--from', from, ' or 7d') : undefined
  if (fromSeconds !== undefined && toSeconds !== undefined && fromSeconds >= toSeconds)
    throw usage('an empty range: --from is not before --to')
  const length = fromSeconds === undefined || toSeconds === undefined ? spanSeconds : toSeconds - fromSeconds
  if (length !== undefined && length > LONGEST_HISTORY_SECONDS)
    throw usage(`saw a range over ${LONGEST_HISTORY_SECONDS / 86_400} days, expected a shorter one`)
  return {
    spanSeconds: spanSeconds ?? DEFAULT_RANGE_SECONDS,
    ...(fromSeconds !== undefined && { fromSeconds }),
    ...(toSeconds !== undefined && { toSeconds }),
  }
}

const UNIT_SECONDS: Record<string, number> = { m: 60, h: 3600, d: 86_400, w: 7 * 86_400 }

/** `7d`: so long before the end. */
function spanOf(text: string): number | undefined {
  const [, number, unit = ''] = /^([1-9]\d{0,4})([mhdw])$/.exec(text) ?? []
  return number === undefined ? undefined : Number(number) * (UNIT_SECONDS[unit] ?? 0)
}

/** Whole minutes, Unix seconds. */
function timeOf(option: string, text: string, more = ''): number {
  const seconds = secondsOf(text)
  if (seconds !== undefined) return Math.floor(seconds / 60) * 60
  throw usage(`${option}: saw ${text}, expected such as 2026-11-01, 2026-11-01T10:00Z or Unix seconds${more}`)
}

/** A time without a zone is UTC. */
function secondsOf(text: string): number | undefined {
  if (/^\d{9,11}$/.test(text)) return Number(text)
  const [, date = ''] = /^(\d{4}-\d\d-\d\d)/.exec(text) ?? []
  // 30 February would be 2 March.
  const day = new Date(`${date}T00:00Z`)
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date) return undefined
  const zoned = /^.{10}$|[Zz]$|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`
  const seconds = Date.parse(zoned) / 1000
  return Number.isFinite(seconds) ? seconds : undefined
}

const EXPECTED = 'a list such as [{"start": "2026-11-01T10:00Z", "end": "2026-11-01T10:30Z"}]'
/** A name is printed: it holds no line break or what a terminal obeys. */
const name = z
  .string()
  .max(200)
  .regex(/^\P{Cc}*$/u, 'saw a control character')
const time = z.union([z.string(), z.number()], 'saw no time').transform((text, context) => {
  const seconds = secondsOf(String(text))
  if (seconds === undefined) context.addIssue(`saw ${JSON.stringify(text)}`)
  return seconds ?? z.NEVER
})
const incidentsSchema = z
  .array(
    z
      .strictObject(
        { start: time, end: time, region: name.optional(), name: name.optional() },
        {
          error: ({ code, ...issue }) =>
            `saw ${code === 'unrecognized_keys' && 'keys' in issue ? issue.keys : 'no mapping'}`,
        },
      )
      .refine(({ start, end }) => end > start, 'saw an end that is not after its start'),
    'saw no list',
  )
  .max(10_000)

/** Labelled incidents: an alert of any region is about one without region. */
export async function readIncidents(file: string): Promise<Labelled[]> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) throw usage(`--incidents: saw no file ${file}`)
  const refuse = (place: string, saw: string) =>
    new Stop(1, `${file}: ${place === '' ? '' : `${place}: `}${saw}, expected ${EXPECTED}`)
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    throw refuse('', `saw ${(error as Error).message.split('\n')[0]}`)
  }
  const read = incidentsSchema.safeParse(value)
  if (!read.success) {
    const [{ path, message } = { path: [], message: '' }] = read.error.issues
    const [index, field] = path
    const place = typeof index === 'number' ? `incident ${index + 1}` : ''
    throw refuse(field === undefined ? place : `${place}, ${String(field)}`, message)
  }
  return read.data.map(({ start, end, region = 'all', name }) => {
    return { region, fromSeconds: start, untilSeconds: end, ...(name !== undefined && { name }) }
  })
}
