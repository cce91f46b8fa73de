/** `plimsoll backtest`: reads specs, history and incidents, and prints what today's and a proposed policy make of them. */
import { createReadStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import {
  applyWhatIf,
  type Backtest,
  backtest,
  formatBacktest,
  HistoryBuilder,
  inSlices,
  type Labelled,
  LONGEST_HISTORY_SECONDS,
  OpenMetricsReader,
  parseWhatIf,
  policyOf,
  prometheusClient,
  type Range,
  readPrometheus,
  renderBacktestPage,
  SamplesFault,
  standardOf,
  WHAT_IFS,
  withoutPolicy,
} from '@plimsoll/slo/backtest'
import {
  compilePlan,
  type Fault,
  formatFault,
  type Plan,
  type SloPlan,
  type SpecSource,
} from '@plimsoll/slo/plan'
import { parse } from 'yaml'
import { z } from 'zod'
import type { ExitCode, Io } from './io.ts'
import { readSpecs } from './read-specs.ts'

type Options = {
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
class Stop extends Error {
  readonly code: ExitCode
  constructor(code: ExitCode, message: string) {
    super(message)
    this.code = code
  }
}

const DEFAULT_RANGE_SECONDS = 30 * 86_400

/** Exit code: 0 replayed, 1 faults in specs, samples or incidents, 2 wrong usage, 3 no history could be had. */
export async function run(paths: string[], options: Options, io: Io): Promise<ExitCode> {
  try {
    const result = await replayed(paths, options, io)
    if (options.html !== undefined) await writeFile(options.html, renderBacktestPage(result))
    io.out(options.json ? JSON.stringify(result, null, 2) : formatBacktest(result))
    return 0
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    io.err(error.message)
    return error.code
  }
}

async function replayed(paths: string[], options: Options, io: Io): Promise<Backtest> {
  const asked = timesOf(options)
  const changes = options.whatIf.map((text) => {
    const change = parseWhatIf(text)
    if (change) return change
    throw usage(`--what-if: saw ${text}, expected such as ${Object.values(WHAT_IFS).join(' or ')}`)
  })
  const { sources, faults } = await readSpecs(paths)
  const plan = compiled(sources, faults)
  const slo = chosen(plan, options.slo)
  const proposal = compiled(
    changes.length > 0 ? applyWhatIf(sources, slo.slo, changes) : withoutPolicy(sources, slo.slo),
  )
  const changed = chosen(proposal, slo.slo)
  const labelled = options.incidents === undefined ? undefined : await readIncidents(options.incidents)

  const lookBack = Math.max(slo.period.seconds, changed.period.seconds)
  const builder = new HistoryBuilder(
    asked.fromSeconds === undefined
      ? undefined
      : {
          fromSeconds: asked.fromSeconds - lookBack,
          toSeconds: asked.toSeconds ?? Number.POSITIVE_INFINITY,
        },
  )
  if (options.samples !== undefined) await readSamples(options.samples, slo, builder)
  else if (asked.fromSeconds !== undefined && asked.toSeconds !== undefined) {
    const range = { fromSeconds: asked.fromSeconds - lookBack, toSeconds: asked.toSeconds }
    await readPrometheus(slo, prometheusClient(options.prometheus ?? '', io.signal), range, builder)
  }
  const counted = builder.build()
  const where = options.samples ?? 'Prometheus'
  if (!counted) throw new Stop(3, nothing(where, slo, 'no sample of it'))
  const history = slo.slices ? inSlices(counted, slo.slices) : counted
  const toSeconds = asked.toSeconds ?? history.endSeconds
  const fromSeconds = asked.fromSeconds ?? Math.max(history.startSeconds, toSeconds - DEFAULT_RANGE_SECONDS)
  if (history.endSeconds <= fromSeconds || history.startSeconds >= toSeconds)
    throw new Stop(3, nothing(where, slo, 'samples, but none of them in the range'))

  const today = policyOf(plan, slo, 'today')
  const proposed =
    changes.length > 0
      ? policyOf(proposal, changed, options.whatIf.join(' '))
      : policyOf(proposal, standardOf(changed), 'standard')
  return backtest([today, proposed], history, { fromSeconds, toSeconds }, labelled)
}

function nothing(where: string, { slo, indicator }: SloPlan, saw: string): string {
  const selectors = [...indicator.total, ...indicator.bad].map(({ selector }) => selector)
  return `plimsoll backtest: ${where}: ${slo}: saw ${saw}, expected history of ${[...new Set(selectors)].join(', ')}; check --from and --to`
}

function usage(message: string): Stop {
  return new Stop(2, `plimsoll backtest: ${message}`)
}

/** The range as far as it was given; with a file its end says the rest. */
function timesOf({ prometheus, samples, from, to }: Options): Partial<Range> {
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

function compiled(sources: SpecSource[], before: Fault[] = []): Plan {
  const result = sources.length > 0 ? compilePlan(sources) : { faults: [] }
  const faults = [...before, ...result.faults]
  if ('plan' in result && result.plan && faults.length === 0) return result.plan
  throw new Stop(1, faults.map(formatFault).join('\n'))
}

function chosen({ slos }: Plan, id: string | undefined): SloPlan {
  const [only] = slos
  const slo = id === undefined ? (slos.length === 1 ? only : undefined) : slos.find((one) => one.slo === id)
  if (!slo) {
    const saw = id === undefined ? `${slos.length} SLOs` : id
    throw usage(`--slo: saw ${saw}, expected one of ${slos.map((one) => one.slo).join(', ')}`)
  }
  if (slo.indicator.kind === 'threshold') {
    const saw = 'spec.indicator: saw a gauge, expected counters'
    throw new Stop(
      1,
      `${slo.writtenAt}: ${saw}; a backtest replays counts, and the samples of a gauge have none`,
    )
  }
  return slo
}

async function readSamples(file: string, slo: SloPlan, builder: HistoryBuilder): Promise<void> {
  const reader = new OpenMetricsReader(slo, builder)
  try {
    for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 1024 * 1024 }))
      reader.read(chunk as string)
    reader.end()
  } catch (error) {
    if (error instanceof SamplesFault) throw new Stop(1, `${file}:${error.message}`)
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw usage(`--samples: saw no file ${file}`)
    throw error
  }
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
async function readIncidents(file: string): Promise<Labelled[]> {
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
