/**
 * The text of the tests of one shape, with places for what differs between its SLOs. Filling them in is joining texts:
 * the tests of a thousand SLOs are 30 MB.
 */

import type { AlertPlan } from '@plimsoll/slo/plan'
import type { Series } from './event-series.ts'
import type { Scene } from './scenes.ts'
import type { Subject } from './shape.ts'
import type { Watched, World } from './world.ts'

type ExprTest = { expr: string; eval_time: string; exp_samples: { labels: string; value: number }[] }
export type TestGroup = {
  name: string
  interval: string
  input_series: object[]
  promql_expr_test: ExprTest[]
}

/** Texts, and between each two of them the index of what is filled in. */
export type Template = { texts: string[]; places: number[] }

/** Stands where a text will; no name has a NUL. Printed as JSON it is what `PLACE` finds. */
const place = (index: number) => `\0${index};`
const PLACE = /\\u0000(\d+);/
const [SLO, OWNER, SERVICE, SERIES] = [0, 1, 2, 3]

/** `print` makes one text of a group, with strings as JSON has them. */
export function templateOf(scene: Scene, byRegion: boolean, print: (group: TestGroup) => string): Template {
  const parts = print(testGroup(scene, byRegion)).split(PLACE)
  return {
    texts: parts.filter((_, index) => index % 2 === 0),
    places: parts.filter((_, index) => index % 2 === 1).map(Number),
  }
}

/** What goes to the places of one SLO's tests: what stands within strings of JSON. */
export function fillings({ slo, series, shape }: Subject): string[] {
  const byRegion = shape.regions.length > 0
  const texts = [
    slo.slo,
    quoted(slo.owner),
    quoted(slo.service),
    ...series.map((one) => seriesStart(one, byRegion)),
  ]
  return texts.map((text) => JSON.stringify(text).slice(1, -1))
}

export function filled({ texts, places }: Template, fillings: string[]): string {
  let text = texts[0] ?? ''
  for (const [index, place] of places.entries()) text += (fillings[place] ?? '') + (texts[index + 1] ?? '')
  return text
}

function testGroup({ fed, watched }: Scene, byRegion: boolean): TestGroup {
  const { world, cases } = fed
  return {
    name: `${place(SLO)}: ${world.name}`,
    interval: `${world.sampleSeconds}s`,
    input_series: cases.flatMap((one, index) =>
      one.values().map((values, series) => {
        const region = byRegion ? `region=${JSON.stringify(world.cases[index]?.name)}` : ''
        return { series: `${place(SERIES + series)}${region}}`, values }
      }),
    ),
    promql_expr_test: watched.flatMap((one) => expectations(one, world)),
  }
}

type Expected = Pick<Watched, 'region' | 'firings'> & { alert: Pick<AlertPlan, 'alert' | 'severity'> }

/** Silent until the evaluation before it fires, firing from then on, gone at the evaluation at which it resolves. */
export function expectations(
  { alert, region, firings }: Expected,
  { stepSeconds, endSeconds }: Pick<World, 'stepSeconds' | 'endSeconds'>,
  of = { slo: place(SLO), owner: place(OWNER), service: place(SERVICE) },
): ExprTest[] {
  const name = `ALERTS{alertname="${alert.alert}",alertstate="firing"`
  const selector = `${name},slo="${of.slo}",severity="${alert.severity}",region="${region}"}`
  const labels = `${name},owner=${of.owner},region="${region}",service=${of.service},severity="${alert.severity}",slo="${of.slo}"}`
  const silent = (from: number, to: number): ExprTest[] =>
    to < from
      ? []
      : [{ expr: `count_over_time(${selector}[${to - from + 1}s])`, eval_time: `${to}s`, exp_samples: [] }]
  const firing = (at: number): ExprTest[] =>
    at > endSeconds ? [] : [{ expr: selector, eval_time: `${at}s`, exp_samples: [{ labels, value: 1 }] }]

  const tests: ExprTest[] = []
  let resolved = 0
  for (const { fromSeconds, untilSeconds } of firings) {
    tests.push(...silent(resolved, fromSeconds - stepSeconds), ...firing(fromSeconds))
    if (untilSeconds === undefined) return tests
    tests.push(...firing(untilSeconds - stepSeconds))
    resolved = untilSeconds
  }
  return [...tests, ...silent(resolved, endSeconds)]
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
