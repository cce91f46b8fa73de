/** OpenSLO v1 as its text has it: what is valid loads, or is refused by the name of the field that has no rules here. */
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { compilePlan } from './compile.ts'
import { formatFault } from './fault.ts'

const openslo = (kind: string, name: string, spec?: unknown, annotations?: Record<string, string>) => ({
  apiVersion: 'openslo/v1',
  kind,
  metadata: { name, ...(annotations && { annotations }) },
  ...(spec !== undefined && { spec }),
})
const metric = (query: string, type = 'Prometheus') => ({ metricSource: { type, spec: { query } } })
const counts = { ratioMetric: { counter: true, bad: metric('bad_total'), total: metric('all_total') } }
const gauge = { thresholdMetric: metric('queue_age_seconds') }
const service = openslo('Service', 'shop', undefined, { 'plimsoll.dev/owner': 'team-shop' })
const slo = (spec: object, annotations: object = {}) =>
  openslo(
    'SLO',
    'shop-orders',
    {
      service: 'shop',
      indicator: { metadata: { name: 'sli' }, spec: counts },
      timeWindow: [{ duration: '28d', isRolling: true }],
      budgetingMethod: 'Occurrences',
      objectives: [{ target: 0.999 }],
      ...spec,
    },
    { 'plimsoll.dev/runbook': 'shop', ...annotations },
  )
const condition = (change: object) =>
  openslo('AlertCondition', 'burns', {
    severity: 'page',
    condition: { kind: 'burnrate', op: 'gte', threshold: 10, lookbackWindow: '1h', ...change },
  })
const policy = openslo('AlertPolicy', 'fast', {
  conditions: [{ conditionRef: 'burns' }],
  notificationTargets: [{ kind: 'AlertNotificationTarget', metadata: { name: 'x' }, spec: { target: 'x' } }],
})
const alerting = slo({ alertPolicies: [{ alertPolicyRef: 'fast' }] })

function judge(documents: unknown[]): string[] {
  const text = documents.map((one) => stringify(one)).join('---\n')
  const { plan, faults } = compilePlan([{ file: 'a.yaml', text }])
  expect(plan === undefined).toBe(faults.length > 0)
  return faults.map((fault) => formatFault(fault).replace(/^\S+ |; .*$/g, ''))
}

const calendar = (startTime: string) => ({
  timeWindow: [{ duration: '1Q', calendar: { startTime, timeZone: 'America/New_York' } }],
})
const loads: [string, unknown[]][] = [
  [
    'a name that RFC 1123 allows, two dashes together',
    [service, openslo('SLO', 'shop--orders', slo({}).spec, { 'plimsoll.dev/runbook': 'shop' })],
  ],
  ['a list of documents, as tools of the standard write them', [[service, slo({})]]],
  ['a Service without spec', [service, slo({})]],
  ['a calendar window', [service, slo(calendar('2020-01-21 12:30:00'))]],
  ['weeks', [service, slo({ timeWindow: [{ duration: '4w', isRolling: true }] })]],
  ['targetPercent', [service, slo({ objectives: [{ targetPercent: 99.95 }] })]],
  ['no time window', [service, slo({ timeWindow: undefined })]],
  ['no alert policies', [service, slo({ alertPolicies: null })]],
  ['a severity of another house, as long as no SLO uses it', [service, slo({}), condition({}), policy]],
  ['conditions, policies and targets', [service, alerting, condition({}), policy]],
  [
    'labels with one or several values, annotations of other tools',
    [
      {
        ...service,
        metadata: {
          ...service.metadata,
          labels: { team: ['a', 'b'], costCentre: 'x' },
          annotations: { ...service.metadata.annotations, 'openslo.com/service-folder': './dir' },
        },
      },
      slo({}),
    ],
  ],
  [
    'a threshold with time slices',
    [
      service,
      slo({
        indicator: { metadata: { name: 'sli' }, spec: gauge },
        budgetingMethod: 'Timeslices',
        objectives: [{ op: 'lte', value: 30, target: 0.99, timeSliceTarget: 1, timeSliceWindow: '1m' }],
      }),
    ],
  ],
  [
    'a stored ratio of failures with ratio time slices',
    [
      service,
      slo({
        indicator: {
          metadata: { name: 'sli' },
          spec: { ratioMetric: { rawType: 'failure', raw: metric('errors:ratio') } },
        },
        budgetingMethod: 'RatioTimeslices',
        objectives: [{ target: 0.99, timeSliceWindow: 5 }],
      }),
    ],
  ],
]
for (const [name, documents] of loads) test(`${name}: loads`, () => expect(judge(documents)).toEqual([]))

const sli = (spec: object) => openslo('SLI', 'orders', spec)
const refused: [string, unknown[], string][] = [
  [
    'another version of the standard',
    [service, slo({}), { ...service, apiVersion: 'openslo/v1alpha' }],
    'SPEC_NOT_SUPPORTED: saw apiVersion openslo/v1alpha, expected openslo/v1',
  ],
  [
    'a source of metrics without rules here',
    [service, slo({}), sli({ thresholdMetric: metric('x', 'Redshift') })],
    'SPEC_NOT_SUPPORTED: saw spec.thresholdMetric.metricSource.type: Redshift, expected Prometheus',
  ],
  [
    'a threshold with Occurrences',
    [
      service,
      slo({
        indicator: { metadata: { name: 'sli' }, spec: gauge },
        objectives: [{ op: 'lt', value: 5, target: 0.9 }],
      }),
    ],
    'SPEC_NOT_SUPPORTED: saw thresholdMetric with Occurrences, expected time slices',
  ],
  [
    'a severity of another house, when an SLO uses it',
    [
      service,
      alerting,
      { ...condition({}), spec: { ...(condition({}).spec as object), severity: 'sev1' } },
      policy,
    ],
    'SPEC_NOT_SUPPORTED: saw severity sev1, expected page or ticket',
  ],
  [
    'a target of 0, which promises nothing',
    [service, slo({ objectives: [{ target: 0 }] })],
    'SPEC_TARGET_RANGE: saw 0, expected above 0 and below 1',
  ],
  [
    'hours as a window',
    [service, slo({ timeWindow: [{ duration: '12h', isRolling: true }] })],
    'SPEC_WINDOW: saw duration 12h, expected whole days, from 1d to 366d',
  ],
]
for (const [name, documents, fault] of refused)
  test(`${name}: refused by field`, () => expect(judge(documents).join()).toContain(fault))

const invalid: [string, unknown[], string][] = [
  [
    'several objectives of a threshold',
    [
      service,
      slo(
        {
          indicatorRef: 'age',
          indicator: undefined,
          budgetingMethod: 'RatioTimeslices',
          objectives: [0.9, 0.99].map((target) => ({ op: 'lt', value: 5, target, timeSliceWindow: '1m' })),
        },
        { 'plimsoll.dev/objective-ids': 'a, b' },
      ),
      openslo('SLI', 'age', gauge),
    ],
    'SPEC_FIELD_VALUE: saw several objectives of a thresholdMetric, expected one',
  ],
  [
    'good and bad at once, in an SLI that nothing uses',
    [service, slo({}), sli({ ratioMetric: { ...counts.ratioMetric, good: metric('g') } })],
    'SPEC_FIELD_VALUE: saw good, bad, total, expected total with either good or bad',
  ],
  [
    'a raw ratio beside counts',
    [service, slo({}), sli({ ratioMetric: { ...counts.ratioMetric, rawType: 'success', raw: metric('r') } })],
    'SPEC_FIELD_VALUE: saw raw beside counts, expected one of the two',
  ],
  [
    'the type of a raw ratio beside counts',
    [service, slo({}), sli({ ratioMetric: { ...counts.ratioMetric, rawType: 'success' } })],
    'SPEC_FIELD_VALUE: saw rawType without raw, expected rawType with raw',
  ],
  [
    'a raw ratio of unknown type',
    [service, slo({}), sli({ ratioMetric: { raw: metric('r') } })],
    'SPEC_FIELD_MISSING: saw no rawType, expected success or failure',
  ],
  [
    'an indicator of neither kind',
    [service, slo({}), sli({})],
    'SPEC_FIELD_VALUE: saw neither ratioMetric nor thresholdMetric, expected exactly one of them',
  ],
  [
    'two time windows',
    [
      service,
      slo({
        timeWindow: [
          { duration: '7d', isRolling: true },
          { duration: '28d', isRolling: true },
        ],
      }),
    ],
    'expected exactly 1 item',
  ],
  [
    'a rolling calendar',
    [service, slo({ timeWindow: [{ ...calendar('2020-01-01 00:00:00').timeWindow[0], isRolling: true }] })],
    'SPEC_WINDOW: saw calendar with isRolling: true, expected one of them',
  ],
  [
    'a day that never was',
    [service, slo(calendar('2021-02-29 00:00:00'))],
    'SPEC_WINDOW: saw startTime 2021-02-29 00:00:00, expected a time that exists',
  ],
  [
    'a condition without op',
    [service, slo({}), condition({ op: undefined })],
    'SPEC_FIELD_MISSING: saw no spec.condition.op',
  ],
  [
    'two conditions',
    [
      service,
      slo({}),
      openslo('AlertPolicy', 'p', {
        ...(policy.spec as object),
        conditions: [{ conditionRef: 'a' }, { conditionRef: 'b' }],
      }),
    ],
    'expected exactly 1 item',
  ],
  [
    'a fault in the second document of a list',
    [[service, { ...slo({}), kind: 'Slo' }]],
    'SPEC_KIND_UNKNOWN: saw Slo',
  ],
]
for (const [name, documents, fault] of invalid)
  test(`${name}: not OpenSLO v1`, () => expect(judge(documents).join()).toContain(fault))

test('documents of a list know their lines', () => {
  const text = `- apiVersion: openslo/v1\n  kind: Service\n  metadata:\n    name: shop\n- apiVersion: openslo/v1\n  kind: Nothing\n`
  const { faults } = compilePlan([{ file: 'a.yaml', text }])
  expect(faults.map(({ at }) => at)).toEqual(['a.yaml:3:3', 'a.yaml:6:9'])
})
