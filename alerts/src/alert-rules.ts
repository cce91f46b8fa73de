/** Alert rules of a plan. Every number and every series name in them is the plan's. */
import type { Plan } from '@plimsoll/slo/plan'
import type { AlertRule, Subject } from './alert-rule.ts'
import { type AlertLinks, namedBy } from './annotations.ts'
import { burnRule } from './burn-rule.ts'
import { compositeAlertRules } from './composite-rules.ts'
import { conditionRule } from './condition-rules.ts'
import { explainedRule } from './explained-rule.ts'
import { dependentsById } from './inhibition.ts'

type Rules = Map<string, AlertRule[]>

/** Name of the plan's group → its alert rules, to be evaluated after the group's recordings. */
export function renderAlertRules(plan: Plan, links: AlertLinks): Rules {
  const dependents = dependentsById(plan.slos)
  const ofSlos = plan.slos.flatMap((slo) => [
    ...alertRules({ ...slo, ...namedBy(slo) }, links, dependents.get(slo.slo)),
  ])
  return new Map([...ofSlos, ...compositeAlertRules(plan, links)])
}

/** The same for one SLO. */
export function alertRules(slo: Subject, links: AlertLinks, dependents: string[] = []): Rules {
  const rules: Rules = new Map()
  for (const alert of slo.alerts) {
    const made =
      alert.kind === 'burn'
        ? [
            burnRule(slo, alert, links, dependents),
            ...(alert.explained ? [explainedRule(slo, alert, alert.explained, links)] : []),
          ]
        : [conditionRule(slo, alert, links)]
    const group = rules.get(alert.group)
    if (group) group.push(...made)
    else rules.set(alert.group, made)
  }
  return rules
}
