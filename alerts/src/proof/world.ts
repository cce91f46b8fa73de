/**
 * One promtool test group: cases side by side, each in a region of its own, and what every alert must make of them.
 * Side by side because promtool evaluates every rule of the file at each step: cases one after the other would cost
 * as many times more. Totals see all of them, and are predicted from the sum.
 */
import {
  type AlertPlan,
  alertFirings,
  type Effect,
  type Firing,
  type SloPlan,
  type View,
} from '@plimsoll/slo/plan'
import type { Case } from './cases.ts'
import type { Series } from './event-series.ts'
import type { Feed } from './feed.ts'

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
export function inputSeries(slo: SloPlan, feed: Feed, world: World): { series: string; values: string }[] {
  return world.cases.flatMap(({ name, traffic }) =>
    feed.input(traffic, world).map(({ series, values }) => ({
      series: seriesText(series, slo.regions.length > 0 ? { region: name } : {}),
      values,
    })),
  )
}

/** What each of the alerts must do in this world, in each of its regions or in total. */
export function watch(slo: SloPlan, alerts: AlertPlan[], feed: Feed, world: World): Watched[] {
  return alerts.flatMap((alert) => {
    const cases = world.cases.map(({ name }) => name)
    // Blindness is of regions that are expected; of those that were never seen, no other alert says anything.
    const watched = alert.kind === 'blind' ? slo.regions : [...new Set([...cases, ...slo.regions])]
    const regions = alert.scope === 'all' ? ['all'] : watched
    return regions.map((region) => {
      const seen = world.cases.filter(({ name }) => alert.scope === 'all' || name === region)
      return {
        alert,
        region,
        firings: alertFirings(slo, alert, view(seen, feed, world), world),
      }
    })
  })
}

/** Counts at every evaluation, once: windows are whole numbers of steps. */
function view(cases: Case[], feed: Feed, world: World): View {
  const { stepSeconds, endSeconds } = world
  const none = { total: 0, bad: 0 }
  const back = feed.everySeconds(world) / stepSeconds
  const since: Effect[] = []
  for (let index = 0; index <= endSeconds / stepSeconds; index++) {
    const sum = { ...(since[index - back] ?? none) }
    for (const { traffic } of cases) {
      const { total, bad } = feed.gained(traffic, world, index * stepSeconds) ?? none
      sum.total += total
      sum.bad += bad
    }
    since.push(sum)
  }
  return {
    events: (seconds, windowSeconds) => {
      const now = since[seconds / stepSeconds] ?? none
      const before = since[(seconds - windowSeconds) / stepSeconds] ?? none
      return { total: now.total - before.total, bad: now.bad - before.bad }
    },
    scraped: (seconds, withinSeconds) =>
      cases.some(({ traffic }) => (traffic.vanishesAtSeconds ?? seconds) > seconds - withinSeconds),
  }
}

function seriesText({ metric, labels }: Series, more: Record<string, string>): string {
  const matchers = Object.entries({ ...labels, ...more }).map(
    ([label, value]) => `${label}=${JSON.stringify(value)}`,
  )
  return `${metric}{${matchers.join(',')}}`
}
