/** Alert rules that SLOs share, filled in with the names of one, are those that it has when it is rendered alone. */
import { compilePlan, type Plan, rulesOf } from '@plimsoll/slo/plan'
import { expect, test } from 'vitest'
import { renderAlertRules } from './alert-rules.ts'
import { alertRunsBySlo } from './alert-runs.ts'
import { cataloguePlan, LINKS, livePlan } from './test-support.ts'

/** Asked twice: the first SLO of a shape has rules of its own. */
function runsOf(plan: Plan, links = LINKS) {
  const runs = alertRunsBySlo(plan, links)
  plan.slos.map(runs)
  return plan.slos.map(runs)
}

/** Of all SLOs, each filled in. */
function filledIn(plan: Plan, links = LINKS) {
  const runs = runsOf(plan, links).flatMap((runs) => [...runs])
  return new Map(runs.map(([group, run]) => [group, rulesOf(run)]))
}

const alone = (plan: Plan, links = LINKS) => renderAlertRules({ ...plan, composites: [] }, links)

/** Rules of pages, each as often as it is an object of its own. */
const pages = (plan: Plan, links = LINKS) =>
  new Set(runsOf(plan, links).map((runs) => [...runs.values()][0]?.rules)).size

test('the live specs and the catalogue, which has every shape that an SLO can have', async () => {
  for (const plan of [await livePlan(), await cataloguePlan()]) expect(filledIn(plan)).toEqual(alone(plan))
})

const PULL = {
  slo: 'pull',
  title: 'Pulls are answered',
  service: 'registry',
  owner: 'team-a',
  runbook: 'pull',
}
type Spec = Partial<typeof PULL> & { target?: number; serviceName?: string }

function planOf(specs: Spec[]): Plan {
  const text = specs
    .map((spec) => specText({ ...PULL, target: 0.99, serviceName: 'hub', ...spec }))
    .join('---\n')
  const { plan, faults } = compilePlan([{ file: 'specs.yaml', text }])
  if (!plan) throw new Error(JSON.stringify(faults))
  return plan
}

/** A service and its SLO. JSON is YAML. */
function specText({ slo, title, service, owner, runbook, target, serviceName }: Required<Spec>): string {
  const apiVersion = 'openslo/v1'
  const source = { type: 'Plimsoll/http', spec: { serviceName } }
  const documents = [
    {
      apiVersion,
      kind: 'Service',
      metadata: { name: service, annotations: { 'plimsoll.dev/owner': owner } },
      spec: {},
    },
    {
      apiVersion,
      kind: 'SLO',
      metadata: {
        name: slo,
        displayName: title,
        annotations: { 'plimsoll.dev/runbook': runbook, 'plimsoll.dev/regions': 'us-east' },
      },
      spec: {
        service,
        indicator: {
          metadata: { name: slo },
          spec: { ratioMetric: { rawType: 'success', raw: { metricSource: source } } },
        },
        timeWindow: [{ duration: '28d', isRolling: true }],
        budgetingMethod: 'Occurrences',
        objectives: [{ target }],
      },
    },
  ]
  return documents.map((document) => `${JSON.stringify(document)}\n`).join('---\n')
}

const others = { slo: 'push', title: 'Pushes', service: 'hub', owner: 'team-b', runbook: 'push' }

test('SLOs that differ in nothing but names and events share their rules', () => {
  const plan = planOf([{}, others, { ...others, slo: 'list', service: 'web', serviceName: 'x' }])
  expect(pages(plan)).toBe(1)
  expect(filledIn(plan)).toEqual(alone(plan))
})

test('the first SLO of a shape, which may be the only one, has rules of its own', () => {
  const plan = planOf([{}, others])
  const [first, second] = plan.slos.map(alertRunsBySlo(plan, LINKS))
  expect(first?.get('pull:page')).not.toHaveProperty('of')
  expect(second?.get('push:page')).toHaveProperty('of')
})

test('an SLO of another target has rules of its own', () => {
  const plan = planOf([{}, { ...others, target: 0.995 }])
  expect(pages(plan)).toBe(2)
  expect(filledIn(plan)).toEqual(alone(plan))
})

const hostile: [string, Spec][] = [
  ['quotes of every kind', { title: `it's "so", \`truly\`, and \\ too` }],
  ['a colon, a comment and a template', { title: 'pull: {{ $value }} # now' }],
  ['lines', { title: 'one\n  two\n' }],
  ['other alphabets', { title: 'Verfügbarkeit 可用性 😀' }],
  ['placeholders of ours', { title: 'SOME_SLO of SOME_TITLE', serviceName: 'SOME_OWNER' }],
  ['what a replacement would take for the match', { title: "$& $' $1 $$" }],
  ['words of YAML and of the plan', { slo: 'page', service: 'on', owner: 'ticket', runbook: 'null' }],
  ['a number', { slo: '7', service: '1e3', owner: '0', title: '7' }],
  ['quotes in what is counted', { serviceName: `it's "so"` }],
  ['an id too long for the uid of a dashboard', { slo: 'pull-'.repeat(12).slice(0, -1) }],
]
for (const [name, spec] of hostile) {
  test(`names that hold ${name}`, () => {
    const plan = planOf([{}, { ...others, ...spec }])
    expect(pages(plan)).toBe(1)
    expect(filledIn(plan)).toEqual(alone(plan))
  })
}

test('nothing is shared where what rules say reads like a placeholder, or ends the quotes of Go', () => {
  const links = { ...LINKS, consoleUrl: 'http://SOME_SLO.test' }
  const serviceName = 'a `b`'
  for (const [plan, linked] of [
    [planOf([{}, others]), links],
    [planOf([{ serviceName }, { ...others, serviceName }]), LINKS],
  ] as const) {
    expect(pages(plan, linked)).toBe(2)
    expect(filledIn(plan, linked)).toEqual(alone(plan, linked))
  }
})

test('a plan that was edited, or read from a file, has the rules that it says', () => {
  const plan = planOf([{}, others])
  const objective = 'slo:objective:of_another'
  const edited = { ...plan, slos: plan.slos.map((slo) => ({ ...slo, series: { ...slo.series, objective } })) }
  for (const other of [edited, JSON.parse(JSON.stringify(plan)) as Plan]) {
    expect(filledIn(other)).toEqual(alone(other))
  }
  expect(JSON.stringify([...filledIn(edited)])).toContain(objective)
})
