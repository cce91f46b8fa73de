/**
 * promtool unit tests of every alert of a plan: raw counters in, alerts out, through the recording rules. Expected
 * times are counted from events (the definitions of `@plimsoll/slo/plan`); nothing is copied from what the rules answer.
 *
 * promtool evaluates all groups of a file at the file's one interval, whatever their own. Page rules need 30 s, running
 * sums are right only at their own 5 minutes: hence two files a service, and no alert of running sums in the first.
 */
import type { Plan, SloPlan } from '@plimsoll/slo/plan'
import { WATCHDOG_GROUP } from '../watchdog.ts'
import { FAST, fastCases, nothingToSee, SLOW, SLOW_SLICES, slowCases } from './cases.ts'
import { type Feed, feedOf } from './feed.ts'
import { inputSeries, type Watched, type World, watch } from './world.ts'

type ExprTest = { expr: string; eval_time: string; exp_samples: { labels: string; value: number }[] }
type TestGroup = { name: string; interval: string; input_series: object[]; promql_expr_test: ExprTest[] }
export type TestFile = {
  rule_files: string[]
  evaluation_interval: string
  /** Without it promtool evaluates the groups of one instant in an order that it draws by lot for each run. */
  group_eval_order: string[]
  tests: TestGroup[]
}

/** File stem → promtool test file: `<service>` and `<service>.slow`, and `plimsoll` for the Watchdog. */
export function renderAlertTests(plan: Plan): Map<string, TestFile> {
  const files = new Map([
    ['plimsoll', testFile('plimsoll', [WATCHDOG_GROUP], FAST.stepSeconds, [watchdogTest()])],
  ])
  const slowGroups = new Set(
    plan.groups.filter((group) => group.intervalSeconds > FAST.stepSeconds).map((group) => group.name),
  )
  for (const service of new Set(plan.slos.map((slo) => slo.service))) {
    const slos = plan.slos.filter((slo) => slo.service === service && slo.alerts.length > 0)
    if (slos.length === 0) continue
    const indicators = slos.map(({ indicator }) => indicator)
    const feed = (slo: SloPlan) => feedOf(slo, indicators)
    const fast = slos.flatMap((slo) => fastTests(slo, feed(slo), slowGroups))
    const slow = slos.flatMap((slo) => slowTests(slo, feed(slo)))
    const order = plan.groups.filter((group) => group.service === service).map((group) => group.name)
    files.set(service, testFile(service, order, FAST.stepSeconds, fast))
    files.set(`${service}.slow`, testFile(service, order, SLOW.stepSeconds, slow))
  }
  return files
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
function fastTests(slo: SloPlan, feed: Feed, slowGroups: Set<string>): TestGroup[] {
  const alerts = slo.alerts.filter(({ group, kind }) => !slowGroups.has(group) && kind !== 'traffic-gone')
  const worlds = [
    ...worldsOf(slo, { name: 'pages', ...fastCases(slo), ...FAST }),
    ...nothingToSee(slo).map(({ name, cases }) => ({ name, cases, ...FAST, endSeconds: 900 })),
  ]
  return worlds.map((world) => testGroup(slo, feed, world, watch(slo, alerts, feed, world)))
}

/** Tickets, and pages whose windows are hours. */
function slowTests(slo: SloPlan, feed: Feed): TestGroup[] {
  const alerts = slo.alerts.filter(({ kind }) => kind !== 'blind')
  const worlds = worldsOf(slo, { name: 'tickets', ...slowCases(slo), ...(slo.slices ? SLOW_SLICES : SLOW) })
  return worlds.map((world) => testGroup(slo, feed, world, watch(slo, alerts, feed, world)))
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

function testGroup(slo: SloPlan, feed: Feed, world: World, watched: Watched[]): TestGroup {
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
