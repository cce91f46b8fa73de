import { formatPlan, type Measurements, measuredPlan, type Plan, type SloPlan } from '@plimsoll/slo/plan'
import { type RunningPrometheus, runningPrometheus, Unreachable } from '../build/loaded-rules.ts'
import { compileOrReport } from './compile.ts'
import type { ExitCode, Io } from './io.ts'

type Options = { json?: boolean; prometheus?: string; retention?: string }

/** Exit code: 0 planned, 1 faults found, 2 a retention that is none, 3 Prometheus did not answer. */
export async function run(paths: string[], options: Options, io: Io): Promise<ExitCode> {
  const retentionSeconds = secondsOf(options.retention)
  if (options.retention !== undefined && retentionSeconds === undefined) {
    io.err(`plimsoll plan: --retention: saw ${options.retention}, expected a duration such as 15d`)
    return 2
  }
  const plan = await compileOrReport(paths, io)
  if (!plan) return 1
  try {
    const known = retentionSeconds === undefined ? {} : { retentionSeconds }
    const measured =
      options.prometheus === undefined
        ? {}
        : await measure(plan, runningPrometheus(options.prometheus, io.signal))
    const result = measuredPlan(plan, { ...measured, ...known })
    io.out(options.json ? JSON.stringify(result, null, 2) : formatPlan(result))
    return 0
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error
    io.err(error.message)
    return 3
  }
}

/** The mean of the last day as the rules recorded it; else the last hour of the raw counters. */
async function measure(plan: Plan, prometheus: RunningPrometheus): Promise<Measurements> {
  const recorded = await prometheus.query('avg_over_time(slo:total_events:1h[1d])')
  const eventsPerHour = new Map(recorded.map(({ labels, value }) => [labels.slo ?? '', value]))
  for (const slo of plan.slos.filter((one) => !eventsPerHour.has(one.slo))) {
    const [found] = await prometheus.query(rawEvents(slo))
    if (found) eventsPerHour.set(slo.slo, found.value)
  }
  const retentionSeconds = secondsOf(/^\w+/.exec(await prometheus.retention())?.[0])
  return { eventsPerHour, ...(retentionSeconds !== undefined && { retentionSeconds }) }
}

/** Nothing for a gauge: its samples are no events. */
function rawEvents({ indicator }: SloPlan): string {
  const terms = indicator.total.map(
    ({ sign, selector }) => `${sign < 0 ? '-' : '+'} sum(increase(${selector}[1h]))`,
  )
  return terms.length === 0 ? 'vector(1) > 1' : `0 ${terms.join(' ')}`
}

const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 }

/** Prometheus's durations: 15d, 1w2d. */
function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^(\d+[smhdwy])+$/.test(text)) return undefined
  return [...text.matchAll(/(\d+)([smhdwy])/g)].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (UNIT_SECONDS[unit] ?? 0),
    0,
  )
}
