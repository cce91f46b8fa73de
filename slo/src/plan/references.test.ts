/** What refers to something that is not there: the fault stands at the field that has the name. */
import { expect, test } from 'vitest'
import { compilePlan } from './compile.ts'
import { formatFault } from './fault.ts'

const SPECS = `apiVersion: openslo/v1
kind: Service
metadata: {name: shop, annotations: {plimsoll.dev/owner: team-shop}}
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: orders
  annotations:
    plimsoll.dev/runbook: shop
    plimsoll.dev/depends-on: pay
    plimsoll.dev/guards: rest=pay
spec:
  service: shop
  indicatorRef: good
  budgetingMethod: Occurrences
  objectives: [target: 0.99]
  alertPolicies:
    - alertPolicyRef: fast
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: pay, annotations: {plimsoll.dev/runbook: shop}}
spec: {service: shop, indicatorRef: good, budgetingMethod: Occurrences, objectives: [target: 0.999]}
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: journey
  annotations:
    plimsoll.dev/runbook: shop
    plimsoll.dev/objective-ids: find, buy
spec:
  service: shop
  budgetingMethod: Occurrences
  objectives:
    - {target: 0.99, indicatorRef: good}
    - {target: 0.99, indicatorRef: good}
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: good}
spec:
  ratioMetric:
    bad: {metricSource: {metricSourceRef: prom, spec: {query: bad_total}}}
    total: {metricSource: {metricSourceRef: prom, spec: {query: all_total}}}
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: prom}
spec: {type: Prometheus}
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: fast}
spec:
  conditions:
    - conditionRef: burns
  notificationTargets:
    - targetRef: mail
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: burns}
spec: {severity: page, condition: {op: gte, threshold: 10, lookbackWindow: 1h}}
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: {name: mail}
spec: {target: email}
`

function faults(text: string): string[] {
  return compilePlan([{ file: 'a.yaml', text }]).faults.map(formatFault)
}

test('with every name there is no fault', () => expect(faults(SPECS)).toEqual([]))

test('a composite may guard', () =>
  expect(faults(SPECS.replace('guards: rest=pay', 'guards: rest=journey'))).toEqual([]))

const cases: [string, string, string, string][] = [
  [
    'a Service',
    'service: shop\n  indicatorRef',
    'service: shops\n  indicatorRef',
    'a.yaml:14:12: SPEC_REFERENCE: saw shops',
  ],
  ['an SLI', 'indicatorRef: good\n', 'indicatorRef: bad\n', 'a.yaml:15:17: SPEC_REFERENCE: saw bad'],
  [
    'the SLI of an objective',
    '- {target: 0.99, indicatorRef: good}',
    '- {target: 0.99, indicatorRef: bad}',
    'a.yaml:37:36: SPEC_REFERENCE: saw bad',
  ],
  [
    'an AlertPolicy',
    'alertPolicyRef: fast',
    'alertPolicyRef: slow',
    'a.yaml:19:23: SPEC_REFERENCE: saw slow',
  ],
  [
    'an AlertCondition',
    'conditionRef: burns',
    'conditionRef: burn',
    'a.yaml:58:21: SPEC_REFERENCE: saw burn,',
  ],
  ['a notification target', 'targetRef: mail', 'targetRef: post', 'a.yaml:60:18: SPEC_REFERENCE: saw post'],
  ['a DataSource', 'metricSourceRef: prom', 'metricSourceRef: p', 'a.yaml:45:43: SPEC_REFERENCE: saw p,'],
  [
    'a dependency',
    'depends-on: pay',
    'depends-on: payment',
    'a.yaml:11:30: SPEC_REFERENCE: saw depends-on payment, expected the id of an SLO in these specs; add it, or leave it out',
  ],
  [
    'an SLO whose objectives have ids of their own',
    'guards: rest=pay',
    'guards: rest=journ',
    'a.yaml:12:26: SPEC_REFERENCE: saw journ as the guard of rest',
  ],
  [
    'a dependency on a composite',
    'depends-on: pay',
    'depends-on: journey',
    'a.yaml:11:30: SPEC_NOT_SUPPORTED: saw depends-on journey, a composite, expected SLOs with one indicator; name its parts: journey-buy, journey-find',
  ],
  [
    'a circle',
    'name: pay, annotations: {',
    'name: pay, annotations: {plimsoll.dev/depends-on: orders, ',
    'a.yaml:11:30: SPEC_CYCLE: saw the cycle orders → pay → orders',
  ],
]
for (const [name, from, to, fault] of cases)
  test(`${name}: the fault is at the field`, () => {
    const text = SPECS.replace(from, to)
    expect(text).not.toBe(SPECS)
    expect(faults(text).join('\n')).toContain(fault)
  })
