/** Which page of `alerts/runbooks/` explains an alert. A burn's own page is its SLO's; this one explains the alert. */
import type { AlertPlan } from '@plimsoll/slo/plan'

export const ALERT_RUNBOOKS: Record<AlertPlan['alert'] | 'Watchdog', string> = {
  SLOErrorBudgetBurn: 'slo-error-budget-burn',
  SLOIntegrityViolated: 'slo-integrity-violated',
  SLOBlind: 'slo-blind',
  SLOTrafficGone: 'slo-traffic-gone',
  SLOErrorBudgetExhausted: 'slo-error-budget-exhausted',
  Watchdog: 'watchdog',
}
