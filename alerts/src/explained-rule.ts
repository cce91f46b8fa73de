/**
 * A helper that nobody is told of: it fires while a burn is explained by what the SLO needs, and Alertmanager then mutes
 * that burn. An inhibition knows labels only, so the comparison of counts has to be an alert of its own.
 *
 * It fails towards telling somebody: without counts of either side, or with no page of a dependency, it does not fire.
 * It asks for the burn alert itself, which stands before it in the same group: it begins with it, so that Alertmanager
 * hears of both before it tells anybody, and ends with it, so that a page that was told before is also resolved.
 */
import type { BurnAlertPlan, ExplainedPlan } from '@plimsoll/slo/plan'
import { type AlertRule, alertLabels, type Subject, windowSeries } from './alert-rule.ts'
import { type AlertLinks, explainedAnnotations } from './annotations.ts'

export const EXPLAINED = 'SLOBurnExplained'
/** A dependency's page may end a little sooner than the burn it explains: nobody is woken at the end of an incident. */
const AFTERGLOW = '10m'

export function explainedRule(
  slo: Subject,
  alert: BurnAlertPlan,
  explained: ExplainedPlan,
  links: AlertLinks,
): AlertRule {
  return {
    alert: EXPLAINED,
    expr: explainedExpr(slo, alert, explained),
    // Its own severity would reach somebody; `explains` is that of the burn.
    labels: { ...alertLabels(slo, alert), severity: 'none', explains: alert.severity },
    annotations: explainedAnnotations(slo, alert, explained, links),
  }
}

function explainedExpr(slo: Subject, { severity, scope }: BurnAlertPlan, explained: ExplainedPlan): string {
  const { bad, total } = windowSeries(slo, explained.window, scope)
  // Recorded totals have no region.
  const [on, onSlo, by] =
    scope === 'region' ? ['on (region)', 'on (slo, region)', 'by (region) '] : ['on ()', 'on (slo)', '']
  const terms = explained.by.map(
    ({ slo: id, weight, badRatio }) =>
      `    ${weight} * ${badRatio} and ${onSlo} last_over_time(${firing(id, 'page', scope)}[${AFTERGLOW}])`,
  )
  return [
    `max by (region) (${firing(slo.slo, severity, scope)})`,
    `and ${on} (`,
    `  ${bad} <= ${on} ${explained.spareEvents} + ${explained.factor} * ${total} * ${on} sum ${by}(`,
    terms.join('\n    or\n'),
    '  )',
    ')',
  ].join('\n')
}

function firing(slo: string, severity: BurnAlertPlan['severity'], scope: BurnAlertPlan['scope']): string {
  const region = scope === 'region' ? 'region!="all"' : 'region="all"'
  return `ALERTS{alertname="SLOErrorBudgetBurn",alertstate="firing",slo="${slo}",severity="${severity}",${region}}`
}
