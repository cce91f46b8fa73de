/** Which page of `alerts/runbooks/` explains an alert. A burn's own page is its SLO's; this one explains the alert. */
import type { AlertPlan } from '@plimsoll/slo/plan'
import type { EXPLAINED } from './explained-rule.ts'

export const ALERT_RUNBOOKS: Record<AlertPlan['alert'] | typeof EXPLAINED | 'Watchdog', string> = {
  SLOErrorBudgetBurn: 'slo-error-budget-burn',
  SLOBurnExplained: 'slo-burn-explained',
  SLOIntegrityViolated: 'slo-integrity-violated',
  SLOBlind: 'slo-blind',
  SLOTrafficGone: 'slo-traffic-gone',
  SLOErrorBudgetExhausted: 'slo-error-budget-exhausted',
  Watchdog: 'watchdog',
}
