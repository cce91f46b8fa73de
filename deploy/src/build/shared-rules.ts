/** Rules that SLOs of one shape share are printed once, whatever the format, and filled in for each SLO. */
import { filled, type Names, PHRASES, type Run, rulesOf, type Template, templateOf } from '@plimsoll/slo/plan'

export type Labels = Record<string, string>
/** A rule as Prometheus reads it. */
export type Rule = { [field: string]: string | Labels | undefined }

export type Format = {
  print: (rules: Rule[]) => string
  /** A line that is in quotes whatever phrase stands in it, if it is one of these. */
  quoted: RegExp
  phrase: RegExp
}

/** Prints runs in that format, shared ones too as it would print them for their SLO alone. */
export function runPrinter(format: Format): (run: Run<Rule>) => string {
  const templates = new WeakMap<Rule[], Template>()
  return (run) => {
    const { rules, of } = run
    if (!of || !standAsTheyAre(of, format)) return format.print(rulesOf(run))
    let template = templates.get(rules)
    if (!template) {
      template = quotingTemplate(format.print(rules), format)
      templates.set(rules, template)
    }
    return filled(template, of)
  }
}

/** Alone and within other text, such a name needs quotes only where a placeholder does: it is no number and no truth. */
const WORD = /^(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z_][\w.-]*$/i

function standAsTheyAre(names: Names, { phrase }: Format): boolean {
  for (const some in names) if (!(PHRASES.has(some) ? phrase : WORD).test(names[some] ?? '')) return false
  return true
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
  return templateOf(line).some((part) => PHRASES.has(part))
}
