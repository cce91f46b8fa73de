/** Rules that many SLOs share are printed once, whatever the format, and filled in for each SLO. */
import { SOME_SLO } from '@plimsoll/slo/plan'

export type Labels = Record<string, string>
/** A rule as Prometheus reads it. */
export type Rule = { [field: string]: string | Labels | undefined }
/** With `of` the rules are those of some SLO, one object for many, and stand for those of this one. */
export type Run = { rules: Rule[]; of?: { slo: string; labels: Labels } }

export type Format = { rules: (rules: Rule[]) => string; labels: (labels: Labels) => string }

/** Prints runs in that format, in pieces. Ids are lower case, digits and dashes: within other text they need no quotes. */
export function runPrinter(format: Format): (run: Run) => Iterable<string> {
  /** What stands between the labels of one rule and the next, in parts between which the id stands. */
  const printed = new WeakMap<Rule[], string[][]>()
  return function* ({ rules, of }) {
    if (!of) return yield format.rules(rules)
    let parts = printed.get(rules)
    if (!parts) {
      const text = format.rules(rules.map((rule) => ({ ...rule, labels: LABELS_HERE })))
      parts = text.split(format.labels(LABELS_HERE)).map((between) => between.split(SOME_SLO))
      printed.set(rules, parts)
    }
    const labels = format.labels(of.labels)
    for (const [index, part] of parts.entries()) {
      if (index > 0) yield labels
      yield part.join(of.slo)
    }
  }
}

const LABELS_HERE = { LABELS_HERE: '' }
