/** `plimsoll backtest`: reads specs, history and incidents, and prints what today's and a proposed policy make of them. */
import { writeFile } from 'node:fs/promises'
import {
  applyWhatIf,
  type Backtest,
  backtest,
  formatBacktest,
  type History,
  neededBy,
  parseWhatIf,
  policyOf,
  renderBacktestPage,
  standardOf,
  WHAT_IFS,
  type WhatIf,
  withoutPolicy,
} from '@plimsoll/slo/backtest'
import {
  compilePlan,
  counterText,
  type Fault,
  formatFault,
  type Plan,
  type SloPlan,
  type SpecSource,
} from '@plimsoll/slo/plan'
import { readHistory } from './backtest-history.ts'
import {
  type AskedRange,
  type BacktestOptions,
  readIncidents,
  Stop,
  timesOf,
  usage,
} from './backtest-inputs.ts'
import type { ExitCode, Io } from './io.ts'
import { readSpecs } from './read-specs.ts'

/** Exit code: 0 replayed, 1 faults in specs, samples or incidents, 2 wrong usage, 3 no history could be had. */
export async function run(paths: string[], options: BacktestOptions, io: Io): Promise<ExitCode> {
  try {
    const result = await replayed(paths, options, io)
    if (options.html !== undefined) await writePage(options.html, result)
    io.out(options.json ? JSON.stringify(result, null, 2) : formatBacktest(result))
    return 0
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    io.err(error.message)
    return error.code
  }
}

async function writePage(file: string, result: Backtest): Promise<void> {
  await writeFile(file, renderBacktestPage(result)).catch((error: NodeJS.ErrnoException) => {
    throw usage(`--html: saw ${error.code} at ${file}, expected a file that can be written`)
  })
}

async function replayed(paths: string[], options: BacktestOptions, io: Io): Promise<Backtest> {
  const asked = timesOf(options)
  const changes = changesOf(options.whatIf)
  const { sources, faults } = await readSpecs(paths)
  const plan = compiled(sources, faults)
  const slo = chosen(plan, options.slo)
  const proposal = compiled(
    changes.length > 0 ? applyWhatIf(sources, slo.slo, changes) : withoutPolicy(sources, slo.slo),
  )
  const changed = chosen(proposal, slo.slo)
  const labelled = options.incidents === undefined ? undefined : await readIncidents(options.incidents)

  const lookBackSeconds = Math.max(slo.period.seconds, changed.period.seconds)
  const history = await readHistory(slo, options, { ...asked, lookBackSeconds }, io.signal)
  const where = options.samples ?? 'Prometheus'
  if (!history) throw new Stop(3, nothing(where, slo, `no sample of it${within(asked)}`))
  const toSeconds = asked.toSeconds ?? history.endSeconds
  // The first step ends with the first samples.
  const firstSeconds = history.startSeconds + history.stepSeconds
  const fromSeconds = asked.fromSeconds ?? Math.max(firstSeconds, toSeconds - asked.spanSeconds)
  if (history.endSeconds <= fromSeconds || history.startSeconds >= toSeconds)
    throw new Stop(3, nothing(where, slo, `samples, but none of them in the range${within(asked)}`))

  const needed = new Map<string, History>()
  for (const other of plan.slos) {
    if (!neededBy(slo).includes(other.slo)) continue
    const its = await readHistory(other, options, { ...asked, lookBackSeconds }, io.signal)
    if (its) needed.set(other.slo, its)
  }
  const today = policyOf(plan, slo, 'today')
  const proposed =
    changes.length > 0
      ? policyOf(proposal, changed, options.whatIf.join(' '))
      : policyOf(proposal, standardOf(changed), 'standard')
  return backtest([today, proposed], history, { fromSeconds, toSeconds }, labelled, needed)
}

function changesOf(texts: string[]): WhatIf[] {
  const changes = texts.map((text) => {
    const change = parseWhatIf(text)
    if (change) return change
    throw usage(`--what-if: saw ${text}, expected such as ${Object.values(WHAT_IFS).join(' or ')}`)
  })
  const keys = changes.map(({ key }) => key)
  const twice = keys.find((key, index) => keys.indexOf(key) !== index)
  if (twice) throw usage(`--what-if: saw ${twice} twice, expected each at most once`)
  return changes
}

function within({ fromSeconds, toSeconds, spanSeconds }: AskedRange): string {
  const from = fromSeconds ?? (toSeconds && toSeconds - spanSeconds)
  const text = (seconds: number) => new Date(seconds * 1000).toISOString().replace(':00.000', '')
  return `${from === undefined ? '' : ` from ${text(from)}`}${toSeconds === undefined ? '' : ` to ${text(toSeconds)}`}`
}

function nothing(where: string, { slo, indicator }: SloPlan, saw: string): string {
  const counters = [...indicator.total, ...indicator.bad].map(counterText)
  const selectors = counters.length > 0 ? counters : [indicator.gauge?.query ?? indicator.badShareExpr]
  return `plimsoll backtest: ${where}: ${slo}: saw ${saw}, expected history of ${[...new Set(selectors)].join(', ')}; check --from and --to`
}

function compiled(sources: SpecSource[], before: Fault[] = []): Plan {
  const result = sources.length > 0 ? compilePlan(sources) : { faults: [] }
  const faults = [...before, ...result.faults]
  if ('plan' in result && result.plan && faults.length === 0) return result.plan
  throw new Stop(1, faults.map(formatFault).join('\n'))
}

function chosen({ slos, composites = [] }: Plan, id: string | undefined): SloPlan {
  const composite = composites.find(({ slo }) => slo === id)
  if (composite) {
    const parts = composite.parts.map(({ slo }) => slo).join(', ')
    throw usage(`--slo: saw the composite ${id}, expected one of its parts ${parts}; each is replayed alone`)
  }
  const [only] = slos
  const slo = id === undefined ? (slos.length === 1 ? only : undefined) : slos.find((one) => one.slo === id)
  if (!slo) {
    const saw = id === undefined ? `${slos.length} SLOs` : id
    throw usage(`--slo: saw ${saw}, expected one of ${slos.map((one) => one.slo).join(', ')}`)
  }
  return slo
}
