/**
 * What a woken person reads. Prometheus templates: queries inside them are evaluated with the rule, so a page carries
 * the budget and the worst route of that moment. Labels stay free of values, so that an alert keeps its identity.
 */
import { createHash } from 'node:crypto'
import type {
  BurnAlertPlan,
  CompositeBurnPlan,
  CompositePlan,
  ConditionAlertPlan,
  ExplainedPlan,
  SloPlan,
} from '@plimsoll/slo/plan'
import { budgetRemaining, type Named, type Scope, type Subject, withMatcher } from './alert-rule.ts'
import { ALERT_RUNBOOKS } from './runbooks.ts'

/** Base URLs without a trailing slash. */
export type AlertLinks = {
  /** The console: `<consoleUrl>/slos/<slo>`. */
  consoleUrl: string
  /** Grafana: `<dashboardUrl>/d/<uid>`. */
  dashboardUrl: string
  /** Where `alerts/runbooks/*.md` are served: `<runbookUrl>/<slug>`. Default: `<consoleUrl>/runbooks`. */
  runbookUrl?: string
}

export function burnAnnotations(
  slo: Subject,
  alert: BurnAlertPlan,
  links: AlertLinks,
  dependents: string[],
): Record<string, string> {
  const left = remainingSelector(slo, alert.scope)
  const badRatio = `{{ with printf \`vector(%g * ${slo.errorBudget})\` $value | query }}{{ . | first | value | humanizePercentage }}{{ end }}`
  return {
    summary: `${slo.displayName}${place(alert.scope)}: ${badRatio} of events are bad, ${timeLeft(slo, left)}`,
    description: `Good is: ${slo.indicator.good}. At most ${slo.errorBudget} of events may be bad over ${slo.period.name} (objective ${slo.target}).`,
    burn_rate: '{{ $value | printf "%.1f" }}',
    budget_remaining: percentOrUnknown(left),
    ...(slo.topRouteExpr && { top_route: topRoute(slo.topRouteExpr) }),
    // Who is woken for this one is the only one to hear of them.
    ...(alert.severity === 'page' &&
      dependents.length > 0 && {
        also_affected: `${dependents.join(', ')}: their burns here are muted while this one explains them`,
      }),
    ...(alert.explained && { dependencies: dependencies(alert, alert.explained) }),
    trace_hint: traceHint(slo),
    ...linkAnnotations(slo, slo.runbook, links),
  }
}

export function explainedAnnotations(
  slo: Subject,
  { severity, scope }: BurnAlertPlan,
  { window, by, factor, spareEvents }: ExplainedPlan,
  links: AlertLinks,
): Record<string, string> {
  const needs = by.map(({ slo: id, weight }) => (weight === '1' ? id : `${weight} of ${id}`)).join(' and ')
  return {
    summary: `${slo.displayName}${place(scope)}: its burn is explained by what it needs, so its ${severity} is muted`,
    description: `Over ${window} it has at most ${factor} times the bad events that the burn of ${needs} explains, and ${spareEvents}. With more it is told as well.`,
    ...linkAnnotations(slo, ALERT_RUNBOOKS.SLOBurnExplained, links),
  }
}

export function conditionAnnotations(
  slo: Subject,
  alert: ConditionAlertPlan,
  links: AlertLinks,
): Record<string, string> {
  const what = `${slo.displayName}${place(alert.scope)}`
  const summary = {
    'any-bad-event': `${what}: {{ $value | printf "%.0f" }} bad events in the last hour, and one is too many`,
    blind: `${what}: no events are seen, so nobody knows whether it works`,
    exhausted: `${what}: the error budget of ${slo.period.name} is spent ({{ $value | humanizePercentage }} left)`,
    'traffic-gone': `${what}: {{ $value | printf "%.0f" }} events in 15 minutes, under 5 % of yesterday at this time`,
  }
  return {
    summary: summary[alert.kind],
    description: `Good is: ${slo.indicator.good}. Objective ${slo.target} over ${slo.period.name}.`,
    ...(alert.kind === 'any-bad-event' && { trace_hint: traceHint(slo) }),
    ...(alert.kind !== 'exhausted' && {
      budget_remaining: percentOrUnknown(remainingSelector(slo, alert.scope)),
    }),
    // Bad events are the SLO's own business; the other conditions are explained once for all SLOs.
    ...linkAnnotations(
      slo,
      alert.kind === 'any-bad-event' ? slo.runbook : ALERT_RUNBOOKS[alert.alert],
      links,
    ),
  }
}

export function compositeBurnAnnotations(
  composite: CompositePlan,
  { pairs }: CompositeBurnPlan,
  links: AlertLinks,
): Record<string, string> {
  const left = goString(composite.errorBudgetRemaining)
  const window = composite.windows.find(({ name }) => name === pairs[0]?.long)
  return {
    summary: `${composite.displayName}: the budget goes {{ $value | printf "%.1f" }} times as fast as it may, ${timeLeft(composite, left)}`,
    description: compositeDescription(composite),
    burn_rate: '{{ $value | printf "%.1f" }}',
    budget_remaining: percentOrUnknown(left),
    // Loudest first. What woke somebody may be none of them alone.
    ...(window && {
      parts: `{{ range query ${goString(`sort_desc(${window.partBurnRates})`)} }}{{ .Labels.slo }} adds {{ .Value | printf "%.1f" }}; {{ end }}over ${window.name}`,
    }),
    ...compositeLinks(composite, composite.runbook, links),
  }
}

export function compositeExhaustedAnnotations(
  composite: CompositePlan,
  links: AlertLinks,
): Record<string, string> {
  return {
    summary: `${composite.displayName}: the error budget of ${composite.period.name} is spent ({{ $value | humanizePercentage }} left)`,
    description: compositeDescription(composite),
    ...compositeLinks(composite, ALERT_RUNBOOKS.SLOErrorBudgetExhausted, links),
  }
}

function compositeDescription({ parts, errorBudget, period, budgetingMethod }: CompositePlan): string {
  const weighted = parts.map(({ slo, weight }) => (weight === '1' ? slo : `${slo} (weight ${weight})`))
  const names = weighted.join(', ')
  if (budgetingMethod === 'Occurrences')
    return `A composite over ${period.name}: what ${names} burn of their own budgets adds up.`
  const bad =
    budgetingMethod === 'Timeslices' ? 'Time is bad when it is for one of' : 'What is missed adds up of'
  return `A composite over ${period.name}. ${bad} ${names}. At most ${errorBudget} of the time may be bad.`
}

/** A composite has no page of its own on the console: it is in the list of all. */
function compositeLinks({ slo }: CompositePlan, runbook: string, links: AlertLinks): Record<string, string> {
  return {
    console_url: `${links.consoleUrl}/#composite-${slo}`,
    dashboard_url: `${links.dashboardUrl}/d/${dashboardUid(slo)}`,
    runbook_url: runbookUrl(runbook, links),
  }
}

/** The names of an SLO that its alert rules hold. */
export function namedBy({ slo, service, owner, displayName, runbook, indicator }: SloPlan): Named {
  const { topRouteExpr } = indicator
  return {
    slo,
    service,
    owner,
    displayName,
    runbook,
    dashboard: dashboardUid(slo),
    ...(topRouteExpr !== undefined && { topRouteExpr }),
  }
}

function linkAnnotations(slo: Subject, runbook: string, links: AlertLinks): Record<string, string> {
  return {
    console_url: `${links.consoleUrl}/slos/${slo.slo}`,
    dashboard_url: `${links.dashboardUrl}/d/${slo.dashboard}`,
    runbook_url: runbookUrl(runbook, links),
  }
}

export function runbookUrl(slug: string, links: AlertLinks): string {
  return `${links.runbookUrl ?? `${links.consoleUrl}/runbooks`}/${slug}`
}

/** The dashboards' own rule; Grafana takes at most 40 characters. */
function dashboardUid(slo: string): string {
  const uid = `slo-${slo}`
  return uid.length <= 40 ? uid : `slo-${createHash('md5').update(slo).digest('hex')}`
}

const REGION = '{{ $labels.region }}'

function place(scope: Scope): string {
  return scope === 'region' ? ` in ${REGION}` : ''
}

/** A template pipeline that gives the selector of the budget left, for this alert's region. */
function remainingSelector(slo: Subject, scope: Scope): string {
  const selector = budgetRemaining(slo, scope)
  if (scope === 'all') return goString(selector)
  return `printf ${goString(withMatcher(escapeVerbs(selector), 'region', '').replace(/""\}$/, '%q}'))} $labels.region`
}

/** "budget gone in 2 d 3 h at this rate": what is left of it, divided by the speed it goes at. */
function timeLeft(slo: Pick<SloPlan, 'period'>, left: string): string {
  const seconds = `printf \`(%s > 0) * ${slo.period.seconds} / %g\` (${left}) $value | query`
  const gone = `budget gone in ${humanDuration('. | first | value')} at this rate`
  const spent = `{{ with ${left} | query }}budget spent{{ else }}budget left unknown{{ end }}`
  return `{{ with ${seconds} }}${gone}{{ else }}${spent}{{ end }}`
}

/** `humanizeDuration` prints "2d 3h 4m 5s"; its two largest units are enough. */
function humanDuration(value: string): string {
  const shortened = [
    ['^(.*d) ([0-9]+h) .*$', '$1 $2'],
    ['^([0-9]+h) ([0-9]+m) .*$', '$1 $2'],
    ['([0-9]+)m\\b', '$1 min'],
    ['([0-9]+)([dhs])\\b', '$1 $2'],
  ].map(([pattern, replacement]) => `reReplaceAll ${goString(pattern ?? '')} ${goString(replacement ?? '')}`)
  return `{{ ${value} | humanizeDuration | ${shortened.join(' | ')} }}`
}

function percentOrUnknown(selector: string): string {
  return `{{ with ${selector} | query }}{{ . | first | value | humanizePercentage }}{{ else }}unknown{{ end }}`
}

function topRoute(expr: string): string {
  return `{{ with query ${goString(expr)} }}{{ . | first | label "http_route" }}{{ else }}none{{ end }}`
}

/** Who is told of a burn although what it needs burns too has a second fault to look for. */
function dependencies({ scope }: BurnAlertPlan, { by, factor }: ExplainedPlan): string {
  const ids = by.map(({ slo }) => slo)
  const region = scope === 'region' ? '%q' : '"all"'
  const selector = `ALERTS{alertname="SLOErrorBudgetBurn",alertstate="firing",severity="page",slo=~"${ids.join('|')}",region=${region}}`
  const burning =
    scope === 'region' ? `printf ${goString(selector)} $labels.region | query` : `query ${goString(selector)}`
  const names = '{{ range . }}{{ .Labels.slo }} {{ end }}'
  const told = `pages here too: if you are told of this as well, that explains less than 1/${factor} of it`
  return `{{ with ${burning} }}${names}${told}{{ else }}no page here of ${ids.join(', ')}{{ end }}`
}

function traceHint({ indicator }: Subject): string {
  return indicator.kind === 'probe'
    ? 'Each failed run on the console names its step, reason and trace id.'
    : 'Search traces for errors of the top route at the time of the page.'
}

/** A Go string literal; raw where possible, because these templates are read by people. */
function goString(text: string): string {
  return text.includes('`') ? JSON.stringify(text) : `\`${text}\``
}

function escapeVerbs(text: string): string {
  return text.replaceAll('%', '%%')
}
