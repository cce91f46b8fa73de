/**
 * promtool unit tests of every alert of a plan: raw counters in, alerts out, through the recording rules. Expected
 * times are counted from events (the definitions of `@plimsoll/slo/plan`); nothing is copied from what the rules answer.
 *
 * promtool evaluates all groups of a file at the file's one interval, whatever their own. Page rules need 30 s, running
 * sums are right only at their own 5 minutes: hence two files a service, and no alert of running sums in the first.
 */
import { filled, type Plan, type SloPlan, type Template, templateOf } from '@plimsoll/slo/plan'
import { byShape } from '../by-shape.ts'
import { WATCHDOG_GROUP } from '../watchdog.ts'
import type { AlertCheck } from './case.ts'
import { FAST, SLOW } from './cases.ts'
import { compositeChecks, compositeTests } from './composite-tests.ts'
import { edgeGroup } from './edge-group.ts'
import { edgesOf } from './edges.ts'
import { explainedChecks, explainedTests } from './explained-tests.ts'
import { caseName, type Kind, scenesOf } from './scenes.ts'
import { type Shape, type Subject, subjectsOf } from './shape.ts'
import { namesOf, type TestGroup, testGroup } from './test-template.ts'

export type TestFile = {
  rule_files: string[]
  evaluation_interval: string
  /** Without it promtool evaluates the groups of one instant in an order that it draws by lot for each run. */
  group_eval_order: string[]
  tests: TestGroup[]
}

/** File stem → promtool test file: `<service>` and `<service>.slow`, and `plimsoll` for the Watchdog. */
export function renderAlertTests(plan: Plan): Map<string, TestFile> {
  return new Map(
    [...alertTestFiles(plan)].map(([stem, pieces]) => [stem, JSON.parse([...pieces].join('')) as TestFile]),
  )
}

/**
 * The same one after the other as text in pieces, for who cannot hold those of thousands. JSON is YAML: tests are read
 * by promtool, and by people only where one fails.
 */
export function* alertTestFiles(plan: Plan): Generator<[stem: string, pieces: Iterable<string>]> {
  const watchdog = testFile('plimsoll', [WATCHDOG_GROUP], FAST.stepSeconds)
  yield ['plimsoll', filePieces(watchdog, [printed(watchdogTest())])]
  const groups = Map.groupBy(plan.groups, (group) => group.service)
  const templates = templatesByShape()
  for (const [service, subjects] of subjectsByService(plan)) {
    const order = (groups.get(service) ?? []).map((group) => group.name)
    for (const kind of KINDS) {
      const file = testFile(service, order, CLOCKS[kind].stepSeconds)
      yield [stemOf(service, kind), filePieces(file, testTexts(subjects, kind, templates))]
    }
  }
  for (const { service, stepSeconds, groups, tests } of compositeTests(plan)) {
    const file = testFile(`${service}.composite`, groups, stepSeconds)
    yield [`${service}.composite`, filePieces(file, tests.map(printed))]
  }
}

/** What the generated tests check of every alert, in their order. */
export function alertChecks(plan: Plan): AlertCheck[] {
  return [...sloChecks(plan), ...compositeChecks(plan)]
}

function sloChecks(plan: Plan): AlertCheck[] {
  return [...subjectsByService(plan)].flatMap(([service, subjects]) => [
    ...KINDS.flatMap((kind) =>
      subjects.flatMap(({ slo, shape }) =>
        scenesOf(shape, kind).flatMap(({ fed, watched }) =>
          watched.map(({ alert: { alert, severity }, region, firings }) => ({
            slo: slo.slo,
            file: stemOf(service, kind),
            alert,
            severity,
            region,
            case: caseName(shape, fed.world, region),
            fires: firings.length > 0,
          })),
        ),
      ),
    ),
    ...subjects.flatMap(({ slo, shape }) => edgeChecks(slo, shape)),
    ...subjects.flatMap(({ slo }) => explainedChecks(slo)),
  ])
}

function edgeChecks({ slo, service }: SloPlan, shape: Shape): AlertCheck[] {
  const { watched = [] } = edgesOf(shape) ?? {}
  return watched.map(({ alert: { alert, severity, scope }, firings }) => ({
    ...{ slo, file: stemOf(service, 'slow'), alert, severity },
    region: scope === 'all' ? 'all' : (shape.regions[0] ?? ''),
    case: 'edges',
    fires: firings.length > 0,
  }))
}

const KINDS: readonly Kind[] = ['fast', 'slow']
const CLOCKS = { fast: FAST, slow: SLOW }

function stemOf(service: string, kind: Kind): string {
  return kind === 'fast' ? service : `${service}.slow`
}

/** Services with alerts, in the order of the plan. */
function* subjectsByService({ slos, groups }: Plan): Generator<[service: string, subjects: Subject[]]> {
  const groupsOf = Map.groupBy(groups, (group) => group.service)
  for (const [service, own] of Map.groupBy(slos, (slo) => slo.service)) {
    const subjects = subjectsOf(own, groupsOf.get(service) ?? [], FAST.stepSeconds)
    if (subjects.length > 0) yield [service, subjects]
  }
}

type Templates = (shape: Shape, kind: Kind) => Template[]

function templatesByShape(): Templates {
  const templates = byShape<Template[]>()
  return (shape, kind) =>
    templates(kind + JSON.stringify(shape), () =>
      groupsOf(shape, kind).map((group) => templateOf(printed(group))),
    )
}

function groupsOf(shape: Shape, kind: Kind): TestGroup[] {
  const scenes = scenesOf(shape, kind).map((scene) => testGroup(scene, shape))
  const edges = kind === 'slow' ? edgesOf(shape) : undefined
  return edges ? [...scenes, edgeGroup(edges, shape)] : scenes
}

function* testTexts(subjects: Subject[], kind: Kind, templates: Templates): Generator<string> {
  for (const subject of subjects) {
    const names = namesOf(subject)
    for (const template of templates(subject.shape, kind)) yield filled(template, names)
  }
  if (kind === 'slow') return
  for (const { slo } of subjects) for (const group of explainedTests(slo)) yield printed(group)
}

function testFile(service: string, order: string[], stepSeconds: number): TestFile {
  return {
    rule_files: [`../rules/${service}.rules.yaml`],
    evaluation_interval: `${stepSeconds}s`,
    group_eval_order: order,
    tests: [],
  }
}

function* filePieces(file: TestFile, tests: Iterable<string>): Generator<string> {
  yield JSON.stringify(file).replace(/\]\}$/, '')
  let separator = '\n'
  for (const test of tests) {
    yield separator + test
    separator = ',\n'
  }
  yield '\n]}\n'
}

/** One series and one expectation a line. */
function printed({ name, interval, input_series, promql_expr_test }: TestGroup): string {
  const lines = (items: object[]) => items.map((item) => `\n${JSON.stringify(item)}`).join(',')
  return `{"name":${JSON.stringify(name)},"interval":"${interval}",\n"input_series":[${lines(input_series)}],\n"promql_expr_test":[${lines(promql_expr_test)}]}`
}

function watchdogTest(): TestGroup {
  const expr = 'ALERTS{alertname="Watchdog",alertstate="firing"}'
  const labels = (beat: number) =>
    `ALERTS{alertname="Watchdog",alertstate="firing",beat="${beat}",severity="none"}`
  return {
    name: 'the Watchdog fires from the first evaluation on, with another beat each time',
    interval: '30s',
    input_series: [],
    promql_expr_test: ['0s', '30s', '1h', '1h0m30s'].map((eval_time, index) => ({
      expr,
      eval_time,
      exp_samples: [{ labels: labels(index % 2), value: 1 }],
    })),
  }
}
