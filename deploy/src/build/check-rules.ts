/**
 * Whether a running Prometheus does what the files say: the same rules, each once, healthy, and none of ours left over.
 * A reload can fail, a file can hold a second document that Prometheus ignores while promtool says SUCCESS: what is
 * loaded is the only proof.
 */
import { apart } from './apart.ts'
import type { LoadedGroup, LoadedRule, RunningPrometheus } from './loaded-rules.ts'
import type { Rule, RuleFile, RuleGroup } from './rule-files.ts'

/** Printed as `at: what`. */
export type Difference = { at: string; what: string }

export type Check = {
  groups: number
  rules: number
  differences: Difference[]
  /** Rules that Prometheus has not evaluated yet: whether they are healthy is not known. */
  waiting: number
  /** The longest that they may take, seconds. */
  waitSeconds: number
}

/** Expressions asked for at a time. */
const AT_ONCE = 8

/** Throws `Unreachable` when Prometheus does not answer. */
export async function checkRules(files: RuleFile[], prometheus: RunningPrometheus): Promise<Check> {
  const expected = files.flatMap(({ groups }) => groups)
  const loaded = await prometheus.rules()
  const names = new Set(expected.map(({ name }) => name))
  const differences: Difference[] = files
    .filter(({ documents }) => documents > 1)
    .map(({ file, documents }) => ({
      at: file,
      what: `saw ${documents} YAML documents, expected one: Prometheus loads only the first`,
    }))
  if (!(await prometheus.isReloaded())) {
    const what = 'its last reload failed, so it goes on with what it had before; its log says why'
    differences.push({ at: 'prometheus', what })
  }
  const pairs: Pair[] = []
  for (const group of expected) {
    const candidates = loaded.filter(({ name }) => name === group.name)
    const [first, ...again] = candidates
    differences.push(...again.map(({ file }) => different(group, `loaded once more, from ${file}`)))
    if (!first) differences.push(different(group, `missing, with ${group.rules.length} rules`))
    else {
      const compared = compareGroup(group, first)
      differences.push(...compared.differences)
      pairs.push(...compared.pairs)
    }
  }
  for (const group of loaded.filter(({ name, rules }) => !names.has(name) && rules.some(isOurs)))
    differences.push(
      different(group, `left over, with ${group.rules.length} rules: the specs have no such group`),
    )
  differences.push(...(await compareExpressions(pairs, prometheus)))

  const waiting = pairs.filter(({ loaded }) => loaded.health === 'unknown')
  return {
    groups: expected.length,
    rules: expected.reduce((sum, { rules }) => sum + rules.length, 0),
    differences,
    waiting: waiting.length,
    waitSeconds: Math.max(0, ...waiting.map(({ group }) => group.intervalSeconds)),
  }
}

type Pair = { group: RuleGroup; expected: Rule; loaded: LoadedRule }

function compareGroup(group: RuleGroup, loaded: LoadedGroup): { differences: Difference[]; pairs: Pair[] } {
  const differences: Difference[] = []
  const pairs: Pair[] = []
  if (loaded.intervalSeconds !== group.intervalSeconds)
    differences.push(
      different(group, `interval: saw ${loaded.intervalSeconds}s, expected ${group.intervalSeconds}s`),
    )
  const rest = [...loaded.rules]
  const take = (fits: (rule: LoadedRule) => boolean) => {
    const index = rest.findIndex(fits)
    return index === -1 ? undefined : rest.splice(index, 1)[0]
  }
  // Rules of one name are told apart by their labels; what is left may have changed its labels.
  const exact = group.rules.map((rule) => take((one) => isSame(one, rule) && equal(one.labels, rule.labels)))
  group.rules.forEach((rule, index) => {
    const found = exact[index] ?? take((one) => isSame(one, rule))
    if (found) pairs.push({ group, expected: rule, loaded: found })
    else differences.push(different(group, 'missing', rule))
  })
  for (const rule of rest) differences.push(different(group, 'left over: the specs have no such rule', rule))
  // Within a group each rule reads what those before it recorded.
  const places = pairs.map((pair) => loaded.rules.indexOf(pair.loaded))
  if (places.some((place, index) => index > 0 && place < (places[index - 1] ?? 0)))
    differences.push(different(group, 'the rules are in another order'))
  for (const pair of pairs) differences.push(...compareRule(pair))
  return { differences, pairs }
}

function compareRule({ group, expected, loaded }: Pair): Difference[] {
  const found: string[] = []
  const compare = (field: string, saw?: string, wanted?: string) => {
    if (saw !== wanted) found.push(`${field}: ${apart(saw ?? 'none', wanted ?? 'none')}`)
  }
  compare('for', `${loaded.forSeconds}s`, `${expected.forSeconds}s`)
  compare('keep_firing_for', `${loaded.keepFiringForSeconds}s`, `${expected.keepFiringForSeconds}s`)
  for (const field of ['labels', 'annotations'] as const)
    for (const name of new Set([...Object.keys(loaded[field]), ...Object.keys(expected[field])]))
      compare(`${field}.${name}`, loaded[field][name], expected[field][name])
  if (loaded.health === 'err') found.push(`unhealthy: ${oneLine(loaded.lastError)}`)
  return found.map((what) => different(group, what, expected))
}

/** Prometheus prints an expression its own way: where the texts differ, it formats both. */
async function compareExpressions(pairs: Pair[], prometheus: RunningPrometheus): Promise<Difference[]> {
  const unclear = pairs.filter(({ expected, loaded }) => expected.expr !== loaded.expr)
  const differences: Difference[] = []
  for (let at = 0; at < unclear.length; at += AT_ONCE) {
    const batch = unclear.slice(at, at + AT_ONCE).map(async ({ group, expected, loaded }) => {
      const [wanted, saw] = await Promise.all([
        prometheus.format(expected.expr),
        prometheus.format(loaded.expr),
      ])
      return saw === wanted
        ? []
        : [different(group, `expr: ${apart(oneLine(loaded.expr), oneLine(expected.expr))}`, expected)]
    })
    differences.push(...(await Promise.all(batch)).flat())
  }
  return differences
}

/** A rule that only Plimsoll writes: it records `slo:…` or `slo_region:…`, or is an alert of an SLO. */
function isOurs({ name, kind, labels }: Rule): boolean {
  return kind === 'recording' ? /^slo(_region)?:/.test(name) : labels.slo !== undefined
}

function isSame(a: Rule, b: Rule): boolean {
  return a.kind === b.kind && a.name === b.name
}

function different(group: { name: string; file: string }, what: string, rule?: Rule): Difference {
  const one = rule && ` ${rule.name}${canonical(rule.labels)}`
  return { at: `${group.file}: ${group.name}${one ?? ''}`, what }
}

function equal(a: Record<string, string>, b: Record<string, string>): boolean {
  return canonical(a) === canonical(b)
}

function canonical(labels: Record<string, string>): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}}`
}

function oneLine(expr: string): string {
  return expr.replace(/\s+/g, ' ')
}
