/** Rules that SLOs of one shape share are printed once, whatever the format, and filled in for each SLO. */
import {
  filled,
  isPhrase,
  type Names,
  type Run,
  rulesOf,
  type Template,
  templateOf,
} from '@plimsoll/slo/plan'

export type Labels = Record<string, string>
/** A rule as Prometheus reads it. */
export type Rule = { [field: string]: string | Labels | undefined }

export type Format = {
  print: (rules: Rule[]) => string
  /** A line that is in quotes whatever phrase stands in it, if it is one of these. */
  quoted: RegExp
  /** A phrase as it is written there; undefined where it takes other quotes. */
  inQuotes: (phrase: string) => string | undefined
}

/** Prints runs in that format, shared ones too as it would print them for their SLO alone. */
export function runPrinter(format: Format): (run: Run<Rule>) => string {
  const templates = new WeakMap<Rule[], Template>()
  return (run) => {
    const { rules, of } = run
    const names = of && written(of, format)
    if (!names) return format.print(rulesOf(run))
    let template = templates.get(rules)
    if (!template) {
      template = quotingTemplate(format.print(rules), format)
      templates.set(rules, template)
    }
    return filled(template, names)
  }
}

/** Alone and within other text, such a name needs quotes only where a placeholder does: it is no number and no truth. */
const WORD = /^(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z_][\w.-]*$/i

/** Names as they are printed in the place of placeholders; undefined where one would be printed otherwise. */
function written(names: Names, { inQuotes }: Format): Names | undefined {
  let result = names
  for (const some in names) {
    const name = names[some] ?? ''
    if (!isPhrase(some)) {
      if (!WORD.test(name)) return undefined
      continue
    }
    const phrase = inQuotes(name)
    if (phrase === undefined) return undefined
    if (phrase === name) continue
    if (result === names) result = { ...names }
    result[some] = phrase
  }
  return result
}

/** Throws where a phrase would decide how its line is written. */
function quotingTemplate(text: string, { quoted }: Format): Template {
  const unquoted = text.split('\n').find((line) => hasPhrase(line) && !quoted.test(line))
  if (unquoted === undefined) return templateOf(text)
  throw new Error(
    `a shared rule: saw ${unquoted.trim()}, expected a phrase within quoted text only; render such a rule for each SLO`,
  )
}

function hasPhrase(line: string): boolean {
  return templateOf(line).some(isPhrase)
}
