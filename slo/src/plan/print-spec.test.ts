/** Specs survive being printed: parse → print → parse gives the same plan, whoever prints them. */

import fc from 'fast-check'
import { dump } from 'js-yaml'
import { expect, test } from 'vitest'
import { parseAllDocuments, stringify } from 'yaml'
import { compilePlan } from './compile.ts'
import { readYaml } from './read-yaml.ts'

/** Text that people write, with everything that YAML has a meaning for. */
const words = fc.string({
  unit: fc.constantFrom(...'aB9 :#-&*!|>%@`"\'{}[],?\\~=é日'),
  minLength: 1,
  maxLength: 30,
})
const slug = fc.stringMatching(/^[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,5}){0,2}$/)
const label = fc.stringMatching(/^[a-z_]{1,6}$/)
const matcher = fc.tuple(label, words).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
const counter = fc
  .tuple(slug, fc.array(matcher, { maxLength: 2 }))
  .map(([name, all]) => `${name.replaceAll('-', '_')}_total{${all.join(',')}}`)
const metric = (query: string) => ({ metricSource: { type: 'Prometheus', spec: { query } } })
const counts = fc
  .record({ total: fc.tuple(counter, counter).map((both) => both.join(' + ')), bad: counter })
  .map(({ total, bad }) => ({ ratioMetric: { counter: true, bad: metric(bad), total: metric(total) } }))
const http = fc
  .record({ serviceName: words, routes: fc.array(words, { minLength: 1, maxLength: 3 }) })
  .map(({ serviceName, routes }) => ({
    ratioMetric: {
      rawType: 'success',
      raw: { metricSource: { type: 'Plimsoll/http', spec: { serviceName, requests: [{ routes }] } } },
    },
  }))
const window = fc.oneof(
  fc.constantFrom('7d', '4w', '28d', '30d', '1Q').map((duration) => ({ duration, isRolling: true })),
  fc.constant({ duration: '1M', calendar: { startTime: '2026-01-01 00:00:00', timeZone: 'Europe/Berlin' } }),
)
/** Exact hundredths of a percent: 90.00 to 99.99. */
const percent = fc.integer({ min: 9000, max: 9999 }).map((hundredths) => hundredths / 100)
const method = fc.constantFrom(
  ['Occurrences', {}],
  ['Timeslices', { timeSliceWindow: '1m', timeSliceTarget: 0.95 }],
  ['RatioTimeslices', { timeSliceWindow: 5 }],
) as fc.Arbitrary<[string, object]>

const spec = fc
  .record({
    name: slug,
    displayName: words,
    description: words,
    labels: fc.dictionary(
      label.filter((one) => !/^_|_$/.test(one)),
      words,
      { maxKeys: 2 },
    ),
    indicator: fc.oneof(counts, http),
    window,
    percent,
    method,
    regions: fc.uniqueArray(slug, { minLength: 1, maxLength: 3 }),
  })
  .map((one) => [
    {
      apiVersion: 'openslo/v1',
      kind: 'Service',
      metadata: { name: 'shop', annotations: { 'plimsoll.dev/owner': 'team' } },
      spec: {},
    },
    {
      apiVersion: 'openslo/v1',
      kind: 'SLO',
      metadata: {
        name: one.name,
        displayName: one.displayName,
        labels: one.labels,
        annotations: {
          'plimsoll.dev/runbook': one.name,
          'plimsoll.dev/alerting': 'ticket',
          'plimsoll.dev/regions': one.regions.join(', '),
        },
      },
      spec: {
        description: one.description,
        service: 'shop',
        indicator: { metadata: { name: 'sli' }, spec: one.indicator },
        timeWindow: [one.window],
        budgetingMethod: one.method[0],
        objectives: [{ targetPercent: one.percent, ...one.method[1] }],
      },
    },
  ])

function compiled(text: string) {
  const { plan, faults, warnings } = compilePlan([{ file: 'a.yaml', text }])
  // Where a document begins depends on the printer.
  const slos = plan?.slos.map((slo) => ({ ...slo, writtenAt: '' }))
  return { slos, groups: plan?.groups, faults, warnings: warnings.map(({ code }) => code) }
}
const values = (text: string) => readYaml('a.yaml', text).documents.map(({ value }) => value)

const printers: [string, (documents: object[]) => string][] = [
  ['yaml', (documents) => documents.map((one) => stringify(one)).join('---\n')],
  ['js-yaml', (documents) => documents.map((one) => dump(one)).join('---\n')],
  ['JSON, as one list', (documents) => JSON.stringify(documents, null, 1)],
]

test('any spec, printed in any way, is read as it was meant and gives the same plan', () => {
  fc.assert(
    fc.property(spec, (documents) => {
      const [first = '', ...others] = printers.map(([, print]) => print(documents))
      expect(values(first)).toEqual(documents)
      const plan = compiled(first)
      expect(plan.faults).toEqual([])
      expect(plan.slos).toHaveLength(1)
      for (const other of others) expect(compiled(other)).toEqual(plan)
      // What was read, printed anew, is the same text: printing loses nothing.
      const again = parseAllDocuments(first)
        .map((one) => stringify(one.toJS()))
        .join('---\n')
      expect(again).toBe(first)
    }),
    { numRuns: 40 },
  )
})

test('whatever text comes in, faults come out, never an exception', () => {
  const lines = fc.constantFrom(...stringify(fc.sample(spec, { numRuns: 1, seed: 1 })[0]).split('\n'))
  const garbage = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.array(fc.oneof(lines, words), { maxLength: 25 }).map((all) => all.join('\n')),
  )
  fc.assert(
    fc.property(garbage, (text) => {
      const { plan, faults } = compilePlan([{ file: 'a.yaml', text }])
      expect(plan === undefined).toBe(faults.length > 0)
    }),
    { numRuns: 100 },
  )
})
