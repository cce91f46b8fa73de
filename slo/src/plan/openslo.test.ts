import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { compilePlan } from './compile.ts'
import { formatFault } from './fault.ts'
import type { BurnAlertPlan, SloPlan } from './types.ts'

/** Documents as objects: what is tested here is the standard's structure, not YAML. */
const doc = (kind: string, name: string, spec: object, annotations?: Record<string, string>) => ({
  apiVersion: 'openslo/v1',
  kind,
  metadata: { name, ...(annotations && { annotations }) },
  spec,
})
const service = doc('Service', 'shop', {}, { 'plimsoll.dev/owner': 'team-shop' })
const prometheus = (query: string) => ({ metricSource: { type: 'Prometheus', spec: { query } } })
const ratio = (good: string, total: string) => ({
  ratioMetric: { counter: true, good: prometheus(good), total: prometheus(total) },
})
const inline = (spec: object) => ({ indicator: { metadata: { name: 'sli' }, spec } })
const slo = (spec: object, annotations: Record<string, string> = {}, name = 'shop-orders') =>
  doc(
    'SLO',
    name,
    {
      service: 'shop',
      timeWindow: [{ duration: '28d', isRolling: true }],
      budgetingMethod: 'Occurrences',
      objectives: [{ target: 0.999 }],
      ...spec,
    },
    { 'plimsoll.dev/runbook': 'shop', ...annotations },
  )
const orders = inline(ratio('orders_total{result="ok"}', 'orders_total'))

function compile(...documents: object[]) {
  const text = documents.map((one) => stringify(one)).join('---\n')
  const { plan, faults, warnings } = compilePlan([
    { file: 'a.yaml', text: stringify(service) },
    { file: 'b.yaml', text },
  ])
  // What is wrong, without where and what to do.
  return { plan, faults: faults.map((fault) => formatFault(fault).replace(/^[^ ]+ |; .*$/g, '')), warnings }
}

function planned(...documents: object[]): SloPlan[] {
  const { plan, faults } = compile(...documents)
  expect(faults).toEqual([])
  return plan?.slos ?? []
}

function only(...documents: object[]): SloPlan {
  const [first] = planned(...documents)
  if (!first) throw new Error('no SLO')
  return first
}

describe('what is counted', () => {
  test('good and total: bad is what is left', () => {
    const { indicator } = only(slo(orders))
    expect(indicator.total).toEqual([{ sign: 1, selector: 'orders_total{}' }])
    expect(indicator.bad).toEqual([
      { sign: 1, selector: 'orders_total{}' },
      { sign: -1, selector: 'orders_total{result="ok"}' },
    ])
  })

  test('sums and differences of counters, signs carried through parentheses', () => {
    const query = 'sum by (zone) (a_total) + sum(b_total{x=~"1|2"}) - (c_total - d_total)'
    expect(only(slo(inline(ratio(query, 'e_total')))).indicator.bad).toEqual([
      { sign: 1, selector: 'e_total{}' },
      { sign: -1, selector: 'a_total{}' },
      { sign: -1, selector: 'b_total{x=~"1|2"}' },
      { sign: 1, selector: 'c_total{}' },
      { sign: -1, selector: 'd_total{}' },
    ])
  })

  // Go's clients write le="1e+06", Python's and Java's le="1000000.0"; Prometheus 3 makes le="1.0" of le="1".
  const bounds: [string, string][] = [
    ['le="1"', 'le=~"1(\\\\.0)?"'],
    ['le="1.0"', 'le=~"1(\\\\.0)?"'],
    ['le="0.5"', 'le="0.5"'],
    ['le="1e+06"', 'le=~"1000000(\\\\.0)?|1e\\\\+06"'],
    ['le="2500000"', 'le=~"2500000(\\\\.0)?|2\\\\.5e\\\\+06"'],
    ['le="0.00005"', 'le=~"0\\\\.00005|5e-05"'],
    ['le="+Inf"', 'le="+Inf"'],
    ['le!="1"', 'le!~"1(\\\\.0)?"'],
    ['le=~"1|2.5"', 'le=~"1(\\\\.0)?|2.5"'],
    ['le=~"[12]"', 'le=~"[12]"'],
  ]
  for (const [written, matched] of bounds)
    test(`the bucket bound ${written} matches however it is exposed and ingested`, () => {
      const { indicator } = only(slo(inline(ratio(`h_bucket{${written}}`, 'h_count'))))
      expect(indicator.bad[1]?.selector).toBe(`h_bucket{${matched}}`)
    })

  const refused: [string, string, string][] = [
    ['a counter that is added to itself', 'a_total{x="1"} + sum(a_total{x="1"})', 'a_total{x="1"} twice'],
    ['a counter less itself', 'a_total - a_total', 'a_total{} twice'],
    ['a rate', 'sum(rate(a_total[5m]))', 'rate(); write the counter itself, the rules add windows'],
    ['a range', 'a_total[5m]', 'a range; write the counter itself, the rules add windows'],
    ['a counter less what it was', 'a_total - a_total offset 5m', 'a_total{} twice'],
    ['a negative offset', 'a_total offset -5m', 'the negative offset -5m'],
    ['an offset without a unit', 'a_total offset 300', 'the offset 300'],
    ['an offset below a second', 'a_total offset 1s500ms', 'the offset 1s500ms'],
    ['an offset of more than a day', 'a_total offset 25h', 'the offset 25h, longer than 1d'],
    ['an offset of a sum', 'sum(a_total) offset 5m', 'offset 5m after sum(a_total)'],
    ['an offset of an offset', 'a_total offset 5m offset 1m', 'offset 1m after a_total offset 5m'],
    ['a fixed time', 'a_total @ 1700000000', '@, a fixed time'],
    ['a fixed time behind a sum', 'a_total + b_total @ end() offset 5m', '@, a fixed time'],
    [
      'a good query at another time than the total',
      'a_total offset 5m',
      'a_total{} offset 5m subtracted from',
    ],
    [
      'one metric at two times',
      'orders_total{x="1"} offset 5m',
      'orders_total{} beside orders_total{x="1"} offset 5m',
    ],
    ['a quotient', 'a_total / b_total', 'the operator /; only + and - keep a counter a counter'],
    ['an average', 'avg(a_total)', 'avg(); only sum() keeps a counter a counter'],
    ['vector matching', 'a_total - on (x) b_total', 'vector matching (on, ignoring, bool)'],
    ['a number', '5', '5, which is no counter'],
    [
      'several metrics',
      '{__name__=~"a|b"}',
      'several metrics at once (__name__ with a pattern); name each and add them',
    ],
    ['no metric', '{x="y"}', '{x="y"} without the name of a metric'],
    ['broken text', 'a_total{', 'no PromQL at character 9'],
    ['a comment', 'a_total # x', 'a comment, which would swallow what is put after it'],
  ]
  for (const [name, query, reason] of refused) {
    test(`${name} is refused`, () => {
      const { plan, faults } = compile(slo(inline(ratio(query, 'orders_total'))))
      expect(plan).toBeUndefined()
      expect(faults.join()).toContain(`SPEC_QUERY: saw ${reason.split(';')[0]}`)
    })
  }

  test('an SLI of its own, and a type that its DataSource gives', () => {
    const source = doc('DataSource', 'prom', {
      type: 'Prometheus',
      connectionDetails: { password: 'secret' },
    })
    const from = (query: string) => ({ metricSource: { metricSourceRef: 'prom', spec: { query } } })
    const sli = doc('SLI', 'orders', {
      ratioMetric: { counter: true, bad: from('bad_total'), total: from('all_total') },
    })
    expect(only(slo({ indicatorRef: 'orders' }), sli, source).indicator.bad).toEqual([
      { sign: 1, selector: 'bad_total{}' },
    ])
  })

  test('references that lead nowhere are faults', () => {
    expect(compile(slo({ indicatorRef: 'orders' })).faults).toEqual([
      'SPEC_REFERENCE: saw orders, expected the name of a document of kind SLI',
    ])
    const from = { metricSource: { metricSourceRef: 'prom', spec: { query: 'x' } } }
    expect(compile(slo(inline({ ratioMetric: { counter: true, good: from, total: from } }))).faults).toEqual([
      'SPEC_REFERENCE: saw prom, expected the name of a DataSource',
      'SPEC_REFERENCE: saw prom, expected the name of a DataSource',
    ])
  })

  test('what has no rules here is refused with the reason', () => {
    const gauge = { thresholdMetric: prometheus('queue_age_seconds') }
    const raw = { ratioMetric: { rawType: 'success', raw: prometheus('ratio') } }
    const uncounted = { ratioMetric: { ...ratio('a', 'b').ratioMetric, counter: false } }
    const faults = [gauge, raw, uncounted].flatMap((spec) => compile(slo(inline(spec))).faults)
    expect(faults).toEqual([
      'SPEC_NOT_SUPPORTED: saw thresholdMetric with Occurrences, expected time slices',
      'SPEC_NOT_SUPPORTED: saw a precomputed ratio with Occurrences, expected counts of events',
      'SPEC_NOT_SUPPORTED: saw counter: false, expected counter: true',
    ])
  })

  test('short forms of messaging, databases and the web', () => {
    const short = (type: string, spec: object) =>
      inline({ ratioMetric: { rawType: 'success', raw: { metricSource: { type, spec } } } })
    const bad = (spec: object) => only(slo(spec)).indicator.bad.map((term) => term.selector)
    expect(bad(short('Plimsoll/messaging', { consumerGroup: 'search' }))).toEqual([
      'messaging_process_duration_seconds_count{messaging_consumer_group_name="search",error_type!=""}',
    ])
    expect(
      bad(short('Plimsoll/db', { system: 'postgresql', notValidErrors: ['23505'], thresholdSeconds: 0.05 })),
    ).toEqual([
      'db_client_operation_duration_seconds_count{db_system_name="postgresql",error_type=""}',
      'db_client_operation_duration_seconds_bucket{db_system_name="postgresql",error_type="",le="0.05"}',
    ])
    expect(bad(short('Plimsoll/web', { vital: 'lcp', threshold: 2.5 }))).toEqual([
      'web_vital_lcp_seconds_count{synthetic=""}',
      'web_vital_lcp_seconds_bucket{synthetic="",le="2.5"}',
    ])
    const threshold = (vital: string, threshold: number) =>
      compile(slo(short('Plimsoll/web', { vital, threshold }))).faults
    expect(threshold('lcp', 2.4)).toEqual([
      'SPEC_LATENCY_THRESHOLD: saw 2.4 s, expected a bound of the histogram (0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 4, 6, 10, 20)',
    ])
    expect(threshold('cls', 2.5)[0]).toContain('SPEC_LATENCY_THRESHOLD: saw 2.5, expected')
    // Good and poor of each vital (web.dev).
    const known = { lcp: [2.5, 4], inp: [0.2, 0.5], cls: [0.1, 0.25], fcp: [1.8, 3], ttfb: [0.8, 1.8] }
    for (const [vital, values] of Object.entries(known))
      for (const value of values) expect(threshold(vital, value)).toEqual([])
  })
})

describe('objectives', () => {
  test('several need ids of their own, which name the SLOs for ever', () => {
    const spec = { ...orders, objectives: [{ target: 0.999 }, { target: 0.9 }] }
    expect(compile(slo(spec)).faults[0]).toContain('SPEC_FIELD_VALUE: saw 2 objectives and 0 ids')
    const plans = planned(slo(spec, { 'plimsoll.dev/objective-ids': 'strict, loose' }))
    expect(plans.map(({ slo, target }) => [slo, target])).toEqual([
      ['shop-orders-loose', '0.9'],
      ['shop-orders-strict', '0.999'],
    ])
  })

  test('several have names of their own, so that pages can be told apart', () => {
    const spec = { ...orders, objectives: [{ target: 0.999 }, { target: 0.9, displayName: 'Most orders' }] }
    const document = slo(spec, { 'plimsoll.dev/objective-ids': 'strict, loose' })
    const named = { ...document, metadata: { ...document.metadata, displayName: 'Orders' } }
    expect(planned(named).map(({ displayName }) => displayName)).toEqual(['Most orders', 'Orders: strict'])
    expect(planned(document).map(({ displayName }) => displayName)).toEqual([
      'Most orders',
      'shop-orders-strict',
    ])
  })

  test('with indicators of their own they are parts of a composite, with weights', () => {
    const objectives = [
      { target: 0.999, ...orders, compositeWeight: 2 },
      { target: 0.99, ...inline(ratio('pay_ok_total', 'pay_total')) },
    ]
    const plans = planned(slo({ objectives }, { 'plimsoll.dev/objective-ids': 'order, pay' }))
    expect(plans.map(({ composite }) => composite)).toEqual([
      { slo: 'shop-orders', weight: '2' },
      { slo: 'shop-orders', weight: '1' },
    ])
  })

  test('time slices: 1m or 5m, a bare number means minutes, and Timeslices say what a good one is', () => {
    const sliced = (method: string, objective: object) =>
      slo({ ...orders, budgetingMethod: method, objectives: [{ target: 0.99, ...objective }] })
    expect(only(sliced('RatioTimeslices', { timeSliceWindow: 5 })).slices).toEqual({ seconds: 300 })
    expect(only(sliced('Timeslices', { timeSliceWindow: '1m', timeSliceTarget: 0.95 })).slices).toEqual({
      seconds: 60,
      goodRatio: '0.95',
    })
    expect(compile(sliced('Timeslices', { timeSliceWindow: '1h', timeSliceTarget: 0.95 })).faults).toEqual([
      'SPEC_TIME_SLICE: saw timeSliceWindow 1h, expected 1m or 5m',
    ])
    expect(compile(sliced('Timeslices', { timeSliceWindow: '1m' })).faults).toEqual([
      'SPEC_TIME_SLICE: saw timeSliceTarget nothing, expected above 0, up to 1',
    ])
  })

  test('a calendar window is for reports; rules roll over as many days', () => {
    const calendar = { startTime: '2026-01-01 00:00:00', timeZone: 'Europe/Berlin' }
    const plan = only(
      slo(
        { ...orders, timeWindow: [{ duration: '1M', calendar }] },
        { 'plimsoll.dev/report-windows': '1Q UTC' },
      ),
    )
    expect(plan.period).toEqual({ name: '30d', seconds: 30 * 86_400 })
    expect(plan.calendars.map(({ duration, timeZone }) => `${duration} ${timeZone}`)).toEqual([
      '1M Europe/Berlin',
      '1Q UTC',
    ])
    const nowhere = { ...calendar, timeZone: 'Europe/Atlantis' }
    expect(compile(slo({ ...orders, timeWindow: [{ duration: '1M', calendar: nowhere }] })).faults).toEqual([
      'SPEC_WINDOW: saw time zone Europe/Atlantis, expected an IANA time zone',
    ])
  })
})

describe('alerts', () => {
  const pairs = (plan: SloPlan) =>
    plan.alerts
      .filter((alert): alert is BurnAlertPlan => alert.kind === 'burn')
      .flatMap(({ severity, scope, pairs }) =>
        pairs.map(({ long, burnRate }) => `${severity} ${scope} ${long} ${burnRate}`),
      )

  test('of a region come beside those of the total', () => {
    expect(pairs(only(slo(orders, { 'plimsoll.dev/regions': 'us-east' })))).toEqual([
      'page region 1h 13.44',
      'page region 6h 5.6',
      'page all 1h 13.44',
      'page all 6h 5.6',
      'ticket region 1d 2.8',
      'ticket region 3d 1',
      'ticket all 1d 2.8',
      'ticket all 3d 1',
    ])
  })

  test('are tickets only, or none, when the SLO says so', () => {
    expect(pairs(only(slo(orders, { 'plimsoll.dev/alerting': 'ticket' })))).toEqual([
      'ticket all 1d 2.8',
      'ticket all 3d 1',
    ])
    expect(only(slo(orders, { 'plimsoll.dev/alerting': 'none' })).alerts).toEqual([])
  })

  test('are re-rated or switched off by their long window', () => {
    expect(pairs(only(slo(orders, { 'plimsoll.dev/burn-rates': '1h=10, 6h=off' })))).toEqual([
      'page all 1h 10',
      'ticket all 1d 2.8',
      'ticket all 3d 1',
    ])
  })

  const names = ({ alerts }: SloPlan) =>
    alerts.map(({ alert, severity, scope }) => `${alert} ${severity} ${scope}`)
  const anyBad = { 'plimsoll.dev/alert-on': 'any-bad-event' }

  test('are of any bad event where one is too many, and then neither of burn nor of budget', () => {
    const regional = { ...anyBad, 'plimsoll.dev/regions': 'us-east' }
    expect(names(only(slo(orders, regional)))).toEqual([
      'SLOIntegrityViolated page region',
      'SLOBlind page region',
      'SLOTrafficGone ticket region',
    ])
    const ticket = { ...anyBad, 'plimsoll.dev/alerting': 'ticket' }
    expect(names(only(slo(orders, ticket)))[0]).toBe('SLOIntegrityViolated ticket all')
  })

  test('of any bad event have no burn rates: both at once are refused', () => {
    const both = { ...anyBad, 'plimsoll.dev/burn-rates': '1h=10' }
    expect(compile(slo(orders, both)).faults).toEqual([
      'SPEC_FIELD_VALUE: saw any-bad-event beside burn rates, expected one of the two',
    ])
  })

  test('take every burn for real without the evidence gate', () => {
    const evidence = (plan: SloPlan) =>
      plan.alerts.flatMap((alert) => (alert.kind === 'burn' ? [alert.evidence] : []))[0]
    expect(evidence(only(slo(orders)))).toEqual({ minScore: '6.9', minBad: '1.5' })
    expect(evidence(only(slo(orders, { 'plimsoll.dev/evidence-gate': 'off' })))).toEqual({
      minScore: '0',
      minBad: '0',
    })
  })

  const condition = { kind: 'burnrate', op: 'gte', threshold: 10, lookbackWindow: '1h' }
  const policy = (change: object = {}) =>
    doc('AlertPolicy', 'fast', {
      alertWhenBreaching: true,
      conditions: [
        {
          kind: 'AlertCondition',
          metadata: { name: 'c' },
          spec: { severity: 'page', condition: { ...condition, ...change } },
        },
      ],
      notificationTargets: [{ targetRef: 'OnCall' }],
    })
  const target = doc('AlertNotificationTarget', 'OnCall', { target: 'email' })
  const withPolicy = slo({ ...orders, alertPolicies: [{ alertPolicyRef: 'fast' }] })

  test('are those of its AlertPolicies, when it has any', () => {
    const { plan, warnings } = compile(withPolicy, policy(), target)
    expect(plan?.slos.flatMap(pairs)).toEqual(['page all 1h 10'])
    expect(plan?.slos[0]?.alerts.some(({ kind }) => kind === 'blind')).toBe(false)
    expect(warnings.map(({ code }) => code)).toEqual(['PLAN_NOTIFICATION_TARGET'])
  })

  test('look back over windows of their own, and wait for as long as they say', () => {
    const change = { lookbackWindow: '90m', alertAfter: '5m' }
    const { plan, faults } = compile(withPolicy, policy(change), target)
    expect(faults).toEqual([])
    // A twelfth of 90 minutes is 7.5: two tiles of five. At burn 100: 10 × 90 min / 100, and five more.
    const [burn] = plan?.slos[0]?.alerts ?? []
    expect(burn).toMatchObject({ forSeconds: 300, pairs: [{ long: '90m', short: '10m' }] })
    const at = plan?.slos[0]?.numbers.detection[0]?.at
    expect(at?.find((one) => one.burn === 100)?.fireSeconds).toBe(9 * 60 + 300)
    const names = plan?.slos[0]?.windows.map(({ name }) => name)
    expect(names).toEqual(['5m', '10m', '30m', '1h', '90m', '2h', '6h', '1d', '3d', '28d'])
    const recorded = plan?.groups[0]?.recordings.map(({ record }) => record)
    expect(recorded).toEqual(expect.arrayContaining(['slo:bad_ratio:10m', 'slo:bad_ratio:90m']))
  })

  test('of policies that cannot be rules are refused by field', () => {
    const faults = [
      { op: 'lte' },
      { lookbackWindow: '5m' },
      { lookbackWindow: '7m' },
      { alertAfter: '2h' },
      { threshold: 0.5 },
      { lookbackWindow: '1d', threshold: -1 },
    ].flatMap((change) => compile(withPolicy, policy(change), target).faults)
    expect(faults).toEqual([
      'SPEC_NOT_SUPPORTED: saw op lte, expected gt or gte',
      'SPEC_NOT_SUPPORTED: saw lookbackWindow 5m, expected whole 5 minutes, from 10m to the period of 28d',
      'SPEC_NOT_SUPPORTED: saw lookbackWindow 7m, expected whole 5 minutes, from 10m to the period of 28d',
      'SPEC_NOT_SUPPORTED: saw alertAfter 2h, expected at most the lookbackWindow 1h',
      'SPEC_NOT_SUPPORTED: saw threshold 0.5, expected a burn rate of at least 1',
      'SPEC_NOT_SUPPORTED: saw threshold -1, expected a burn rate of at least 1',
    ])
  })
})

describe('dependencies', () => {
  const on = (name: string, target: number, depends?: string) =>
    slo({ ...orders, objectives: [{ target }] }, depends ? { 'plimsoll.dev/depends-on': depends } : {}, name)

  test('99.99 % × 99.99 % × 99.9 % is 99.88 %: 99.95 % on top is not feasible', () => {
    const { plan, warnings } = compile(
      on('pull', 0.9995, 'token, db, store'),
      on('token', 0.9999),
      on('db', 0.9999),
      on('store', 0.999),
    )
    expect(plan?.slos.find(({ slo }) => slo === 'pull')?.numbers.feasibleTarget).toBeCloseTo(0.9988, 5)
    expect(warnings.map(({ code }) => code)).toEqual([
      'PLAN_EXTRA_NINE',
      'PLAN_EXTRA_NINE',
      'PLAN_EXTRA_NINE',
      'PLAN_DEPENDENCY_INFEASIBLE',
    ])
  })

  test('a dependency with the extra 9 is silent', () => {
    expect(compile(on('pull', 0.999, 'token'), on('token', 0.9999)).warnings).toEqual([])
  })

  test('a circle or an unknown id is a fault', () => {
    expect(compile(on('a', 0.9, 'b'), on('b', 0.9, 'c'), on('c', 0.9, 'a')).faults).toEqual([
      'SPEC_CYCLE: saw the cycle a → b → c → a, expected dependencies without a way back',
    ])
    expect(compile(on('a', 0.9, 'nobody')).faults).toEqual([
      'SPEC_REFERENCE: saw depends-on nobody, expected the id of an SLO in these specs',
    ])
  })
})
