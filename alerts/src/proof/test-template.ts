/** The tests of one shape, with placeholders for what differs between its SLOs. */

import { type AlertPlan, type Names, SOME } from '@plimsoll/slo/plan'
import type { Series } from './event-series.ts'
import { begunLater, laterSeconds } from './later.ts'
import type { Scene } from './scenes.ts'
import type { Shape, Subject } from './shape.ts'
import type { Watched, World } from './world.ts'

type ExprTest = { expr: string; eval_time: string; exp_samples: { labels: string; value: number }[] }
export type TestGroup = {
  name: string
  interval: string
  input_series: object[]
  promql_expr_test: ExprTest[]
}

const PLACEHOLDERS: { slo: string; owner: string; service: string } = SOME

/** Of the feed, up to where the label of a region follows. */
const someSeries = (index: number) => `SOME_SERIES_${index}`

/** What stands in one SLO's tests, within strings of JSON. */
export function namesOf({ slo, series, shape }: Subject): Names {
  const byRegion = shape.regions.length > 0
  const texts: [string, string][] = [
    [SOME.slo, slo.slo],
    [SOME.owner, quoted(slo.owner)],
    [SOME.service, quoted(slo.service)],
    ...series.map((one, index): [string, string] => [someSeries(index), seriesStart(one, byRegion)]),
  ]
  return Object.fromEntries(texts.map(([some, text]) => [some, JSON.stringify(text).slice(1, -1)]))
}

/** Raw series in, alerts out. */
export function testGroup({ fed, watched }: Scene, { regions, offsets }: Shape): TestGroup {
  const { world, cases } = fed
  const later = laterSeconds(offsets, world)
  return {
    name: `${SOME.slo}: ${world.name}`,
    interval: `${world.sampleSeconds}s`,
    input_series: cases.flatMap((one, index) =>
      one.values().map((values, series) => {
        const region = regions.length > 0 ? `region=${JSON.stringify(world.cases[index]?.name)}` : ''
        return {
          series: `${someSeries(series)}${region}}`,
          values: begunLater(values, series, offsets, world),
        }
      }),
    ),
    promql_expr_test: watched.flatMap((one) => expectations(one, world, { later })),
  }
}

type Expected = Pick<Watched, 'region' | 'firings'> & { alert: Pick<AlertPlan, 'alert' | 'severity'> }

/**
 * Silent until the evaluation before it fires, firing from then on, gone at the evaluation at which it resolves; all of
 * it `later` seconds.
 */
export function expectations(
  { alert, region, firings }: Expected,
  { stepSeconds, endSeconds }: Pick<World, 'stepSeconds' | 'endSeconds'>,
  { of = PLACEHOLDERS, later = 0 } = {},
): ExprTest[] {
  const { selector, labels } = named(alert, region, of)
  const silent = (from: number, to: number): ExprTest[] =>
    to < from
      ? []
      : [{ expr: `count_over_time(${selector}[${to - from + 1}s])`, eval_time: `${to}s`, exp_samples: [] }]
  const firing = (at: number): ExprTest[] =>
    at > endSeconds + later
      ? []
      : [{ expr: selector, eval_time: `${at}s`, exp_samples: [{ labels, value: 1 }] }]

  const tests: ExprTest[] = []
  let resolved = 0
  for (const one of firings) {
    const fromSeconds = one.fromSeconds + later
    tests.push(...silent(resolved, fromSeconds - stepSeconds), ...firing(fromSeconds))
    if (one.untilSeconds === undefined) return tests
    const untilSeconds = one.untilSeconds + later
    tests.push(...firing(untilSeconds - stepSeconds))
    resolved = untilSeconds
  }
  return [...tests, ...silent(resolved, endSeconds + later)]
}

/** The alert's series as it is asked for, and with all labels that it must have. */
export function named(
  { alert, severity }: Expected['alert'],
  region: string,
  of = PLACEHOLDERS,
): { selector: string; labels: string } {
  const name = `ALERTS{alertname="${alert}",alertstate="firing"`
  return {
    selector: `${name},slo="${of.slo}",severity="${severity}",region="${region}"}`,
    labels: `${name},owner=${of.owner},region="${region}",service=${of.service},severity="${severity}",slo="${of.slo}"}`,
  }
}

/** A series up to where the label of its region follows, which takes the place of its own. */
function seriesStart({ metric, labels }: Series, byRegion: boolean): string {
  const own = Object.entries(labels).filter(([label]) => !byRegion || label !== 'region')
  const matchers = own.map(([label, value]) => `${label}=${quoted(value)}`)
  return `${metric}{${matchers.join(',')}${byRegion && own.length > 0 ? ',' : ''}`
}

/** A string of PromQL. */
function quoted(text: string): string {
  return JSON.stringify(text)
}
