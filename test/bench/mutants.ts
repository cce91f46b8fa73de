/**
 * Are the generated promtool tests any good? Rules are made wrong in one place at a time, and the tests must notice. A
 * wrong rule that none of them sees is a mutant that survived: printed, because it says what nobody proves.
 */
import { type AlertRule, renderAlertRules, renderAlertTests, type TestFile } from '@plimsoll/alerts'
import { type Plan, renderRecordingRules } from '@plimsoll/slo/plan'
import { type Groups, passes, type Suspect, unseen } from './mutants/judge.ts'
import { mutantsOf, mutantsOfExpr } from './mutants/mutate.ts'
import { subjects } from './mutants/subjects.ts'
import type { Benchmark } from './run.ts'

const benchmark: Benchmark = {
  name: 'mutants',
  description:
    'wrong alert rules, one change each: how many the generated tests notice; MUTANTS=name for some SLOs',
  async run() {
    const wanted = process.env.MUTANTS ?? ''
    const all: Result[] = []
    for (const { name, plan } of subjects()) {
      if (!name.includes(wanted)) continue
      const results = await judge(name, plan)
      print(name, results)
      for (const { kind, survived } of results)
        if (survived) console.log(`    survived: ${kind}: ${survived}`)
      all.push(...results)
    }
    if (wanted === '') print('all', all)
  },
}
export default benchmark

/** One mutant; `survived` says which one it was when no test saw it. */
type Result = { kind: string; survived: string | undefined }

async function judge(name: string, plan: Plan): Promise<Result[]> {
  const groups = ruleGroups(plan)
  const named = [...plan.slos, ...(plan.composites ?? [])].flatMap(({ windows }) =>
    windows.map(({ name }) => name),
  )
  const windows = [...new Set(named)]
  const files = [...renderAlertTests(plan)].filter(([stem]) => stem !== 'plimsoll').map(([, file]) => file)
  return [
    ...(await judgeAlerts(name, plan, groups, files, windows)),
    ...(await judgeRecordings(plan, groups, files, windows)),
  ]
}

type Named = Suspect & { kind: string; what: string }

async function judgeAlerts(
  name: string,
  plan: Plan,
  groups: Groups,
  files: TestFile[],
  windows: string[],
): Promise<Result[]> {
  const rules = [...renderAlertRules(plan, LINKS)].flatMap(([group, rules]) =>
    rules.map((right) => ({ group, right })),
  )
  const mutants = sampled(
    rules.flatMap((rule): Named[] =>
      mutantsOf(rule.right, windows).map((mutant) => ({ ...rule, ...mutant })),
    ),
    MOST,
  )
  // What is not wrong must be seen by none.
  const controls = rules.map((rule): Named => ({ ...rule, wrong: rule.right, kind: 'right', what: '' }))
  let left = [...mutants, ...controls]
  const tests = files.flatMap((file) => file.tests.map((test) => ({ file, test })))
  for (const { file, test } of tests.sort((a, b) => evaluations(a) - evaluations(b)))
    left = await unseen(groups, file, test, left)
  const accused = controls.filter((control) => !left.includes(control)).map(({ right }) => titleOf(right))
  if (accused.length > 0)
    throw new Error(`${name}: saw failing tests of right rules, ${accused.join(', ')}; expected none`)
  return mutants.map((mutant) => ({
    kind: mutant.kind,
    survived: left.includes(mutant) ? `${titleOf(mutant.right)}, ${mutant.what}` : undefined,
  }))
}

/** About as long as a test takes: what short ones see need not be looked for in long ones. */
function evaluations({ test }: { test: TestFile['tests'][number] }): number {
  const last = Math.max(...test.promql_expr_test.map(({ eval_time }) => Number.parseInt(eval_time, 10)))
  return test.input_series.length * last
}

/** What composites record of their parts is proven by the tests of their alerts; mutants of it have a run each. */
async function judgeRecordings(
  { composites = [] }: Plan,
  groups: Groups,
  files: TestFile[],
  windows: string[],
): Promise<Result[]> {
  const own = new Set(composites.map(({ slo }) => slo))
  const mutants = groups.flatMap((group, g) =>
    own.has(group.name.split(':')[0] ?? '')
      ? group.rules.flatMap((rule, r) => {
          if (!('record' in rule && 'expr' in rule) || !RECORDED.test(String(rule.record))) return []
          return mutantsOfExpr(String(rule.expr), windows).map(({ kind, what, expr }) => ({
            kind: `recording, ${kind}`,
            what: `${rule.record}, ${what}`,
            groups: groups.with(g, { ...group, rules: group.rules.with(r, { ...rule, expr }) }),
          }))
        })
      : [],
  )
  const results: Result[] = []
  for (const { kind, what, groups } of sampled(mutants, MOST / 2)) {
    let seen = false
    for (const file of files)
      for (const test of file.tests) seen ||= !(await passes(groups, { ...file, tests: [test] }))
    results.push({ kind, survived: seen ? undefined : what })
  }
  return results
}

/** Of windows that are all alike one is enough; what slices are counted from, and the budget left. */
const RECORDED = /(burn_rate|bad_ratio):1h$|remaining|_events:1m$/

/** Of more mutants of a kind so many, evenly spread: each takes a millisecond at every evaluation. */
const MOST = 10

function sampled<Mutant extends { kind: string }>(mutants: Mutant[], most: number): Mutant[] {
  return [...Map.groupBy(mutants, ({ kind }) => kind).values()].flatMap((some) => {
    const place = (index: number) => Math.floor((index * most) / some.length)
    return some.filter((_, index) => place(index) !== place(index - 1))
  })
}

function titleOf({ alert, labels }: AlertRule): string {
  return `${alert} ${labels.severity} ${labels.region ?? 'by region'}`
}

function print(name: string, results: Result[]): void {
  const seen = (some: Result[]) => some.filter(({ survived }) => survived === undefined).length
  console.log(`mutants: ${name}: ${seen(results)} of ${results.length} noticed`)
  const kinds = [...Map.groupBy(results, ({ kind }) => kind)].sort(([a], [b]) => a.localeCompare(b))
  for (const [kind, some] of kinds)
    console.log(`  ${kind.padEnd(48)} ${String(seen(some)).padStart(4)} of ${some.length}`)
}

const LINKS = { consoleUrl: 'http://console.invalid', dashboardUrl: 'http://dashboards.invalid' }

/** Without annotations, which decide nothing. */
function ruleGroups(plan: Plan): Groups {
  const [recordings, alerts] = [renderRecordingRules(plan), renderAlertRules(plan, LINKS)]
  return plan.groups.map(({ name, intervalSeconds }) => ({
    name,
    interval: `${intervalSeconds}s`,
    rules: [
      ...(recordings.get(name) ?? []),
      ...(alerts.get(name) ?? []).map(({ annotations: _, ...rule }) => rule),
    ],
  }))
}
