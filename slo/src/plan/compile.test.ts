import { describe, expect, test } from 'vitest'
import { compilePlan } from './compile.ts'
import { formatFault } from './fault.ts'
import { SPEC_MAX_BYTES } from './read-yaml.ts'
import type { SloPlan } from './types.ts'

const SERVICE = `apiVersion: openslo/v1
kind: Service
metadata:
  name: hub-api
  annotations:
    plimsoll.dev/owner: team-hub
spec: {}
`
const SLO = `apiVersion: openslo/v1
kind: SLO
metadata:
  name: hub-api-availability
  annotations:
    plimsoll.dev/runbook: hub-api-errors
spec:
  service: hub-api
  indicator:
    metadata:
      name: hub-api-availability
    spec:
      ratioMetric:
        rawType: success
        raw:
          metricSource:
            type: Plimsoll/http
            spec:
              serviceName: hub-api
  timeWindow:
    - duration: 28d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - target: 0.999
`

/** Faults of a spec in which one line was written differently; `slo.yaml` has nothing but the SLO. */
function faults(from: string | RegExp, to: string): string[] {
  const text = SLO.replace(from, to)
  if (text === SLO) throw new Error(`nothing to replace: ${from}`)
  return compile(text).faults
}

function compile(...texts: string[]) {
  const sources = [SERVICE, ...texts].map((text, index) => ({
    file: ['service.yaml', 'slo.yaml'][index] ?? 'more.yaml',
    text,
  }))
  const { plan, faults, warnings } = compilePlan(sources)
  return { plan, faults: faults.map(formatFault), warnings }
}

function planOf(...texts: string[]): SloPlan {
  const { plan, faults } = compile(...texts)
  expect(faults).toEqual([])
  if (!plan?.slos[0]) throw new Error('no plan')
  return plan.slos[0]
}

describe('a plan', () => {
  test('has exact decimals, the source line and what the Service says', () => {
    const plan = planOf(SLO)
    expect(plan).toMatchObject({
      slo: 'hub-api-availability',
      target: '0.999',
      errorBudget: '0.001',
      owner: 'team-hub',
      writtenAt: 'slo.yaml:1',
      period: { name: '28d', seconds: 2_419_200 },
      source: { kind: 'prometheus' },
    })
  })

  test('is the same, byte for byte, whatever the order of the files', () => {
    const other = SLO.replaceAll('hub-api-availability', 'aa')
    const sources = [SERVICE, SLO, other].map((text, index) => ({ file: `${index}.yaml`, text }))
    expect(JSON.stringify(compilePlan(sources.toReversed()))).toBe(JSON.stringify(compilePlan(sources)))
  })

  test('reads targetPercent: 99.95 as 0.9995, not as 0.9994999999999999', () => {
    expect(planOf(SLO.replace('target: 0.999', 'targetPercent: 99.95')).target).toBe('0.9995')
  })

  test('keeps its revision while only words change, and starts a new one with the promise', () => {
    const { revision } = planOf(SLO)
    expect(planOf(SLO.replace('spec:\n', 'spec:\n  description: other words\n')).revision).toBe(revision)
    expect(planOf(SLO.replace('0.999', '0.99')).revision).not.toBe(revision)
  })

  test('says from when its revision is promised, which does not make a new one', () => {
    const from = (written: string) =>
      SLO.replace('annotations:\n', `annotations:\n    plimsoll.dev/effective-from: ${written}\n`)
    const { revision, effectiveFromSeconds } = planOf(from('2026-12-01'))
    // 2026-12-01T00:00:00Z, by date -u +%s.
    expect(effectiveFromSeconds).toBe(1_796_083_200)
    expect(revision).toBe(planOf(SLO).revision)
    expect(planOf(SLO).effectiveFromSeconds).toBeUndefined()
    expect(planOf(from('2026-12-01T01:30:00+01:30')).effectiveFromSeconds).toBe(1_796_083_200)
    for (const wrong of ['2026-02-30', '2026-12-01T00:00:30Z', '2026-12-01T25:00:00Z', '1.12.2026'])
      expect(compile(from(wrong)).faults.map((fault) => fault.split(': saw')[0])).toEqual([
        'slo.yaml:6:34: SPEC_ANNOTATION_VALUE',
      ])
  })

  test('reads CRLF, comments and several documents in one file as well', () => {
    const crlf = `# first\r\n${SERVICE}---\n# second\n${SLO}`.replaceAll(/\r?\n/g, '\r\n')
    const { plan, faults } = compilePlan([{ file: 'all.yaml', text: crlf }])
    expect(faults).toEqual([])
    expect(plan?.slos[0]?.writtenAt).toBe('all.yaml:11')
  })
})

describe('a fault says where, what was seen, what was expected and the next move', () => {
  const cases: [string, string | RegExp, string, string][] = [
    [
      'a percentage for a ratio',
      'target: 0.999',
      'target: 99.9',
      'slo.yaml:25:15: SPEC_TARGET_RANGE: saw 99.9, expected above 0 and below 1; write 0.999, or use targetPercent: 99.9',
    ],
    [
      'a target without a budget',
      'target: 0.999',
      'target: 1',
      'slo.yaml:25:15: SPEC_TARGET_RANGE: saw 1, expected above 0 and below 1; write a value such as 0.999; where one bad event is too many, annotate plimsoll.dev/alert-on: any-bad-event beside it',
    ],
    [
      'two targets',
      'target: 0.999',
      'target: 0.999\n      targetPercent: 99.9',
      'slo.yaml:25:7: SPEC_FIELD_VALUE: saw both target and targetPercent, expected exactly one of them; write target: 0.999',
    ],
    [
      'an unknown field',
      'budgetingMethod:',
      'budgetMethod: x\n  budgetingMethod:',
      'slo.yaml:23:17: SPEC_FIELD_UNKNOWN: saw budgetMethod in spec, expected a field of OpenSLO v1 or of the metric source; remove or correct it',
    ],
    [
      'a missing field',
      '  budgetingMethod: Occurrences\n',
      '',
      'slo.yaml:7:1: SPEC_FIELD_MISSING: saw no spec.budgetingMethod, expected Occurrences or Timeslices or RatioTimeslices; add the field',
    ],
    [
      'an unknown kind',
      'kind: SLO',
      'kind: Slo',
      'slo.yaml:2:7: SPEC_KIND_UNKNOWN: saw Slo, expected Service, SLO, SLI, AlertPolicy, AlertCondition, AlertNotificationTarget, DataSource; name the kind of this document',
    ],
    [
      'a service that is not there',
      'service: hub-api',
      'service: hub',
      'slo.yaml:8:12: SPEC_REFERENCE: saw hub, expected the name of a document of kind Service; correct the name, or add the Service',
    ],
    [
      'a window that is no whole number of days',
      'duration: 28d',
      'duration: 12h',
      'slo.yaml:21:17: SPEC_WINDOW: saw duration 12h, expected whole days, from 1d to 366d; write 28d, which always holds the same number of weekends',
    ],
    [
      'a window that leaves no page',
      'duration: 28d',
      'duration: 1d',
      'slo.yaml:25:7: PLAN_NO_PAGE_POSSIBLE: saw target 0.999 over 1d, which leaves no window pair that can page, expected 1 ≤ threshold < 1/errorBudget for at least one page pair; choose another target or window, or annotate plimsoll.dev/alerting: ticket',
    ],
    [
      'a latency that no bucket can count',
      'serviceName: hub-api',
      'serviceName: hub-api\n              thresholdSeconds: 0.3',
      'slo.yaml:20:33: SPEC_LATENCY_THRESHOLD: saw 0.3 s, expected a bound of the histogram (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10); choose one of them',
    ],
    [
      'a metric source of somebody else',
      'type: Plimsoll/http',
      'type: Datadog',
      'slo.yaml:17:19: SPEC_NOT_SUPPORTED: saw spec.indicator.spec.ratioMetric.raw.metricSource.type: Datadog, expected Prometheus, Plimsoll/http, Plimsoll/probe, Plimsoll/messaging, Plimsoll/db, Plimsoll/web; choose one of them',
    ],
    [
      'an annotation of ours that does not exist',
      'plimsoll.dev/runbook: hub-api-errors',
      'plimsoll.dev/runbook: hub-api-errors\n    plimsoll.dev/region: us-east',
      'slo.yaml:7:26: SPEC_ANNOTATION_UNKNOWN: saw plimsoll.dev/region, expected one of plimsoll.dev/runbook, plimsoll.dev/regions, plimsoll.dev/source, plimsoll.dev/alerting, plimsoll.dev/alert-on, plimsoll.dev/evidence-gate, plimsoll.dev/burn-rates, plimsoll.dev/objective-ids, plimsoll.dev/depends-on, plimsoll.dev/guards, plimsoll.dev/expected-events-per-hour, plimsoll.dev/effective-from, plimsoll.dev/report-windows on SLO; correct or remove it',
    ],
    [
      'an annotation that is needed',
      '  annotations:\n    plimsoll.dev/runbook: hub-api-errors\n',
      '',
      'slo.yaml:3:1: SPEC_ANNOTATION_MISSING: saw no plimsoll.dev/runbook, expected the slug of a runbook, such as hub-api-errors; add the annotation',
    ],
    [
      'a region that is no name',
      'plimsoll.dev/runbook: hub-api-errors',
      'plimsoll.dev/runbook: hub-api-errors\n    plimsoll.dev/regions: us-east"}',
      'slo.yaml:7:27: SPEC_ANNOTATION_VALUE: saw plimsoll.dev/regions: us-east"}, expected the regions expected to have traffic, such as us-east, eu-west; correct the value',
    ],
    [
      'a region that would be taken for all of them',
      'plimsoll.dev/runbook: hub-api-errors',
      'plimsoll.dev/runbook: hub-api-errors\n    plimsoll.dev/regions: us-east, all',
      'slo.yaml:7:27: SPEC_ANNOTATION_VALUE: saw plimsoll.dev/regions: us-east, all, expected the regions expected to have traffic, such as us-east, eu-west; correct the value',
    ],
    [
      'a tab for indentation',
      '  service: hub-api',
      '\tservice: hub-api',
      'slo.yaml:8:1: SPEC_YAML: saw Tabs are not allowed as indentation, expected a YAML 1.2 document; indent with spaces',
    ],
    [
      'a key that is there twice',
      '  service: hub-api',
      '  service: hub-api\n  service: hub-api',
      'slo.yaml:9:3: SPEC_YAML: saw Map keys must be unique, expected a YAML 1.2 document; remove one of them',
    ],
  ]
  for (const [name, from, to, expected] of cases) {
    test(name, () => expect(faults(from, to)).toEqual([expected]))
  }

  test('an id that is there twice names the first', () => {
    expect(compile(SLO, SLO).faults).toEqual([
      'more.yaml:4:9: SPEC_ID_DUPLICATE: saw SLO hub-api-availability a second time (first at slo.yaml:4:9), expected each name once; rename or remove one',
    ])
  })

  test('a file too large for a spec is not even read', () => {
    const [fault] = compile(`# ${'x'.repeat(SPEC_MAX_BYTES)}`).faults
    expect(fault).toBe(
      'slo.yaml:1:1: SPEC_TOO_LARGE: saw 1000002 bytes, expected at most 1000000 bytes; split the file',
    )
  })

  test('bytes that are not UTF-8 are found where they stand', () => {
    const latin1 = Buffer.from(SLO.replace('service: hub-api', 'service: hüb'), 'latin1').toString('utf8')
    expect(compile(latin1).faults).toEqual([
      'slo.yaml:8:13: SPEC_NOT_UTF8: saw bytes that are not UTF-8, expected UTF-8 text; save the file as UTF-8',
    ])
  })

  test('a YAML bomb is defused: ten levels of ten aliases', () => {
    const levels = Array.from(
      { length: 10 },
      (_, n) => `l${n + 1}: &l${n + 1} [${Array(10).fill(`*l${n}`).join(', ')}]`,
    )
    const { plan, faults } = compile(SLO, `l0: &l0 [x, x]\n${levels.join('\n')}\n`)
    expect(plan).toBeUndefined()
    expect(faults).toEqual([
      'more.yaml:1:1: SPEC_YAML: saw Excessive alias count indicates a resource exhaustion attack, expected a YAML 1.2 document; correct the YAML',
    ])
  })

  test('no SLO at all is a fault too', () => {
    expect(compile().faults).toEqual([
      'service.yaml:1:1: SPEC_NOTHING: saw no SLO, expected at least one document of kind SLO; write one',
    ])
  })
})

test('faults of all files come together, in the order they are written, and there is no plan', () => {
  const broken = SLO.replace('target: 0.999', 'target: 99').replace('duration: 28d', 'duration: 90m')
  const { plan, faults } = compile(
    broken,
    SLO.replace('name: hub-api-availability', 'name: other').replace('0.999', '2'),
  )
  expect(plan).toBeUndefined()
  expect(faults.map((fault) => fault.split(': saw')[0])).toEqual([
    'more.yaml:25:15: SPEC_TARGET_RANGE',
    'slo.yaml:21:17: SPEC_WINDOW',
    'slo.yaml:25:15: SPEC_TARGET_RANGE',
  ])
})

test('a value with quotes stays inside its quotes: no PromQL can be written into a label', () => {
  const injected = planOf(SLO.replace('serviceName: hub-api', `serviceName: 'x"} or vector(1) or up{a="'`))
  expect(injected.indicator.total[0]?.selector).toContain('{service_name="x\\"} or vector(1) or up{a=\\"",')
})
