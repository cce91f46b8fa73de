/** Which alerts an SLO has: the Workbook's pairs, re-rated by annotation, or what its AlertPolicies say. */
import { compare, parseDecimal } from './decimal.ts'
import { parseDuration, windowName } from './duration.ts'
import { fault, show, warning } from './fault.ts'
import type { Path } from './read-yaml.ts'
import type { References, Resolved } from './references.ts'
import type { SloBody } from './schema.ts'
import type { AlertPlan, BurnAlertPlan, ConditionAlertPlan, Fault, PlanWarning } from './types.ts'
import { type BurnPairs, isLongWindow, type PairRow, type Severity, WORKBOOK_ROWS } from './windows.ts'

/** The highest severity that may interrupt. */
export type Alerting = Severity | 'none'
/** `forSeconds`: how long a burn has to last before it alerts, by the severities that say so. */
export type Policy = {
  rows: PairRow[]
  forSeconds: Map<Severity, number>
  whenNoData: boolean
  warnings: PlanWarning[]
  faults: Fault[]
}

/** Evidence that a burn is not chance: ln 1000, and more than one failure. Without the gate, what every burn passes. */
export const EVIDENCE = { on: { minScore: '6.9', minBad: '1.5' }, off: { minScore: '0', minBad: '0' } }
/** A steady incident near a threshold would otherwise page again and again. */
const KEEP_FIRING_SECONDS = 15 * 60
/** After data stops: until the newest tile has run empty, which `absent` waits for, and the rest in `for`. */
const BLIND_SECONDS = 10 * 60
const TRAFFIC_GONE_SECONDS = 5 * 60

/** `1h=10, 6h=off`: burn rates by long window. The pattern of the annotation has been checked. */
export function reRated(annotation: string | undefined): PairRow[] {
  if (annotation === undefined) return WORKBOOK_ROWS
  const written = new Map(annotation.split(',').map((item) => item.trim().split('=') as [string, string]))
  return WORKBOOK_ROWS.flatMap((row): PairRow[] => {
    const rate = written.get(windowName(row.longSeconds))
    if (rate === 'off') return []
    const burnRate = rate === undefined ? undefined : parseDecimal(rate)
    return burnRate === undefined
      ? [row]
      : [{ severity: row.severity, longSeconds: row.longSeconds, burnRate }]
  })
}

/** The pairs of the SLO's AlertPolicies; the Workbook's when it names none. */
export function readPolicies(
  body: SloBody,
  burnRates: string | undefined,
  periodSeconds: number,
  references: References,
  locate: (path: Path) => string,
): Policy {
  const policy: Policy = { rows: [], forSeconds: new Map(), whenNoData: false, warnings: [], faults: [] }
  const written = body.alertPolicies ?? []
  if (written.length === 0) return { ...policy, rows: reRated(burnRates), whenNoData: true }
  for (const [index, one] of written.entries()) {
    const path: Path = ['spec', 'alertPolicies', index]
    const resolved = references.resolve('AlertPolicy', one.alertPolicyRef, one.spec, { path, locate })
    if ('faults' in resolved) {
      policy.faults.push(...resolved.faults)
      continue
    }
    const { spec, at, locate: inPolicy } = resolved
    if (spec.alertWhenNoData) policy.whenNoData = true
    for (const [n, target] of spec.notificationTargets.entries()) {
      const where = { path: [...at, 'notificationTargets', n], locate: inPolicy }
      const found = references.resolve('AlertNotificationTarget', target.targetRef, target.spec, where)
      if ('faults' in found) policy.faults.push(...found.faults)
      else {
        const text = `alerts go to the owner by severity; the notification target ${show(found.spec.target)} is not used`
        policy.warnings.push(warning('PLAN_NOTIFICATION_TARGET', text))
      }
    }
    const [condition] = spec.conditions
    const where = { path: [...at, 'conditions', 0], locate: inPolicy }
    const found = references.resolve('AlertCondition', condition?.conditionRef, condition?.spec, where)
    if ('faults' in found) policy.faults.push(...found.faults)
    else if (spec.alertWhenBreaching ?? true) readCondition(found, policy, periodSeconds)
  }
  policy.rows.sort((a, b) => a.longSeconds - b.longSeconds)
  return policy
}

function readCondition(
  { spec, at, locate }: Resolved<'AlertCondition'>,
  policy: Policy,
  periodSeconds: number,
): void {
  const { op, threshold, lookbackWindow, alertAfter = '0m' } = spec.condition
  const severity = (['page', 'ticket'] as const).find((known) => known === spec.severity)
  const refuse = (field: string, saw: string, expected: string, fix: string) => {
    const where = locate([...at, ...(field === 'severity' ? [] : ['condition']), field])
    policy.faults.push(fault('SPEC_NOT_SUPPORTED', where, `${field} ${show(saw)}`, expected, fix))
  }
  const longSeconds = parseDuration(lookbackWindow) ?? 0
  const forSeconds = parseDuration(alertAfter) ?? 0
  const forOthers = severity && policy.forSeconds.get(severity)
  if (!severity) {
    refuse('severity', spec.severity, 'page or ticket', 'write page where somebody must be woken')
  } else if (op === 'lt' || op === 'lte') {
    refuse('op', op, 'gt or gte', 'an alert on slow burning would always fire')
  } else if (!isLongWindow(longSeconds, periodSeconds)) {
    const expected = `whole 5 minutes, from 10m to the period of ${windowName(periodSeconds)}`
    refuse('lookbackWindow', lookbackWindow, expected, 'windows are recorded in tiles of 5 minutes')
  } else if (forSeconds > longSeconds) {
    refuse('alertAfter', alertAfter, `at most the lookbackWindow ${lookbackWindow}`, 'a shorter one')
  } else if (forOthers !== undefined && forOthers !== forSeconds) {
    const fix = `one alert says all of a severity: write the same in each condition of ${severity}`
    refuse('alertAfter', alertAfter, `${windowName(forOthers)} as in another condition`, fix)
  } else if (compare(String(parseDecimal(String(threshold))), '1') < 0) {
    refuse('threshold', String(threshold), 'a burn rate of at least 1', 'below 1 the budget lasts')
  } else {
    policy.forSeconds.set(severity, forSeconds)
    policy.rows.push({
      severity,
      longSeconds,
      burnRate: String(parseDecimal(String(threshold))),
    })
  }
}

type Groups = { page: string; slow: string }
export type AlertChoices = {
  /** The highest severity that may interrupt. */
  alerting: Alerting
  /** One bad event is too many: it alerts at once, and there is neither burn nor budget to alert on. */
  anyBadEvent: boolean
  evidenceGate: 'on' | 'off'
  forSeconds: Map<Severity, number>
  whenNoData: boolean
  /** Slices come with the clock: their traffic cannot go. */
  slices: boolean
  /** How long what is seen outlasts its last sample. */
  seenForSeconds: number
}

/** Alerts of an SLO, pages first. Each has a rule per region and one for the total, when there are regions. */
export function planAlerts(
  { alerting, anyBadEvent, evidenceGate, forSeconds, whenNoData, slices, seenForSeconds }: AlertChoices,
  pairs: BurnPairs,
  groups: Groups,
  byRegion: boolean,
): AlertPlan[] {
  if (alerting === 'none') return []
  const scopes: ('region' | 'all')[] = byRegion ? ['region', 'all'] : ['all']
  const burn = (severity: Severity) =>
    scopes.map(
      (scope): BurnAlertPlan => ({
        kind: 'burn',
        alert: 'SLOErrorBudgetBurn',
        group: severity === 'page' ? groups.page : groups.slow,
        severity,
        scope,
        pairs: pairs[severity],
        evidence: EVIDENCE[evidenceGate],
        forSeconds: forSeconds.get(severity) ?? 0,
        keepFiringForSeconds: KEEP_FIRING_SECONDS,
      }),
    )
  const severities: Severity[] = alerting === 'page' ? ['page', 'ticket'] : ['ticket']
  const scope = byRegion ? 'region' : 'all'
  const conditions: ConditionAlertPlan[] = [
    {
      kind: 'any-bad-event',
      alert: 'SLOIntegrityViolated',
      group: groups.page,
      severity: alerting,
      forSeconds: 0,
      scope,
    },
    {
      kind: 'blind',
      alert: 'SLOBlind',
      group: groups.page,
      severity: alerting,
      forSeconds: BLIND_SECONDS - seenForSeconds,
      scope,
    },
    {
      kind: 'traffic-gone',
      alert: 'SLOTrafficGone',
      group: groups.page,
      severity: 'ticket',
      forSeconds: TRAFFIC_GONE_SECONDS,
      scope,
    },
    {
      kind: 'exhausted',
      alert: 'SLOErrorBudgetExhausted',
      group: groups.slow,
      severity: 'ticket',
      forSeconds: 0,
      scope: 'all',
    },
  ]
  const wanted = {
    'any-bad-event': anyBadEvent,
    blind: whenNoData,
    'traffic-gone': whenNoData && !slices,
    exhausted: !anyBadEvent,
  }
  return [
    ...severities.filter((severity) => pairs[severity].length > 0).flatMap(burn),
    ...conditions.filter(({ kind }) => wanted[kind]),
  ]
}
