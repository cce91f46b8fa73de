/**
 * Which wrong rules the generated tests see. All mutants of an SLO are evaluated side by side, each under a name of its
 * own and each with its own copy of the expectations: one run of promtool instead of hundreds.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { AlertRule, TestFile } from '@plimsoll/alerts'

export type Groups = { name: string; interval: string; rules: object[] }[]
/** A wrong rule, the rule as it should be, and the group that it belongs to. */
export type Suspect = { group: string; right: AlertRule; wrong: AlertRule }

type TestGroup = TestFile['tests'][number]

export async function passes(groups: Groups, file: TestFile): Promise<boolean> {
  return (await promtool(groups, file)).passed
}

/** Of the suspects those that one test group does not see. */
export async function unseen<S extends Suspect>(
  groups: Groups,
  file: TestFile,
  test: TestGroup,
  suspects: S[],
): Promise<S[]> {
  const named = suspects.map((suspect, index) => ({ suspect, name: `Mutant${index}` }))
  let left = named.filter(({ suspect }) => expectations(test, suspect, '').length > 0)
  const untouched = named.filter((one) => !left.includes(one))
  for (;;) {
    if (left.length === 0) break
    const tests = [
      { ...test, promql_expr_test: left.flatMap(({ suspect, name }) => expectations(test, suspect, name)) },
    ]
    const { output, passed } = await promtool(withMutants(groups, left), { ...file, tests })
    if (passed) break
    // A rule that cannot be read or evaluated ends the test before it looks at anything else.
    const failed = [...output.matchAll(/rule: (Mutant\d+),/g), ...output.matchAll(/"(Mutant\d+)\\?"/g)]
    const gone = new Set(failed.map(([, name]) => name))
    const before = left.length
    left = left.filter(({ name }) => !gone.has(name))
    if (left.length === before) throw new Error(`promtool: saw ${output.slice(0, 2000)}`)
    if (!/rule: Mutant|could not parse/.test(output)) break
  }
  return [...untouched, ...left].map(({ suspect }) => suspect)
}

/** What the test asks of this alert, asked of a rule of another name. */
function expectations(test: TestGroup, { right }: Suspect, name: string): TestGroup['promql_expr_test'] {
  const { severity, slo, region } = right.labels
  const isOf = ({ expr }: { expr: string }) =>
    expr.includes(`alertname="${right.alert}"`) &&
    expr.includes(`slo="${slo}"`) &&
    expr.includes(`severity="${severity}"`) &&
    expr.includes('region="all"') === (region === 'all')
  const renamed = (text: string) => text.replace(`alertname="${right.alert}"`, `alertname="${name}"`)
  return test.promql_expr_test.filter(isOf).map((one) => ({
    ...one,
    expr: renamed(one.expr),
    exp_samples: one.exp_samples.map((sample) => ({ ...sample, labels: renamed(sample.labels) })),
  }))
}

function withMutants(groups: Groups, mutants: { suspect: Suspect; name: string }[]): Groups {
  return groups.map((group) => ({
    ...group,
    rules: [
      ...group.rules,
      ...mutants
        .filter(({ suspect }) => suspect.group === group.name)
        .map(({ suspect, name }) => ({ ...suspect.wrong, alert: name, annotations: {} })),
    ],
  }))
}

async function promtool(groups: Groups, file: TestFile): Promise<{ output: string; passed: boolean }> {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-mutants-'))
  try {
    for (const part of ['rules', 'tests']) mkdirSync(join(folder, part))
    for (const path of file.rule_files) writeFileSync(join(folder, 'tests', path), JSON.stringify({ groups }))
    writeFileSync(join(folder, 'tests/test.yaml'), JSON.stringify(file))
    const options = { cwd: join(folder, 'tests'), maxBuffer: 1 << 30, env: { GOGC: '400', ...process.env } }
    const { stdout, stderr } = await promisify(execFile)('promtool', ['test', 'rules', 'test.yaml'], options)
    return { output: stdout + stderr, passed: true }
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string }
    if (typeof code !== 'number') throw error
    return { output: stdout + stderr, passed: false }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
