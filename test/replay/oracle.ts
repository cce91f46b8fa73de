/**
 * The oracle of a replay: all generated rules of a plan, recordings and alerts, in the real promtool over the same
 * samples. promtool evaluates every group of a file at one interval, so page alerts are asked at theirs from page
 * groups alone, and the others at the slow groups' from all of them. More often, a ticket at a threshold fires at an
 * evaluation that no Prometheus has.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Plan } from '@plimsoll/slo/plan'
import { parse } from 'yaml'
import { options } from '../../deploy/src/build/test-parts.ts'
import { buildTree } from '../../deploy/src/build/tree.ts'
import type { Fired } from '../../slo/src/backtest/replay.ts'

/** `values` every `everySeconds` from the start on; undefined where nothing was scraped. */
export type Sampled = { series: string; values: (number | undefined)[] }
export type Samples = { everySeconds: number; sampled: Sampled[] }

/** "slo alert severity region" → spans of seconds since the start, e.g. "3660-4500", open where it still fires. */
export type Spans = Record<string, string[]>

const PAGE_SECONDS = 30
const SLOW_SECONDS = 60

/**
 * The budget spent: a replay reckons with a whole period at the traffic seen, where
 * rules that were just started know what they saw.
 */
const NOT_COMPARED = ['Watchdog', 'SLOErrorBudgetExhausted']

type Group = { name: string; interval: string; rules: { annotations?: unknown }[] }

/** When which alert fires, by promtool. */
export async function promtoolSpans(folder: string, plan: Plan, samples: Samples, seconds: number) {
  mkdirSync(folder, { recursive: true })
  const groups: Group[] = []
  for (const [path, text] of await buildTree(plan, { ...options, parts: ['prometheus'] }))
    if (path.startsWith('prometheus/rules/')) groups.push(...parse(text).groups)
  const isPage = ({ interval }: Group) => interval === `${PAGE_SECONDS}s`
  const ofGroup = (wanted: Group[]) =>
    new Set(
      wanted.flatMap(({ rules }) => (rules as { alert?: string; labels?: object }[]).flatMap(keyOfRule)),
    )
  const fast = groups.filter(isPage)
  // One after the other: promtool uses what cores there are.
  const pages = await firing(folder, fast, samples, PAGE_SECONDS, seconds, ofGroup(fast))
  const slow = groups.filter((group) => !isPage(group))
  const others = await firing(folder, [...fast, ...slow], samples, SLOW_SECONDS, seconds, ofGroup(slow))
  return sorted({ ...pages, ...others })
}

/** The same of a replay. */
export function replaySpans(fired: (Fired & { slo: string })[], startSeconds: number): Spans {
  const spans: Spans = {}
  for (const one of fired) {
    const key = `${one.slo} ${one.alert} ${one.severity} ${one.region}`
    const until = one.untilSeconds === undefined ? '' : one.untilSeconds - startSeconds
    spans[key] = [...(spans[key] ?? []), `${one.fromSeconds - startSeconds}-${until}`]
    for (const { fromSeconds, untilSeconds } of one.explained ?? []) {
      const explained = `${one.slo} SLOBurnExplained ${one.severity} ${one.region}`
      spans[explained] = [
        ...(spans[explained] ?? []),
        `${fromSeconds - startSeconds}-${untilSeconds - startSeconds}`,
      ]
    }
  }
  return sorted(spans)
}

function keyOfRule({ alert, labels }: { alert?: string; labels?: object }): string[] {
  const { slo, severity, explains } = (labels ?? {}) as { slo?: string; severity?: string; explains?: string }
  return alert === undefined ? [] : [`${slo} ${alert} ${explains ?? severity}`]
}

async function firing(
  folder: string,
  groups: Group[],
  { everySeconds, sampled }: Samples,
  stepSeconds: number,
  seconds: number,
  wanted: Set<string>,
): Promise<Spans> {
  // Annotations are evaluated while an alert fires and decide nothing.
  const bare = groups.map((group) => ({
    ...group,
    rules: group.rules.map(({ annotations, ...rule }) => rule),
  }))
  writeFileSync(join(folder, 'rules.json'), JSON.stringify({ groups: bare }))
  const times = Array.from({ length: Math.floor(seconds / stepSeconds) + 1 }, (_, i) => i * stepSeconds)
  const suite = {
    rule_files: ['rules.json'],
    evaluation_interval: `${stepSeconds}s`,
    group_eval_order: groups.map(({ name }) => name),
    tests: [
      {
        interval: `${everySeconds}s`,
        input_series: sampled.map(({ series, values }) => ({ series, values: written(values) })),
        // It expects silence at every evaluation, and complains of what it got.
        promql_expr_test: times.map((time) => ({
          expr: 'count by (alertname, explains, region, severity, slo) (ALERTS{alertstate="firing"})',
          eval_time: `${time}s`,
          exp_samples: [],
        })),
      },
    ],
  }
  writeFileSync(join(folder, 'test.json'), JSON.stringify(suite))
  const said = await promisify(execFile)('promtool', ['test', 'rules', 'test.json'], {
    cwd: folder,
    maxBuffer: 2 ** 28,
  }).then(
    () => '',
    (error) => String(error.stdout + error.stderr),
  )
  if (said !== '' && (!said.includes('got:') || /\berr/.test(said))) throw new Error(said.slice(0, 4000))
  const open = new Map<string, number>()
  const spans: Spans = {}
  const complaints = new Map(
    [...said.matchAll(/time: (\w+),\s+exp:.*\s+got:\s*(.*)/g)].map(([, time, got]) => [
      secondsOf(time ?? ''),
      got ?? '',
    ]),
  )
  if (complaints.size !== said.split('got:').length - 1) throw new Error(said.slice(0, 4000))
  for (const time of times) {
    const now = new Set(
      [...(complaints.get(time) ?? '').matchAll(/\{([^}]*)\}/g)].map(([, labels]) => keyOf(labels ?? '')),
    )
    for (const key of now) if (!open.has(key)) open.set(key, time)
    for (const [key, from] of open)
      if (!now.has(key)) {
        spans[key] = [...(spans[key] ?? []), `${from}-${time}`]
        open.delete(key)
      }
  }
  for (const [key, from] of open) spans[key] = [...(spans[key] ?? []), `${from}-`]
  return Object.fromEntries(
    Object.entries(spans).filter(([key]) => wanted.has(key.slice(0, key.lastIndexOf(' ')))),
  )
}

function keyOf(labels: string): string {
  const {
    slo,
    alertname,
    explains,
    severity,
    region = 'all',
  } = Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]))
  // A helper's severity is that of nobody; what it explains has one.
  return `${slo} ${alertname} ${explains ?? severity} ${region}`
}

/** promtool's notation, with what repeats written once. */
function written(values: (number | undefined)[]): string {
  return values.map((value) => value ?? '_').join(' ')
}

function secondsOf(duration: string): number {
  const units: Record<string, number> = { d: 86_400, h: 3600, m: 60, s: 1 }
  return [...duration.matchAll(/(\d+)([dhms])/g)].reduce(
    (sum, [, n, u]) => sum + Number(n) * (units[u ?? ''] ?? 0),
    0,
  )
}

function sorted(spans: Spans): Spans {
  const compared = ([key]: [string, string[]]) => !NOT_COMPARED.some((alert) => key.includes(` ${alert} `))
  return Object.fromEntries(
    Object.entries(spans)
      .filter(compared)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}
