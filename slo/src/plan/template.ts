/**
 * What SLOs of one shape share: rules, and texts, that differ in nothing but names. They are made once, with
 * placeholders for the names, and filled in for each SLO, which is joining texts: a thousand SLOs have 38 MB of rules.
 */

/** Placeholders, by what the plan calls what will stand there. Each is a word, so that it is printed as it is. */
export const SOME = {
  slo: 'SOME_SLO',
  service: 'SOME_SERVICE',
  owner: 'SOME_OWNER',
  runbook: 'SOME_RUNBOOK',
  dashboard: 'SOME_DASHBOARD',
  displayName: 'SOME_TITLE',
  topRouteExpr: 'SOME_ROUTES',
  /** Of a counter selector, numbered: what stands before its braces, and between them. */
  metric: 'SOME_METRIC',
  matchers: 'SOME_MATCHERS',
} as const
const PHRASES = new RegExp(`^(?:${SOME.displayName}|${SOME.topRouteExpr}|${SOME.matchers}_\\d+)$`)
const PLACE = /(SOME_[A-Z]+(?:_\d+)?)/
const ANY_PLACE = 'SOME_'

/** Whether what stands there may hold any character; the others are ids, slugs and labels. */
export function isPhrase(place: string): boolean {
  return PHRASES.test(place)
}

/** Placeholder → what stands there. */
export type Names = Record<string, string>

/** Rules as they are; or with `of` those of all SLOs of a shape, one object for all of them, for the SLO of these names. */
export type Run<Rule> = { rules: Rule[]; of?: Names }

/** A text in parts: what is always there and placeholders, in turn. */
export type Template = string[]

export function templateOf(text: string): Template {
  return text.split(PLACE)
}

/** Names are not looked into: one that reads like a placeholder stays as it is. */
export function filled(template: Template, names: Names): string {
  const parts = template.slice()
  for (let index = 1; index < parts.length; index += 2) {
    const place = parts[index] ?? ''
    parts[index] = names[place] ?? place
  }
  return parts.join('')
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
  return text.includes(ANY_PLACE)
}
