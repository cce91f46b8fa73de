/**
 * promtool unit tests of the alerts of composites: what parts record in, alerts out. How parts record it from raw
 * counters, their own tests prove. Expected times come from the standard's words about composites, not from the rules.
 */
import {
  type CompositeBurnPlan,
  type CompositePlan,
  type Firing,
  firings,
  type Plan,
  type SloPlan,
} from '@plimsoll/slo/plan'
import type { AlertCheck } from './case.ts'
import { evidenceAt, OVER, UNDER } from './edges.ts'
import { expectations, type TestGroup } from './test-template.ts'

const STEP_SECONDS = 60
/** Past the time that `keep_firing_for` holds an alert. */
const END_MINUTES = 33
/** The burn begins and ends here: until then all is well, and afterwards again. */
const [START, STOP] = [5, 15]

/** What one part saw in one window. */
type Seen = { total: number; bad: number }
/** By name of window, then by id of part. Absent: no events, or no such series. */
type Scene = {
  name: string
  seen: (minute: number, window: string, part: string) => Seen | undefined
  /** Slices that the whole has counted in a window, instead of parts that are seen. */
  counted?: (minute: number, window: string) => Seen
}
type Alert = CompositePlan['alerts'][number]

/** Of a service: names of rule groups in the order of their evaluation, and the tests of its composites. */
export type CompositeTests = { service: string; stepSeconds: number; groups: string[]; tests: TestGroup[] }

export function* compositeTests(plan: Plan): Generator<CompositeTests> {
  for (const [service, composites] of Map.groupBy(alerting(plan), (one) => one.service)) {
    const ids = new Set(composites.map(({ slo }) => slo))
    const groups = plan.groups.filter(({ slo }) => ids.has(slo)).map(({ name }) => name)
    const tests = composites.flatMap((composite) => testsOf(composite, partsOf(composite, plan.slos)))
    yield { service, stepSeconds: STEP_SECONDS, groups, tests }
  }
}

function testsOf(composite: CompositePlan, parts: Part[]): TestGroup[] {
  const { slo } = composite
  const [owner, service] = [composite.owner, composite.service].map((text) => JSON.stringify(text))
  const clock = { stepSeconds: STEP_SECONDS, endSeconds: END_MINUTES * 60 }
  return scenesOf(composite, parts).map((scene) => ({
    name: `${slo}: ${scene.name}`,
    interval: `${STEP_SECONDS}s`,
    input_series: inputSeries(composite, parts, scene),
    promql_expr_test: composite.alerts.flatMap((alert) => {
      const watched = { alert, region: 'all', firings: expected(composite, parts, alert, scene) }
      return expectations(watched, clock, { of: { slo, owner: owner ?? '', service: service ?? '' } })
    }),
  }))
}

export function compositeChecks(plan: Plan): AlertCheck[] {
  return alerting(plan).flatMap((composite) => {
    const parts = partsOf(composite, plan.slos)
    return scenesOf(composite, parts).flatMap((scene) =>
      composite.alerts.map((alert) => ({
        slo: composite.slo,
        file: `${composite.service}.composite`,
        alert: alert.alert,
        severity: alert.severity,
        region: 'all',
        case: scene.name,
        fires: expected(composite, parts, alert, scene).length > 0,
      })),
    )
  })
}

function alerting({ composites = [] }: Plan): CompositePlan[] {
  return composites.filter(({ alerts }) => alerts.length > 0)
}

/** A part, and the weight that counts. */
type Part = { slo: SloPlan; weight: number }

function partsOf({ budgetingMethod, parts }: CompositePlan, slos: SloPlan[]): Part[] {
  return parts.flatMap(({ slo: id, weight }) => {
    const slo = slos.find((one) => one.slo === id)
    return slo ? [{ slo, weight: budgetingMethod === 'Timeslices' ? 1 : Number(weight) }] : []
  })
}

const MANY = 1_000_000_000
const WELL: Seen = { total: MANY, bad: 0 }

function scenesOf(composite: CompositePlan, parts: Part[]): Scene[] {
  const names = composite.windows.map(({ name }) => name)
  const pairs = composite.alerts.flatMap((alert) => (alert.kind === 'burn' ? alert.pairs : []))
  const highest = Number(composite.highestBurnRate)
  const [first] = parts
  const [fastest] = pairs
  const isFirst = (part: string) => part === first?.slo.slo
  const scene = (name: string, windows: string[], seen: (part: string, window: string) => Seen): Scene => ({
    name,
    seen: (minute, window, part) =>
      minute >= START && minute < STOP && windows.includes(window) ? seen(part, window) : WELL,
  })
  const unseen: Scene = { name: 'never-seen', seen: () => undefined }
  if (composite.budgetingMethod === 'Timeslices') {
    const bad = (part: string) => ({ total: 1, bad: Number(isFirst(part)) })
    const one = scene('one-bad-slice', [SLICE], bad)
    const budget = Number(composite.errorBudget)
    const counted = (name: string, of: string[], held: (window: string) => Seen): Scene => {
      const { seen } = scene(name, of, (_, window) => held(window))
      return { name, seen: () => undefined, counted: (minute, window) => seen(minute, window, '') ?? WELL }
    }
    const slices = (burnRate: number): Seen => ({ total: MANY, bad: Math.round(burnRate * budget * MANY) })
    const evident = (name: string, near: [score: number, few: number]) =>
      fastest
        ? evidenceAt(EVIDENCE, budget, near).map((few) =>
            counted(name, [fastest.long, fastest.short], (window) =>
              window === fastest.long ? few : slices(highest),
            ),
          )
        : []
    return [
      ...pairs.flatMap((pair) =>
        nearPair(pair, highest).map(({ name, at }) =>
          counted(name, [pair.long, pair.short], (window) => slices(at(window))),
        ),
      ),
      ...evident('just-enough-evidence', [OVER, OVER]),
      ...evident('too-few-failures', [OVER, UNDER]),
      ...evident('too-little-surprise', [UNDER, OVER]),
      counted('budget-spent', [composite.period.name], () => slices(Math.min(OVER, (1 + highest) / 2))),
      counted('budget-nearly-spent', [composite.period.name], () => slices(UNDER)),
      scene('outage-of-a-part', [SLICE], bad),
      { ...one, seen: (minute, window, part) => one.seen(minute === START ? minute : STOP, window, part) },
      unseen,
    ]
  }
  const at = (burnRate: number) => {
    const shares = sharesAt(composite, parts, burnRate)
    return (part: string) => ({ total: MANY, bad: Math.round((shares.get(part) ?? 0) * MANY) })
  }
  const alone = (part: string): Seen => ({ total: isFirst(part) ? 1 : MANY, bad: Number(isFirst(part)) })
  /** Of the first part alone; the others are well. */
  const evident = (name: string, near: [score: number, few: number]) =>
    first && fastest
      ? evidenceAt(EVIDENCE, evenRatio(composite, parts, first), near).map((few) =>
          scene(name, [fastest.long, fastest.short], (part) => (isFirst(part) ? few : WELL)),
        )
      : []
  const longs = pairs.map(({ long }) => long)
  const shorts = pairs.map(({ short }) => short)
  return [
    ...pairs.flatMap((pair) =>
      nearPair(pair, highest).map(({ name, at: near }) =>
        scene(name, [pair.long, pair.short], (part, window) => at(near(window))(part)),
      ),
    ),
    ...(fastest
      ? [
          scene(
            'no-longer-burning',
            longs.filter((name) => !shorts.includes(name)),
            at(above(fastest.burnRate, highest)),
          ),
          scene(
            'just-begun',
            shorts.filter((name) => !longs.includes(name)),
            at(above(fastest.burnRate, highest)),
          ),
          scene('one-failure-alone', [fastest.long, fastest.short], alone),
          ...evident('just-enough-evidence', [OVER, OVER]),
          ...evident('too-few-failures', [OVER, UNDER]),
          ...evident('too-little-surprise', [UNDER, OVER]),
        ]
      : []),
    scene('half-the-budget', names, at(0.5)),
    scene('budget-spent', [composite.period.name], at(Math.min(OVER, (1 + highest) / 2))),
    scene('budget-nearly-spent', [composite.period.name], at(UNDER)),
    unseen,
  ]
}

type Near = { name: string; at: (window: string) => number }

/** Burn rates just over the threshold in both windows, and just under it in one of them. */
function nearPair({ long, short, burnRate }: CompositeBurnPlan['pairs'][number], highest: number): Near[] {
  const [over, under] = [above(burnRate, highest), UNDER * Number(burnRate)]
  return [
    { name: `burn-of-the-${long}-pair`, at: () => over },
    { name: `below-the-${long}-pair`, at: (window) => (window === long ? under : over) },
    { name: `below-the-${long}-pair-now`, at: (window) => (window === short ? under : over) },
  ]
}

function above(burnRate: string, highest: number): number {
  return Math.min(OVER * Number(burnRate), (Number(burnRate) + highest) / 2)
}

/** Shares of bad events at which each part adds as much to this burn; where one cannot, all have the same share. */
function sharesAt({ errorBudget }: CompositePlan, parts: Part[], burnRate: number): Map<string, number> {
  const perBad = ({ slo, weight }: Part) => weight / Number(errorBudget ?? slo.errorBudget)
  const even = parts.map((part): [string, number] => [part.slo.slo, burnRate / parts.length / perBad(part)])
  if (even.every(([, share]) => share <= 1)) return new Map(even)
  const all = parts.reduce((sum, part) => sum + perBad(part), 0)
  return new Map(parts.map(({ slo }) => [slo.slo, burnRate / all]))
}

/** What the standard says of the method; undefined when no part saw anything. */
function burnOf(
  { errorBudget }: CompositePlan,
  parts: Part[],
  seenBy: (part: string) => Seen | undefined,
  { clamped = true, ratio = (_: Part, seen: Seen) => shareOf(seen) } = {},
): number {
  const missed = parts.flatMap((part) => {
    const seen = seenBy(part.slo.slo)
    return seen ? [{ part, bad: part.weight * ratio(part, seen) }] : []
  })
  if (missed.length === 0) return Number.NaN
  if (errorBudget === undefined)
    return missed.reduce((sum, { part, bad }) => sum + bad / Number(part.slo.errorBudget), 0)
  const sum = missed.reduce((all, { bad }) => all + bad, 0)
  return (clamped ? Math.min(sum, 1) : sum) / Number(errorBudget)
}

/** When the alert must fire: every minute, by what is seen then. */
function expected(composite: CompositePlan, parts: Part[], alert: Alert, scene: Scene): Firing[] {
  const burn = burns(composite, parts, scene)
  const holds = (minute: number) =>
    alert.kind === 'burn'
      ? alert.pairs.some(({ long, short, burnRate }) =>
          [burn.of(minute, long), burn.of(minute, short), burn.evident(minute, long)].every(
            (rate) => rate > Number(burnRate),
          ),
        )
      : 1 - burn.of(minute, composite.period.name) <= 0
  const times =
    alert.kind === 'burn'
      ? { forSeconds: alert.forSeconds, keepFiringForSeconds: alert.keepFiringForSeconds }
      : { forSeconds: alert.forSeconds, keepFiringForSeconds: 0 }
  const evaluations = { stepSeconds: STEP_SECONDS, endSeconds: END_MINUTES * 60 }
  return firings((seconds) => holds(seconds / 60), times, evaluations)
}

type Burns = Record<'of' | 'evident', (minute: number, window: string) => number>

function burns(composite: CompositePlan, parts: Part[], scene: Scene): Burns {
  const { windows, errorBudget } = composite
  const gated = (window: string) =>
    windows.some(({ name, evidentBurnRate }) => name === window && evidentBurnRate)
  if (composite.budgetingMethod === 'Timeslices') {
    const budget = Number(errorBudget)
    const slices = (minute: number, window: string) =>
      scene.counted?.(minute, window) ?? slicesIn(composite, parts, scene, minute, window)
    return {
      of: (minute, window) => shareOf(slices(minute, window)) / budget,
      evident: (minute, window) => {
        const seen = slices(minute, window)
        return (gated(window) ? evidentRatio(seen, budget) : shareOf(seen)) / budget
      },
    }
  }
  const even = (part: Part) => evenRatio(composite, parts, part)
  return {
    of: (minute, window) => burnOf(composite, parts, (part) => scene.seen(minute, window, part)),
    evident: (minute, window) =>
      burnOf(composite, parts, (part) => scene.seen(minute, window, part), {
        clamped: false,
        ratio: (part, seen) => (gated(window) ? evidentRatio(seen, even(part)) : shareOf(seen)),
      }),
  }
}

/** At these shares of bad events all parts together burn at 1. */
function evenRatio({ errorBudget }: CompositePlan, parts: Part[], { slo }: Part): number {
  const weights = parts.reduce((sum, { weight }) => sum + weight, 0)
  return Number(slo.errorBudget) / (errorBudget === undefined ? weights : 1)
}

/** What an SLO's own alerts ask for. */
const EVIDENCE = { minScore: '6.9', minBad: '1.5' }

function shareOf({ total, bad }: Seen): number {
  return bad / total
}

/** Whole when more than chance: by ln 1000 likelier than at the even share, and two failures at least. */
function evidentRatio(seen: Seen, even: number): number {
  const ratio = shareOf(seen)
  const term = (share: number, of: number) => (share === 0 ? 0 : share * Math.log(share / of))
  const surprise = seen.total * (term(ratio, even) + term(1 - ratio, 1 - even))
  return ratio > even && seen.bad >= Number(EVIDENCE.minBad) && surprise > Number(EVIDENCE.minScore)
    ? ratio
    : Math.min(ratio, even)
}

/** Stands for the newest slice of Timeslices, which has no other window: longer ones are made of it. */
const SLICE = 'slice'

/** Slices in the window so far, and those of them that were bad for any part. */
function slicesIn(
  { windows }: CompositePlan,
  parts: Part[],
  scene: Scene,
  minute: number,
  window: string,
): Seen {
  const sliceMinutes = sliceSeconds(parts) / 60
  const minutes = (windows.find(({ name }) => name === window)?.seconds ?? 60) / 60
  const sum = { total: 0, bad: 0 }
  for (let at = minute; at >= 0 && at > minute - minutes; at -= sliceMinutes) {
    const seen = parts.flatMap(({ slo }) => scene.seen(at, SLICE, slo.slo) ?? [])
    sum.total += Number(seen.length > 0)
    sum.bad += Number(seen.some(({ bad }) => bad > 0))
  }
  return sum
}

type Series = { series: string; values: string }

/** What the rules of the composite read of its parts, minute by minute. */
function inputSeries(composite: CompositePlan, parts: Part[], scene: Scene): Series[] {
  if (scene.counted) return countedSeries(composite, parts, { ...scene, seen: scene.counted })
  const sliced = composite.budgetingMethod === 'Timeslices'
  const windows = sliced ? [SLICE] : composite.windows.map(({ name }) => name)
  return parts.flatMap(({ slo }) => {
    const level = sliced && slo.regions.length > 0 ? 'slo_region' : 'slo'
    const regions = level === 'slo' ? [''] : slo.regions.map((region) => `,region="${region}"`)
    const series = (metric: string, window: string, value: (seen: Seen) => number) =>
      regions.map((region) => ({
        series: `${level}:${metric}:${window === SLICE ? sliceName(slo) : window}{slo="${slo.slo}",service="${slo.service}"${region}}`,
        values: values(scene, window, slo.slo, value),
      }))
    return windows.flatMap((window) => [
      ...series('total_events', window, ({ total }) => (window === SLICE ? 1 : total)),
      ...series('bad_events', window, ({ bad }) => bad),
      ...(sliced ? [] : series('bad_ratio', window, shareOf)),
    ])
  })
}

/** A tile has no window to be counted in: it is read as a ratio only. */
function countedSeries({ slo, service, windows }: CompositePlan, parts: Part[], scene: Scene): Series[] {
  const tile = sliceSeconds(parts)
  return windows.flatMap(({ name, seconds }) => {
    const series = (metric: string, value: (seen: Seen) => number) => ({
      series: `slo:${metric}:${name}{slo="${slo}",service="${service}"}`,
      values: values(scene, name, '', value),
    })
    return seconds === tile
      ? [series('bad_ratio', shareOf)]
      : [series('total_events', ({ total }) => total), series('bad_events', ({ bad }) => bad)]
  })
}

function values(scene: Scene, window: string, part: string, value: (seen: Seen) => number): string {
  return [...byRun(scene, window, part)]
    .map(({ seen, times }) => (seen ? `${value(seen)}x${times - 1}` : `_x${times}`))
    .join(' ')
}

/** What is seen does not change but where the burn begins or ends. */
function* byRun(
  { seen }: Scene,
  window: string,
  part: string,
): Generator<{ seen: Seen | undefined; times: number }> {
  const edges = [0, START, START + 1, STOP, END_MINUTES + 1]
  for (const [index, from] of edges.slice(0, -1).entries())
    yield { seen: seen(from, window, part), times: (edges[index + 1] ?? from) - from }
}

function sliceSeconds([first]: Part[]): number {
  return first?.slo.slices?.seconds ?? 60
}

function sliceName({ slices }: SloPlan): string {
  return `${(slices?.seconds ?? 60) / 60}m`
}
