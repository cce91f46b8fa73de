/** `plimsoll build --check`: what was built, or would be, against what a running Prometheus has loaded. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Check, checkRules, type Difference } from '../build/check-rules.ts'
import { runningPrometheus } from '../build/loaded-rules.ts'
import { type RuleFile, readRuleFile } from '../build/rule-files.ts'
import type { Tree } from '../build/tree.ts'
import type { ExitCode, Io } from './io.ts'

type Options = { out?: string; prometheusUrl: string; json?: boolean }

const RULES = 'prometheus/rules/'
/** Of a thousand, the first tell as much. */
const PRINTED = 50

/** Exit code: 0 the same and healthy, 1 differences, 3 unreachable, or not evaluated yet. */
export async function checkBuild(
  tree: Tree,
  { out, prometheusUrl, json }: Options,
  io: Io,
): Promise<ExitCode> {
  const files: RuleFile[] = []
  const outdated: Difference[] = []
  for (const [path, built] of tree) {
    if (!path.startsWith(RULES)) continue
    const file = path.slice(RULES.length)
    const text = out === undefined ? built : await readFile(join(out, path), 'utf8').catch(() => undefined)
    const state = text === undefined ? 'missing' : 'not what the specs give'
    if (text !== built) outdated.push({ at: file, what: `the file in ${out} is ${state}; build again` })
    files.push(readRuleFile(file, text ?? built))
  }
  const check = await checkRules(files, runningPrometheus(prometheusUrl, io.signal))
  check.differences.unshift(...outdated)
  if (json) io.out(JSON.stringify(check, null, 2))
  else report(check, io)
  if (check.differences.length > 0) return 1
  return check.waiting > 0 ? 3 : 0
}

function report({ groups, rules, differences, waiting, waitSeconds }: Check, io: Io): void {
  for (const { at, what } of differences.slice(0, PRINTED)) io.out(`${at}: ${what}`)
  if (differences.length > PRINTED)
    io.out(`and ${differences.length - PRINTED} more differences; --json prints all`)
  const found = differences.length > 0 ? `${differences.length} differences` : 'all loaded, none else of ours'
  io.out(`${rules} rules in ${groups} groups: ${found}`)
  if (waiting > 0) {
    io.err(
      `${waiting} rules were not evaluated yet, so their health is unknown; ask again in ${waitSeconds} s`,
    )
  }
}
