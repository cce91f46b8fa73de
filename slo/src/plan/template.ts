/**
 * What SLOs of one shape share: rules, and texts, that differ in nothing but names. They are made once, with
 * placeholders for the names, and filled in for each SLO, which is joining texts: a thousand SLOs have 38 MB of rules.
 */

/** Placeholders, by what the plan calls what will stand there. Each is a word, so that it is printed as it is. */
export const SOME = {
  slo: 'SOME_SLO',
  service: 'SOME_SERVICE',
  owner: 'SOME_OWNER',
  displayName: 'SOME_TITLE',
  runbook: 'SOME_RUNBOOK',
  dashboard: 'SOME_DASHBOARD',
} as const
const PLACE = /(SOME_[A-Z]+(?:_\d+)?)/

/** Placeholder → what stands there. */
export type Names = Record<string, string>

/** Rules as they are; or with `of` those of all SLOs of a shape, one object for all of them, for the SLO of these names. */
export type Run<Rule> = { rules: Rule[]; of?: Names }

/** Texts, and what stands between each two of them. */
export type Template = { texts: string[]; places: string[] }

export function templateOf(text: string): Template {
  const parts = text.split(PLACE)
  return {
    texts: parts.filter((_, index) => index % 2 === 0),
    places: parts.filter((_, index) => index % 2 === 1),
  }
}

/** Names are not looked into: one that reads like a placeholder stays as it is. */
export function filled({ texts, places }: Template, names: Names): string {
  let text = texts[0] ?? ''
  for (const [index, place] of places.entries()) text += (names[place] ?? place) + (texts[index + 1] ?? '')
  return text
}

/** The rules of one SLO, for who does not print them. */
export function rulesOf<Rule extends object>({ rules, of }: Run<Rule>): Rule[] {
  return of ? rules.map((rule) => filledIn(rule, of)) : rules
}

function filledIn<T>(value: T, names: Names): T {
  if (typeof value === 'string') return filled(templateOf(value), names) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filledIn(one, names)])) as T
}

/** Whether a text has what could be taken for a placeholder. */
export function hasPlace(text: string): boolean {
  return PLACE.test(text)
}
