/**
 * Tests of the helpers that mute explained burns. They compare recorded counts of several SLOs, in files of several
 * services: the counts and the burn alerts are given here, as they would be recorded, and only the helper is judged.
 */
import type { BurnAlertPlan, ExplainedPlan, SloPlan } from '@plimsoll/slo/plan'
import { windowSeries, withMatcher } from '../alert-rule.ts'
import { EXPLAINED } from '../explained-rule.ts'
import type { AlertCheck } from './case.ts'
import type { TestGroup } from './test-template.ts'

/** The dependencies page, and each fails a quarter of what it is asked. */
const BAD_RATIO = 0.25
const TOTAL = 1000
/** Left out: what there is none of. */
type Without = 'counts' | 'burn' | 'page of a dependency'
type ExplainedCase = {
  name: string
  bad: 'most that is explained' | 'more'
  without?: Without
  fires: boolean
}

const CASES: ExplainedCase[] = [
  { name: 'explained', bad: 'most that is explained', fires: true },
  { name: 'own-fault-as-well', bad: 'more', fires: false },
  {
    name: 'dependency-without-page',
    bad: 'most that is explained',
    without: 'page of a dependency',
    fires: false,
  },
  { name: 'no-burn', bad: 'most that is explained', without: 'burn', fires: false },
  { name: 'no-counts', bad: 'most that is explained', without: 'counts', fires: false },
]

type Explained = { slo: SloPlan; alert: BurnAlertPlan; explained: ExplainedPlan; cases: ExplainedCase[] }

/** Regions tell the cases of an alert apart; of a total each is a test of its own. */
function scenes(slo: SloPlan): Explained[] {
  return slo.alerts.flatMap((alert) => {
    if (alert.kind !== 'burn' || !alert.explained) return []
    const { explained } = alert
    const together = alert.scope === 'region' ? [CASES] : CASES.map((one) => [one])
    return together.map((cases) => ({ slo, alert, explained, cases }))
  })
}

export function explainedTests(slo: SloPlan): TestGroup[] {
  return scenes(slo).map((scene) => {
    const { alert, cases } = scene
    const named = cases.length === 1 ? `, ${cases[0]?.name}` : ''
    return {
      name: `${slo.slo}: explained ${alert.severity} of ${alert.scope}${named}`,
      interval: '30s',
      input_series: cases.flatMap((one) => given(scene, one)),
      promql_expr_test: cases.map(({ name, fires }) => {
        const region = alert.scope === 'all' ? 'all' : name
        const labels = `ALERTS{alertname="${EXPLAINED}",alertstate="firing",explains="${alert.severity}",owner="${slo.owner}",region="${region}",service="${slo.service}",severity="none",slo="${slo.slo}"}`
        return {
          expr: `ALERTS{alertname="${EXPLAINED}",alertstate="firing",slo="${slo.slo}",severity="none",region="${region}"}`,
          eval_time: '1m',
          exp_samples: fires ? [{ labels, value: 1 }] : [],
        }
      }),
    }
  })
}

export function explainedChecks(slo: SloPlan): AlertCheck[] {
  return scenes(slo).flatMap(({ alert, cases }) =>
    cases.map(({ name, fires }) => ({
      slo: slo.slo,
      file: slo.service,
      alert: EXPLAINED,
      severity: 'none',
      region: alert.scope === 'all' ? 'all' : name,
      case: `${alert.severity} ${name}`,
      fires,
    })),
  )
}

function given({ slo, alert, explained }: Explained, { name, bad, without }: ExplainedCase): object[] {
  const { severity, scope } = alert
  const at = (selector: string) => (scope === 'region' ? withMatcher(selector, 'region', name) : selector)
  const burn = (id: string, of: string) =>
    `ALERTS{alertname="SLOErrorBudgetBurn",alertstate="firing",slo="${id}",severity="${of}",region="${scope === 'region' ? name : 'all'}"}`
  const counts = windowSeries(slo, explained.window, scope)
  const share = explained.by.reduce((sum, { weight }) => sum + Number(weight) * BAD_RATIO, 0)
  const most = Number(explained.spareEvents) + Number(explained.factor) * TOTAL * share
  const series: [string, number][] = [
    ...explained.by.map(({ badRatio }): [string, number] => [at(badRatio), BAD_RATIO]),
    ...(without === 'counts'
      ? []
      : ([
          [at(counts.total), TOTAL],
          [at(counts.bad), bad === 'more' ? Math.floor(most) + 1 : Math.ceil(most) - 1],
        ] as [string, number][])),
    ...(without === 'page of a dependency'
      ? []
      : explained.by.map(({ slo: id }): [string, number] => [burn(id, 'page'), 1])),
    ...(without === 'burn' ? [] : [[burn(slo.slo, severity), 1] as [string, number]]),
  ]
  return series.map(([selector, value]) => ({ series: selector, values: `${value}x3` }))
}
