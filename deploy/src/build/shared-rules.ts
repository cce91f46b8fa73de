/** Rules that SLOs of one shape share are printed once, whatever the format, and filled in for each SLO. */
import { filled, type Names, type Run, rulesOf, SOME, type Template, templateOf } from '@plimsoll/slo/plan'

export type Labels = Record<string, string>
/** A rule as Prometheus reads it. */
export type Rule = { [field: string]: string | Labels | undefined }

/** Prints runs in the format of `print`, shared ones too as it would print them for their SLO alone. */
export function runPrinter(print: (rules: Rule[]) => string): (run: Run<Rule>) => string {
  const templates = new WeakMap<Rule[], Template>()
  return (run) => {
    const { rules, of } = run
    if (!of || !areQuiet(of)) return print(rulesOf(run))
    let template = templates.get(rules)
    if (!template) {
      template = templateOf(print(rules))
      templates.set(rules, template)
    }
    return filled(template, of)
  }
}

/** Alone and within other text, such a name needs quotes only where a placeholder does: it is no number and no truth. */
const WORD = /^(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z_][\w.-]*$/i
/** A title stands only within text that is quoted anyway, in which these characters stand for themselves. */
const TITLE = /^[!#-&(-[\]-~](?:[ !#-&(-[\]-~]*[!#-&(-[\]-~])?$/

/** Whether names are printed as they are. */
function areQuiet(names: Names): boolean {
  for (const some in names)
    if (!(some === SOME.displayName ? TITLE : WORD).test(names[some] ?? '')) return false
  return true
}
