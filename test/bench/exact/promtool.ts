/** Questions put through promtool, which only compares: what it got is read from its complaints. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DAY, HOUR, MINUTE } from './traffic.ts'

export type Question = { expr: string; labels: string; at: number; expected: number }

export type Group = { name: string; rules: { record: string; expr: string }[] }
type Part = { start: number; stepSeconds: number }

/** What promtool got for each question: as expected where it does not complain. */
export function ask(
  folder: string,
  part: Part,
  series: object[],
  groups: Group[],
  questions: Question[],
): (number | undefined)[] {
  writeFileSync(join(folder, 'rules.json'), JSON.stringify({ groups }))
  const suite = {
    rule_files: ['rules.json'],
    evaluation_interval: `${part.stepSeconds}s`,
    group_eval_order: groups.map(({ name }) => name),
    tests: [
      {
        interval: '7s500ms',
        input_series: series,
        promql_expr_test: questions.map(({ expr, labels, at, expected }) => ({
          expr,
          eval_time: `${at - part.start}s`,
          exp_samples: [{ labels, value: expected }],
        })),
      },
    ],
  }
  writeFileSync(join(folder, 'test.json'), JSON.stringify(suite))
  let said = ''
  try {
    execFileSync('promtool', ['test', 'rules', 'test.json'], { cwd: folder, stdio: 'pipe' })
  } catch (error) {
    said = String((error as { stderr?: Buffer }).stderr)
    // Anything but values that differ: no value was compared, so none may pass for exact.
    if (!said.includes('got:') || /\berr/.test(said)) throw new Error(said.slice(0, 2000))
  }
  const differing = new Map<string, string>()
  for (const [, expr, time, got] of said.matchAll(/expr: "(.*)", time: (\w+),\s+exp:.*\s+got:\s*(.*)/g))
    differing.set(`${expr?.replaceAll('\\"', '"')} ${seconds(time ?? '')}`, got ?? '')
  if (differing.size !== said.split('got:').length - 1) throw new Error(said.slice(0, 2000))
  return questions.map(({ expr, at, expected }) => {
    const got = differing.get(`${expr} ${at - part.start}`)
    if (got === undefined) return expected
    return got.includes('} ') ? Number(got.slice(got.lastIndexOf(' '))) : undefined
  })
}

function seconds(duration: string): number {
  const units: Record<string, number> = { w: 7 * DAY, d: DAY, h: HOUR, m: MINUTE, s: 1 }
  return [...duration.matchAll(/(\d+)([wdhms])/g)].reduce(
    (sum, [, n, u]) => sum + Number(n) * (units[u ?? ''] ?? 0),
    0,
  )
}
