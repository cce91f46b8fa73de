/**
 * Alert rules of composites. The burn is of the whole: parts may page for it together while none does alone. A page of a
 * part mutes them (`inhibition.ts`): it says what is broken.
 */
import type { CompositeBurnPlan, CompositePlan, Plan } from '@plimsoll/slo/plan'
import { type AlertRule, alertLabels } from './alert-rule.ts'
import { type AlertLinks, compositeBurnAnnotations, compositeExhaustedAnnotations } from './annotations.ts'

/** Name of the composite's group → its alert rules, to be evaluated after the group's recordings. */
export function compositeAlertRules(
  { composites = [] }: Pick<Plan, 'composites'>,
  links: AlertLinks,
): Map<string, AlertRule[]> {
  const rules = composites.flatMap((composite) =>
    composite.alerts.map((alert): [string, AlertRule] => [
      alert.group,
      alert.kind === 'burn' ? burnRule(composite, alert, links) : exhaustedRule(composite, alert, links),
    ]),
  )
  const groups = Map.groupBy(rules, ([group]) => group)
  return new Map([...groups].map(([group, rules]) => [group, rules.map(([, rule]) => rule)]))
}

/** As for an SLO: all pairs of a severity in one rule, the fastest first. */
function burnRule(composite: CompositePlan, alert: CompositeBurnPlan, links: AlertLinks): AlertRule {
  const pairs = alert.pairs.map(({ long, short, burnRate }) => {
    const [slow, fast] = [compositeWindow(composite, long), compositeWindow(composite, short)]
    return [
      `  ${slow.burnRate} > ${burnRate}`,
      `and ${fast.burnRate} > ${burnRate}`,
      ...(slow.evidentBurnRate === undefined ? [] : [`and ${slow.evidentBurnRate} > ${burnRate}`]),
    ].join('\n  ')
  })
  return {
    alert: alert.alert,
    expr: pairs.map((pair) => `(\n${pair}\n)`).join('\nor\n'),
    ...(alert.forSeconds > 0 && { for: `${alert.forSeconds}s` }),
    ...(alert.keepFiringForSeconds > 0 && { keep_firing_for: `${alert.keepFiringForSeconds}s` }),
    labels: alertLabels(composite, alert),
    annotations: compositeBurnAnnotations(composite, alert, links),
  }
}

function exhaustedRule(
  composite: CompositePlan,
  alert: Exclude<CompositePlan['alerts'][number], CompositeBurnPlan>,
  links: AlertLinks,
): AlertRule {
  return {
    alert: alert.alert,
    expr: `${composite.errorBudgetRemaining} <= 0`,
    labels: alertLabels(composite, alert),
    annotations: compositeExhaustedAnnotations(composite, links),
  }
}

/** Throws when the plan does not record that window: a rule over nothing would never fire. */
export function compositeWindow(
  { slo, windows }: CompositePlan,
  name: string,
): CompositePlan['windows'][number] {
  const window = windows.find((one) => one.name === name)
  if (window) return window
  throw new Error(
    `plan of ${slo}: saw no window ${name}, expected the windows its alerts use; record it in the plan`,
  )
}
