/** The test of the edges of one shape's alerts, with placeholders for what differs between its SLOs. */
import { SOME } from '@plimsoll/slo/plan'
import type { Edges } from './edges.ts'
import type { Shape } from './shape.ts'
import { named, type TestGroup } from './test-template.ts'
import type { Watched, World } from './world.ts'

/** A tile has no window to be counted in: it is read as a ratio only, and more counts of it would be counted on. */
const TILE_SECONDS = 300

/** Counts in, as they would be recorded; alerts out. */
export function edgeGroup(edges: Edges, { regions, slices }: Shape): TestGroup {
  const { stepSeconds, endSeconds } = edges
  const level = regions.length > 0 ? 'slo_region' : 'slo'
  const own = `slo="${SOME.slo}",service=${SOME.service}`
  const inRegion = regions.length > 0 ? `,region=${JSON.stringify(regions[0])}` : ''
  return {
    name: `${SOME.slo}: edges`,
    interval: `${stepSeconds}s`,
    input_series: edges.windows.flatMap(({ name, seconds, held }) => {
      const series = (of: string, values: number[], region = inRegion) => ({
        series: `${of}:${name}{${own}${region}}`,
        values: repeated(values),
      })
      if (seconds === (slices?.seconds ?? TILE_SECONDS)) {
        const ratios = held.map(({ total, bad }) => bad / total)
        const one = series(`${level}:bad_ratio`, ratios)
        return inRegion ? [one, series('slo:bad_ratio', ratios, '')] : [one]
      }
      const of = (count: 'total' | 'bad') => held.map((one) => one[count])
      return [series(`${level}:total_events`, of('total')), series(`${level}:bad_events`, of('bad'))]
    }),
    promql_expr_test: edges.watched.map(({ alert, firings }) => {
      const region = alert.scope === 'all' ? 'all' : (regions[0] ?? '')
      const { selector, labels } = named(alert, region)
      // Edges are many: the sum of the times at which it fires is another one if any of them is.
      return {
        expr: `sum_over_time(timestamp(${selector})[${endSeconds - 1}s:${stepSeconds}s])`,
        eval_time: `${endSeconds}s`,
        exp_samples: timesOf(firings, edges).map((value) => ({
          labels: labels.replace(/^ALERTS/, ''),
          value,
        })),
      }
    }),
  }
}

/** The sum of the times of all evaluations at which it fires, from the second one on; none when it never does. */
function timesOf(
  firings: Watched['firings'],
  { stepSeconds, endSeconds }: Pick<World, 'stepSeconds' | 'endSeconds'>,
): number[] {
  let sum = 0
  for (const { fromSeconds, untilSeconds = endSeconds + stepSeconds } of firings)
    for (let at = fromSeconds; at < untilSeconds; at += stepSeconds) sum += at
  return sum > 0 ? [sum] : []
}

/** promtool's notation, which names a value and how many more of it follow. */
function repeated(values: number[]): string {
  const runs: { value: number; more: number }[] = []
  for (const value of values) {
    const last = runs.at(-1)
    if (last?.value === value) last.more += 1
    else runs.push({ value, more: 0 })
  }
  return runs.map(({ value, more }) => `${value === 1e12 ? '1e12' : value}x${more}`).join(' ')
}
