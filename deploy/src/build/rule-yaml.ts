/**
 * Rule files as YAML text. A library takes longer to print the rules of a thousand SLOs than everything before it; a
 * rule file is groups of rules of texts, and any text can be written in a way that every YAML reader takes back unchanged.
 */
import type { Run } from '@plimsoll/slo/plan'
import { type Labels, type Rule, runPrinter } from './shared-rules.ts'

export type RuleGroup = { name: string; interval: string; runs: Run<Rule>[] }

/** One document, group by group: Prometheus reads only the first one of a rule file. */
export function* ruleYaml(groups: RuleGroup[]): Generator<string> {
  yield 'groups:\n'
  for (const { name, interval, runs } of groups) {
    yield `  - name: ${text(name, '')}\n    interval: ${text(interval, '')}\n    rules:${runs.some(({ rules }) => rules.length > 0) ? '' : ' []'}\n`
    for (const run of runs) yield runYaml(run)
  }
}

function rulesYaml(rules: Rule[]): string {
  let yaml = ''
  // Rules of a group share their labels, most of them as one object.
  let shared: unknown
  let sharedYaml = ''
  for (const rule of rules) {
    let dash = '      - '
    for (const field in rule) {
      const value = rule[field]
      if (value === undefined) continue
      yaml += `${dash}${field}:`
      if (typeof value === 'string') yaml += ` ${text(value, INDENT)}\n`
      else {
        if (value !== shared) sharedYaml = mapYaml(value)
        shared = value
        yaml += sharedYaml
      }
      dash = '        '
    }
  }
  return yaml
}

const runYaml = runPrinter({
  print: rulesYaml,
  // With a space in it, it is no word.
  quoted: /^ *(?:- )?\w+: '.* .*'$/,
  inQuotes: (phrase) => (ONE_LINE.test(phrase) ? inQuotes(phrase) : undefined),
})
const INDENT = '          '

function mapYaml(map: Labels): string {
  let yaml = ''
  for (const key in map) yaml += `\n${INDENT}${text(key, '')}: ${text(map[key] ?? '', `${INDENT}  `)}`
  return yaml === '' ? ' {}\n' : `${yaml}\n`
}

/** Words and durations, which no YAML 1.1 or 1.2 reader takes for anything but text. */
const PLAIN = /^(?!(?:y|n|yes|no|on|off|true|false|null)$)(?:\d+[smhd]|[A-Za-z_][\w./-]*(?::[\w./-]+)*)$/i
const ONE_LINE = /^[ -~\u00a0-\u2027\u202a-\ud7ff]*$/
/** The first line does not begin with a space, none ends with one, and the last one has no line break. */
const LINES = /^(?:[!-~]|[!-~][ -~]*[!-~])(?:\n+(?:[!-~ ][ -~]*[!-~]|[!-~]))*$/

function text(value: string, indent: string): string {
  if (PLAIN.test(value)) return value
  if (ONE_LINE.test(value)) return `'${inQuotes(value)}'`
  if (indent !== '' && LINES.test(value)) return `|-\n${indent}${value.replaceAll('\n', `\n${indent}`)}`
  // JSON is YAML; what it leaves raw and YAML takes for a line break is escaped.
  return JSON.stringify(value).replace(/[\u007f-\u009f\u2028\u2029\ufeff]/g, escaped)
}

function inQuotes(oneLine: string): string {
  return oneLine.includes("'") ? oneLine.replaceAll("'", "''") : oneLine
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
