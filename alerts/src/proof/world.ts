/**
 * One promtool test group: cases side by side, each in a region of its own, and what every alert must make of them.
 * Side by side because promtool evaluates every rule of the file at each step: cases one after the other would cost
 * as many times more. Totals see all of them, and are predicted from the sum.
 */
import { type AlertPlan, alertFirings, type Firing, type SloPlan, type View } from '@plimsoll/slo/plan'
import type { Case } from './cases.ts'
import type { EventSeries, Series } from './event-series.ts'
import { countsAt, promtoolValues } from './traffic.ts'

export type World = {
  name: string
  cases: Case[]
  stepSeconds: number
  sampleSeconds: number
  endSeconds: number
}

/** One alert in one region, or in total ("all"), and when it fires. */
export type Watched = { alert: AlertPlan; region: string; firings: Firing[] }

/** promtool `input_series` of all cases. */
export function inputSeries(
  slo: SloPlan,
  { good, bad }: EventSeries,
  world: World,
): { series: string; values: string }[] {
  const all = new Map([...good, ...bad].map((series) => [JSON.stringify(series), series]))
  const has = (events: Series[], key: string) =>
    Number(events.some((series) => JSON.stringify(series) === key))
  return world.cases.flatMap(({ name, traffic }) =>
    [...all].map(([key, series]) => ({
      series: seriesText(series, slo.regions.length > 0 ? { region: name } : {}),
      values: promtoolValues(
        traffic,
        { good: has(good, key), bad: has(bad, key) },
        world.sampleSeconds,
        world.endSeconds,
      ),
    })),
  )
}

/** What each of the alerts must do in this world, in each of its regions or in total. */
export function watch(slo: SloPlan, alerts: AlertPlan[], world: World): Watched[] {
  return alerts.flatMap((alert) => {
    const cases = world.cases.map(({ name }) => name)
    const regions = alert.scope === 'all' ? ['all'] : alert.kind === 'blind' ? slo.regions : cases
    return regions.map((region) => {
      const seen = world.cases.filter(({ name }) => alert.scope === 'all' || name === region)
      return {
        alert,
        region,
        firings: alertFirings(slo, alert, view(seen, world), world),
      }
    })
  })
}

/** Counts at every evaluation, once: windows are whole numbers of steps. */
function view(cases: Case[], { sampleSeconds, stepSeconds, endSeconds }: World): View {
  const evaluations = Array.from({ length: endSeconds / stepSeconds + 1 }, (_, index) => index * stepSeconds)
  const since = evaluations.map((seconds) => {
    const sum = { total: 0, bad: 0 }
    for (const { traffic } of cases) {
      const { good, bad } = countsAt(traffic, sampleSeconds, seconds)
      sum.total += good + bad
      sum.bad += bad
    }
    return sum
  })
  const none = { total: 0, bad: 0 }
  return {
    events: (seconds, windowSeconds) => {
      const now = since[seconds / stepSeconds] ?? none
      const before = since[(seconds - windowSeconds) / stepSeconds] ?? none
      return { total: now.total - before.total, bad: now.bad - before.bad }
    },
    scraped: (seconds) =>
      cases.some(({ traffic }) => (traffic.vanishesAtSeconds ?? seconds) >= seconds - 300),
  }
}

function seriesText({ metric, labels }: Series, more: Record<string, string>): string {
  const matchers = Object.entries({ ...labels, ...more }).map(
    ([label, value]) => `${label}=${JSON.stringify(value)}`,
  )
  return `${metric}{${matchers.join(',')}}`
}
