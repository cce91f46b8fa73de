/**
 * Prometheus relabelling, as far as normalising rules need it: the rules are data for `metric_relabel_configs`, and
 * this applies them to samples the way Prometheus does, so that a contract is checked on what will be stored.
 * Source: Prometheus configuration, `relabel_config`.
 */
import type { Sample } from './exposition-text.ts'

/** One rule, in the spelling of Prometheus' configuration file. Regular expressions are anchored; RE2 has no look-ahead. */
export type RelabelRule =
  | { source_labels: string[]; regex: string; target_label: string; replacement: string }
  | { source_labels: string[]; target_label: string; action: 'uppercase' }
  | { source_labels: string[]; regex: string; action: 'drop' }

/** What is stored of `samples`, with `__name__` told apart from the other labels again. */
export function relabel(samples: readonly Sample[], rules: readonly RelabelRule[]): Sample[] {
  return samples.flatMap((sample) => {
    let labels: Record<string, string> | undefined = { ...sample.labels, __name__: sample.name }
    for (const rule of rules) {
      labels = applied(labels, rule)
      if (!labels) return []
    }
    const { __name__: name = '', ...others } = labels
    return [{ ...sample, name, labels: others }]
  })
}

/** Undefined when the rule drops the sample. */
function applied(labels: Record<string, string>, rule: RelabelRule): Record<string, string> | undefined {
  const joined = rule.source_labels.map((name) => labels[name] ?? '').join(';')
  if ('action' in rule && rule.action === 'uppercase')
    return withLabel(labels, rule.target_label, joined.toUpperCase())
  const match = new RegExp(`^(?:${rule.regex})$`, 's').exec(joined)
  if ('action' in rule) return match ? undefined : labels
  if (!match) return labels
  const value = rule.replacement.replaceAll(/\$(\d)/g, (_, group) => match[Number(group)] ?? '')
  return withLabel(labels, rule.target_label, value)
}

/** A label set to nothing is a label removed. */
function withLabel(labels: Record<string, string>, name: string, value: string): Record<string, string> {
  const { [name]: _, ...others } = labels
  return value === '' ? others : { ...others, [name]: value }
}
