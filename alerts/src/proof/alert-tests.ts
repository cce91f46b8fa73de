/**
 * promtool unit tests of every alert of a plan: raw counters in, alerts out, through the recording rules. Expected
 * times are counted from events (the definitions of `@plimsoll/slo/plan`); nothing is copied from what the rules answer.
 *
 * promtool evaluates all groups of a file at the file's one interval, whatever their own. Page rules need 30 s, running
 * sums are right only at their own 5 minutes: hence two files a service, and no alert of running sums in the first.
 */
import type { AlertPlan, Plan, SloPlan } from '@plimsoll/slo/plan'
import type { EXPLAINED } from '../explained-rule.ts'
import { WATCHDOG_GROUP } from '../watchdog.ts'
import { FAST, fastCases, nothingToSee, SLOW, SLOW_SLICES, slowCases } from './cases.ts'
import { explainedChecks, explainedTests } from './explained-tests.ts'
import { type Feed, feedOf } from './feed.ts'
import { inputSeries, type Watched, type World, watch } from './world.ts'

type ExprTest = { expr: string; eval_time: string; exp_samples: { labels: string; value: number }[] }
export type TestGroup = {
  name: string
  interval: string
  input_series: object[]
  promql_expr_test: ExprTest[]
}
export type TestFile = {
  rule_files: string[]
  evaluation_interval: string
  /** Without it promtool evaluates the groups of one instant in an order that it draws by lot for each run. */
  group_eval_order: string[]
  tests: TestGroup[]
}

/** File stem → promtool test file: `<service>` and `<service>.slow`, and `plimsoll` for the Watchdog. */
export function renderAlertTests(plan: Plan): Map<string, TestFile> {
  return new Map(alertTestFiles(plan))
}

/** The same one after the other, for who cannot hold those of thousands. */
export function* alertTestFiles(plan: Plan): Generator<[stem: string, file: TestFile]> {
  yield ['plimsoll', testFile('plimsoll', [WATCHDOG_GROUP], FAST.stepSeconds, [watchdogTest()])]
  const groups = Map.groupBy(plan.groups, (group) => group.service)
  const slos = Map.groupBy(plan.slos, (slo) => slo.service)
  for (const service of servicesOf(plan)) {
    const own = { ...plan, slos: slos.get(service) ?? [], groups: groups.get(service) ?? [] }
    const order = own.groups.map((group) => group.name)
    for (const [kind, clock] of Object.entries({ fast: FAST, slow: SLOW })) {
      const stem = kind === 'fast' ? service : `${service}.slow`
      const scenes = scenesOf(own, service, kind as Scene['kind'])
      const explained = kind === 'fast' ? own.slos.flatMap(explainedTests) : []
      yield [stem, testFile(service, order, clock.stepSeconds, [...scenes.map(testGroup), ...explained])]
    }
  }
}

/** One alert in one case: whether its test makes it fire. `file` is the stem of the test file. */
export type AlertCheck = {
  slo: string
  file: string
  alert: AlertPlan['alert'] | typeof EXPLAINED
  severity: AlertPlan['severity'] | 'none'
  region: string
  case: string
  fires: boolean
}

/** What the generated tests check of every alert, in their order. */
export function alertChecks(plan: Plan): AlertCheck[] {
  return servicesOf(plan).flatMap((service) => [
    ...(['fast', 'slow'] as const).flatMap((kind) =>
      scenesOf(plan, service, kind).flatMap(({ slo, world, watched }) =>
        watched.map(({ alert: { alert, severity }, region, firings }) => ({
          slo: slo.slo,
          file: kind === 'fast' ? service : `${service}.slow`,
          alert,
          severity,
          region,
          case: caseName(slo, world, region),
          fires: firings.length > 0,
        })),
      ),
    ),
    ...plan.slos.filter((slo) => slo.service === service).flatMap(explainedChecks),
  ])
}

/** Cases side by side are told apart by region; the first has the name of one that is expected, and vanishes. */
function caseName({ regions }: SloPlan, { name, cases }: World, region: string): string {
  if (region !== 'all' && cases.every((one) => one.name !== region)) return 'never seen'
  if (cases.length <= 1) return name.replace(/^.*, /, '')
  if (region === 'all') return `all of ${name}`
  return region === regions[0] ? 'vanishes' : region
}

/** Services with alerts, in the order of the plan. */
function servicesOf({ slos }: Plan): string[] {
  return [...new Set(slos.filter(({ alerts }) => alerts.length > 0).map(({ service }) => service))]
}

/** One world of one SLO, and what must happen in it. */
type Scene = { kind: 'fast' | 'slow'; slo: SloPlan; feed: Feed; world: World; watched: Watched[] }

function scenesOf(plan: Plan, service: string, kind: Scene['kind']): Scene[] {
  const slowGroups = new Set(
    plan.groups.filter((group) => group.intervalSeconds > FAST.stepSeconds).map((group) => group.name),
  )
  const slos = plan.slos.filter((slo) => slo.service === service && slo.alerts.length > 0)
  const indicators = slos.map(({ indicator }) => indicator)
  return slos.flatMap((slo) => {
    const feed = feedOf(slo, indicators)
    const [alerts, worlds] = kind === 'fast' ? fastScenes(slo, slowGroups) : slowScenes(slo)
    return worlds.map((world) => ({ kind, slo, feed, world, watched: watch(slo, alerts, feed, world) }))
  })
}

function testFile(service: string, order: string[], stepSeconds: number, tests: TestGroup[]): TestFile {
  return {
    rule_files: [`../rules/${service}.rules.yaml`],
    evaluation_interval: `${stepSeconds}s`,
    group_eval_order: order,
    tests,
  }
}

/** Pages and blindness, second by second as far as rules are evaluated. */
function fastScenes(slo: SloPlan, slowGroups: Set<string>): [AlertPlan[], World[]] {
  const alerts = slo.alerts.filter(({ group, kind }) => !slowGroups.has(group) && kind !== 'traffic-gone')
  return [
    alerts,
    [
      ...worldsOf(slo, { name: 'pages', ...fastCases(slo), ...FAST }),
      ...nothingToSee(slo).map(({ name, cases }) => ({ name, cases, ...FAST, endSeconds: 900 })),
    ],
  ]
}

/** Tickets, and pages whose windows are hours. */
function slowScenes(slo: SloPlan): [AlertPlan[], World[]] {
  const alerts = slo.alerts.filter(({ kind }) => kind !== 'blind')
  return [alerts, worldsOf(slo, { name: 'tickets', ...slowCases(slo), ...(slo.slices ? SLOW_SLICES : SLOW) })]
}

/** Without regions there is no telling cases apart: one world each. */
function worldsOf(slo: SloPlan, world: World): World[] {
  if (slo.regions.length > 0) return [world]
  return world.cases.map((one) => ({
    ...world,
    name: `${world.name}, ${one.name}`,
    cases: [one],
    endSeconds: one.endSeconds ?? world.endSeconds,
  }))
}

function testGroup({ slo, feed, world, watched }: Scene): TestGroup {
  return {
    name: `${slo.slo}: ${world.name}`,
    interval: `${world.sampleSeconds}s`,
    input_series: inputSeries(slo, feed, world),
    promql_expr_test: watched.flatMap((one) => expectations(slo, one, world)),
  }
}

/** Silent until the evaluation before it fires, firing from then on, gone at the evaluation at which it resolves. */
function expectations(slo: SloPlan, { alert, region, firings }: Watched, world: World): ExprTest[] {
  const { stepSeconds, endSeconds } = world
  const selector = `ALERTS{alertname="${alert.alert}",alertstate="firing",slo="${slo.slo}",severity="${alert.severity}",region="${region}"}`
  const { owner, service } = slo
  const labels = `ALERTS{alertname="${alert.alert}",alertstate="firing",owner="${owner}",region="${region}",service="${service}",severity="${alert.severity}",slo="${slo.slo}"}`
  const silent = (from: number, to: number): ExprTest[] =>
    to < from
      ? []
      : [{ expr: `count_over_time(${selector}[${to - from + 1}s])`, eval_time: `${to}s`, exp_samples: [] }]
  const firing = (at: number): ExprTest[] =>
    at > endSeconds ? [] : [{ expr: selector, eval_time: `${at}s`, exp_samples: [{ labels, value: 1 }] }]

  const tests: ExprTest[] = []
  let resolved = 0
  for (const { fromSeconds, untilSeconds } of firings) {
    tests.push(...silent(resolved, fromSeconds - stepSeconds), ...firing(fromSeconds))
    if (untilSeconds === undefined) return tests
    tests.push(...firing(untilSeconds - stepSeconds))
    resolved = untilSeconds
  }
  return [...tests, ...silent(resolved, endSeconds)]
}

function watchdogTest(): TestGroup {
  const expr = 'ALERTS{alertname="Watchdog",alertstate="firing"}'
  const labels = 'ALERTS{alertname="Watchdog",alertstate="firing",severity="none"}'
  return {
    name: 'the Watchdog fires from the first evaluation on',
    interval: '30s',
    input_series: [],
    promql_expr_test: ['0s', '1h'].map((eval_time) => ({
      expr,
      eval_time,
      exp_samples: [{ labels, value: 1 }],
    })),
  }
}
