/** Alert rules of a plan. Every number and every series name in them is the plan's. */
import type { Plan } from '@plimsoll/slo/plan'
import type { AlertRule } from './alert-rule.ts'
import type { AlertLinks } from './annotations.ts'
import { burnRule } from './burn-rule.ts'
import { conditionRule } from './condition-rules.ts'
import { dependentsOf } from './inhibition.ts'

/** Name of the plan's group → its alert rules, to be evaluated after the group's recordings. */
export function renderAlertRules(plan: Plan, links: AlertLinks): Map<string, AlertRule[]> {
  const rules = new Map<string, AlertRule[]>()
  for (const slo of plan.slos) {
    const dependents = dependentsOf(plan.slos, slo.slo)
    for (const alert of slo.alerts) {
      const rule =
        alert.kind === 'burn' ? burnRule(slo, alert, links, dependents) : conditionRule(slo, alert, links)
      rules.set(alert.group, [...(rules.get(alert.group) ?? []), rule])
    }
  }
  return rules
}
