/** One alerting rule as Prometheus reads it, and the plan's recorded series by scope. */
import type { AlertPlan, BurnAlertPlan, Decimal, IndicatorPlan, SloPlan } from '@plimsoll/slo/plan'

/** Keys as in a Prometheus rule file (2.42 or later: `keep_firing_for`). */
export type AlertRule = {
  alert: string
  expr: string
  for?: string
  keep_firing_for?: string
  labels: Record<string, string>
  annotations: Record<string, string>
}

/** Of a plan's SLO all that its alert rules may read. */
export type Subject = Named & Shape
/** What stands in rules as it is written. */
export type Named = Pick<SloPlan, 'slo' | 'service' | 'owner' | 'displayName' | 'runbook'> &
  Pick<IndicatorPlan, 'topRouteExpr'> & { dashboard: string }
/** What else rules depend on. */
export type Shape = Pick<
  SloPlan,
  'target' | 'errorBudget' | 'period' | 'regions' | 'windows' | 'series' | 'alerts'
> & { indicator: Pick<IndicatorPlan, 'kind' | 'good' | 'offsetSeconds'> }

export type Scope = BurnAlertPlan['scope']

/** Ready selectors of one recorded window in one scope. */
export type WindowSeries = { total: string; bad: string; ratio: string }

/** Throws when the plan does not record that window in that scope: a rule over nothing would never fire. */
export function windowSeries(
  slo: Pick<SloPlan, 'slo' | 'windows'>,
  name: string,
  scope: Scope,
): WindowSeries {
  const window = slo.windows.find((window) => window.name === name)
  const [total, bad, ratio] =
    scope === 'region'
      ? [window?.regionTotalEvents, window?.regionBadEvents, window?.regionBadRatio]
      : [window?.totalEvents, window?.badEvents, window?.badRatio]
  if (!total || !bad || !ratio) {
    throw new Error(
      `plan of ${slo.slo}: saw no window ${name} for scope ${scope}, expected the windows its alerts use; record it in the plan`,
    )
  }
  return { total, bad, ratio }
}

export function budgetRemaining({ series }: Shape, scope: Scope): string {
  return scope === 'region' ? series.regionErrorBudgetRemaining : series.errorBudgetRemaining
}

/** Labels every alert carries. A regional alert takes `region` from its series. */
export function alertLabels(
  slo: Pick<SloPlan, 'slo' | 'service' | 'owner'>,
  { severity, scope }: Pick<AlertPlan, 'severity' | 'scope'>,
): Record<string, string> {
  return {
    slo: slo.slo,
    service: slo.service,
    severity,
    owner: slo.owner,
    ...(scope === 'all' && { region: 'all' }),
  }
}

/** `metric{slo="x"}` with one more equality matcher. */
export function withMatcher(selector: string, label: string, value: string): string {
  return selector.replace(/\}$/, `,${label}=${JSON.stringify(value)}}`)
}

/** 1 − 10⁻⁹: the logarithm of the good share stays finite when every event is bad. */
export const ALMOST_ONE: Decimal = '0.999999999'
