/**
 * One promtool test group: cases side by side, each in a region of its own, and what every alert must make of them.
 * Side by side because promtool evaluates every rule of the file at each step: cases one after the other would cost
 * as many times more. Totals see all of them, and are predicted from the sum.
 */
import { type AlertPlan, alertFirings, type Firing, type View } from '@plimsoll/slo/plan'
import type { Case } from './case.ts'
import { everySeconds, type FedCase, feedCase, outlastsSeconds } from './feed.ts'
import type { Shape } from './shape.ts'
import { lastSeen } from './traffic.ts'

export type World = {
  name: string
  cases: Case[]
  stepSeconds: number
  sampleSeconds: number
  endSeconds: number
}

/** One alert in one region, or in total ("all"), and when it fires. */
export type Watched = { alert: AlertPlan; region: string; firings: Firing[] }

/** A world, fed: cases and what is counted of them in the order of the world's. */
export type Fed = { world: World; cases: FedCase[]; counted: Counted[] }

export function feedWorld(shape: Shape, world: World): Fed {
  const cases = world.cases.map(({ traffic }) => feedCase(shape, traffic, world))
  return { world, cases, counted: cases.map((one) => countCase(shape, world, one)) }
}

/** What each of the alerts must do in this world, in each of its regions or in total. */
export function watch(shape: Shape, alerts: AlertPlan[], fed: Fed): Watched[] {
  const { world } = fed
  const cases = world.cases.map(({ name }) => name)
  const views = new Map<string, View>()
  const viewIn = (region: string): View => {
    const known = views.get(region) ?? view(shape, fed, region)
    views.set(region, known)
    return known
  }
  return alerts.flatMap((alert) => {
    // Blindness is of regions that are expected; of those that were never seen, no other alert says anything.
    const watched = alert.kind === 'blind' ? shape.regions : [...new Set([...cases, ...shape.regions])]
    const regions = alert.scope === 'all' ? ['all'] : watched
    return regions.map((region) => {
      return { alert, region, firings: alertFirings(shape, alert, viewIn(region), world) }
    })
  })
}

/** What there was to see by evaluation: windows are whole numbers of steps. */
type Counted = { total: Float64Array; bad: Float64Array }

function view(shape: Shape, { world, counted }: Fed, region: string): View {
  const { stepSeconds } = world
  const inView = (_: unknown, index: number) => region === 'all' || world.cases[index]?.name === region
  const targets = world.cases.filter(inView)
  const outlasts = outlastsSeconds(shape, world)
  const { total, bad } = sumOf(counted.filter(inView), world)
  return {
    events: (seconds, windowSeconds) => {
      const now = seconds / stepSeconds
      const before = (seconds - windowSeconds) / stepSeconds
      return {
        total: valueAt(total, now) - valueAt(total, before),
        bad: valueAt(bad, now) - valueAt(bad, before),
      }
    },
    scraped: (seconds, withinSeconds) =>
      targets.some(({ traffic }) => lastSeen(traffic, seconds) > seconds - Math.min(withinSeconds, outlasts)),
  }
}

function countCase(shape: Shape, world: World, { gained }: FedCase): Counted {
  const counted = noneOf(world)
  const back = everySeconds(shape, world) / world.stepSeconds
  for (let index = 0; index < counted.total.length; index++) {
    const { total, bad } = gained(index * world.stepSeconds) ?? NOTHING
    counted.total[index] = valueAt(counted.total, index - back) + total
    counted.bad[index] = valueAt(counted.bad, index - back) + bad
  }
  return counted
}

const NOTHING = { total: 0, bad: 0 }

function noneOf({ endSeconds, stepSeconds }: World): Counted {
  const evaluations = Math.floor(endSeconds / stepSeconds) + 1
  return { total: new Float64Array(evaluations), bad: new Float64Array(evaluations) }
}

function sumOf(counted: Counted[], world: World): Counted {
  const [first, ...others] = counted
  if (first && others.length === 0) return first
  const sum = noneOf(world)
  for (const { total, bad } of counted) {
    for (let index = 0; index < total.length; index++) {
      sum.total[index] = valueAt(sum.total, index) + valueAt(total, index)
      sum.bad[index] = valueAt(sum.bad, index) + valueAt(bad, index)
    }
  }
  return sum
}

/** None before the first evaluation. */
function valueAt(values: Float64Array, index: number): number {
  return index < 0 ? 0 : (values[index] ?? 0)
}
