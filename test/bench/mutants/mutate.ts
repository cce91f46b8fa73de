/** Wrong versions of one alert rule: what a slip of the hand or of a renderer could make of it, one change each. */
import type { AlertRule } from '@plimsoll/alerts'

/** `kind` groups mutants in the table; `what` says the change. */
export type Mutant = { kind: string; what: string; wrong: AlertRule }

/** `windows`: names of the recorded ones, shortest first. */
export function mutantsOf(rule: AlertRule, windows: string[]): Mutant[] {
  const seen = new Set([JSON.stringify(rule)])
  const all = [
    ...expressions(rule.expr, windows).map(({ expr, ...rest }) => ({ ...rest, wrong: { ...rule, expr } })),
    ...times(rule, 'for', '30s'),
    ...times(rule, 'keep_firing_for', '15m'),
    ...labels(rule),
    { kind: 'rule deleted', what: 'never fires', wrong: { ...rule, expr: 'vector(1) > 1' } },
  ]
  return all.filter(({ wrong }) => {
    const text = JSON.stringify(wrong)
    return !seen.has(text) && seen.add(text)
  })
}

/** Wrong versions of what a recording computes. */
export function mutantsOfExpr(expr: string, windows: string[]): Changed[] {
  const seen = new Set([expr])
  const all = [...numbers(expr), ...otherWindows(expr, windows), ...swapped(expr)]
  return all.filter((one) => !seen.has(one.expr) && seen.add(one.expr))
}

type Changed = { kind: string; what: string; expr: string }

/** The value of a burn alert, after its last `)`, is what its annotations say: it decides nothing. */
function expressions(expr: string, windows: string[]): Changed[] {
  const [, decides = expr, value = ''] = /^([\s\S]*\n\))( \/ [0-9.]+)$/.exec(expr) ?? []
  return [
    ...dropped(decides),
    ...numbers(decides),
    ...otherWindows(decides, windows),
    ...swapped(decides),
  ].map(({ expr, ...rest }) => ({ ...rest, expr: expr + value }))
}

/** Lines that begin with `and` or `or`, and pairs. */
function dropped(expr: string): Changed[] {
  const lines = expr.split('\n')
  const clauses = lines.flatMap((line, index) =>
    /^ *(and |or (?!on ))/.test(line)
      ? [
          {
            kind: `${part(line)}: condition dropped`,
            what: line.trim().slice(0, 60),
            expr: lines.toSpliced(index, 1).join('\n'),
          },
        ]
      : [],
  )
  const pairs = [...expr.matchAll(/\(\n {2}[\s\S]*?\n\)/g)].map(({ 0: pair }) => ({
    kind: 'pair dropped',
    what: /:(\w+)\{/.exec(pair)?.[1] ?? '',
    expr: expr.replace(pair, pair.replace(/\n\)$/, '\n  and vector(0) > 1\n)')),
  }))
  return [...clauses, ...(pairs.length > 1 ? pairs : [])]
}

/** Numbers that stand by themselves: not of names, durations, matchers or thresholds of labels. */
const NUMBER = /(?<![\w:.["])\d+(?:\.\d+)?(?![\w:.\]"])/g

function numbers(expr: string): Changed[] {
  return places(expr, NUMBER).flatMap(({ text, line, replaced }) => {
    const value = Number(text)
    const by = (what: string, changed: number) => ({
      kind: `${part(line)}: ${what}`,
      what: `${text} → ${changed}`,
      expr: replaced(String(changed)),
    })
    if (value === 0) return [by('number off by 5 %', 0.05), by('number off by 5 %', -0.05)]
    return [
      by('number off by 5 %', Number((value * 1.05).toPrecision(12))),
      by('number off by 5 %', Number((value * 0.95).toPrecision(12))),
      by('number doubled or halved', value * 2),
      by('number doubled or halved', value / 2),
    ]
  })
}

function otherWindows(expr: string, windows: string[]): Changed[] {
  const named = places(expr, /(?<=:)\w+(?=\{)/g).flatMap(({ text, line, replaced }) => {
    const index = windows.indexOf(text)
    const near = index < 0 ? [] : [windows[index - 1], windows[index + 1]]
    return near.flatMap((name) =>
      name === undefined
        ? []
        : [{ kind: `${part(line)}: other window`, what: `${text} → ${name}`, expr: replaced(name) }],
    )
  })
  const durations = places(expr, /(?<=offset )\w+|(?<=\[)\w+(?=[:\]])/g).flatMap(({ text, line, replaced }) =>
    (OTHER_DURATIONS[text] ?? []).map((other) => ({
      kind: `${part(line)}: other window`,
      what: `${text} → ${other}`,
      expr: replaced(other),
    })),
  )
  return [...named, ...durations]
}

const OTHER_DURATIONS: Record<string, string[]> = {
  '1d': ['12h', '2d'],
  '14m59s': ['9m59s', '29m59s'],
  '300s': ['240s', '600s'],
  '10m': ['1m', '1h'],
}

const SWAPS: [kind: string, from: RegExp, to: string[]][] = [
  ['comparison turned', /(?<= )>=?(?= )/g, ['<']],
  ['comparison turned', /(?<= )<=?(?= )/g, ['>']],
  ['boundary', /(?<= )>(?= )/g, ['>=']],
  ['boundary', /(?<= )>=(?= )/g, ['>']],
  ['boundary', /(?<= )<(?= )/g, ['<=']],
  ['boundary', /(?<= )<=(?= )/g, ['<']],
  ['logic', /\band\b/g, ['or', 'unless']],
  ['logic', /\bor\b/g, ['and', 'unless']],
  ['arithmetic', /(?<= )\*(?= )/g, ['/', '+']],
  ['arithmetic', /(?<= )\/(?= )/g, ['*']],
  ['arithmetic', /(?<= )\+(?= )/g, ['-']],
  ['arithmetic', /(?<= )-(?= )/g, ['+']],
  ['other series', /\bbad_events(?=:)/g, ['total_events']],
  ['other series', /\btotal_events(?=:)/g, ['bad_events']],
  ['other series', /\bbad_ratio(?=:)/g, ['bad_events']],
  ['other series', /\bslo(?=:)/g, ['slo_region']],
  ['other series', /\bslo_region(?=:)/g, ['slo']],
  ['other series', /(?<=slo=")(?=[^"])/g, ['not-']],
  ['function', /\bclamp_max(?=\()/g, ['clamp_min']],
  ['function', /\babsent(?=\()/g, ['']],
  ['function', /\bln(?=\()/g, ['']],
  ['matching', /\bon \(slo, region\) /g, ['', 'on (slo) ']],
  ['matching', /\bon \(\) /g, ['']],
]

function swapped(expr: string): Changed[] {
  return SWAPS.flatMap(([kind, from, others]) =>
    places(expr, from).flatMap(({ text, line, replaced }) =>
      others.map((other) => ({
        kind: `${part(line)}: ${kind}`,
        what: `${text || '·'} → ${other || '·'}`,
        expr: replaced(other),
      })),
    ),
  )
}

type Place = { text: string; line: string; replaced: (by: string) => string }

function places(expr: string, pattern: RegExp): Place[] {
  return [...expr.matchAll(pattern)].map(({ 0: text, index }) => ({
    text,
    line: expr.slice(expr.lastIndexOf('\n', index) + 1).split('\n')[0] ?? '',
    replaced: (by) => expr.slice(0, index) + by + expr.slice(index + text.length),
  }))
}

/** Which part of a rule a line is. */
function part(line: string): string {
  if (line.includes('ln(')) return 'gate, score'
  if (/bad_events\S* >= /.test(line)) return 'gate, failures'
  if (/^ *and .*(bad_ratio|burn_rate)/.test(line))
    return line.includes('evident') ? 'gate, burn' : 'short window'
  if (/^ *\S*(bad_ratio|burn_rate)/.test(line)) return 'long window'
  if (/^or|^\)/.test(line)) return 'pairs'
  return 'condition'
}

function times(rule: AlertRule, key: 'for' | 'keep_firing_for', other: string): Mutant[] {
  const { [key]: now, ...without } = rule
  if (now === undefined) return [{ kind: key, what: `added ${other}`, wrong: { ...rule, [key]: other } }]
  const seconds = Number.parseInt(now, 10)
  return [
    { kind: key, what: 'dropped', wrong: without },
    ...[seconds / 2, seconds * 2, seconds + 300, Math.max(seconds - 300, 0)].map((changed) => ({
      kind: key,
      what: `${now} → ${changed}s`,
      wrong: { ...rule, [key]: `${changed}s` },
    })),
  ]
}

function labels(rule: AlertRule): Mutant[] {
  return Object.entries(rule.labels).flatMap(([name, value]) => {
    const { [name]: _, ...without } = rule.labels
    return [
      { kind: 'labels', what: `${name} dropped`, wrong: { ...rule, labels: without } },
      {
        kind: 'labels',
        what: `${name} changed`,
        wrong: { ...rule, labels: { ...rule.labels, [name]: `not-${value}` } },
      },
    ]
  })
}
