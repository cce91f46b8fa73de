/** The worlds of one shape of SLO, and what its alerts must do in each. */
import type { AlertPlan } from '@plimsoll/slo/plan'
import { blindWorlds, FAST, fastCases, SLOW, SLOW_SLICES, slowCases } from './cases.ts'
import type { Shape } from './shape.ts'
import { type Fed, feedWorld, type Watched, type World, watch } from './world.ts'

/** One test file each: promtool evaluates all rules of a file at one interval. */
export type Kind = 'fast' | 'slow'

export type Scene = { fed: Fed; watched: Watched[] }

export function scenesOf(shape: Shape, kind: Kind): Scene[] {
  const [alerts, worlds] = kind === 'fast' ? fastScenes(shape) : slowScenes(shape)
  return worlds.map((world) => {
    const fed = feedWorld(shape, world)
    return { fed, watched: watch(shape, alerts, fed) }
  })
}

/** Pages and blindness, second by second as far as rules are evaluated. */
function fastScenes(shape: Shape): [AlertPlan[], World[]] {
  const alerts = shape.alerts.filter(({ group, kind }) => group === 'fast' && kind !== 'traffic-gone')
  return [
    alerts,
    [
      ...worldsOf(shape, { name: 'pages', ...fastCases(shape), ...FAST }),
      ...blindWorlds(shape).map((world) => ({ ...world, ...FAST })),
    ],
  ]
}

/** Tickets, and pages whose windows are hours. */
function slowScenes(shape: Shape): [AlertPlan[], World[]] {
  const alerts = shape.alerts.filter(({ kind }) => kind !== 'blind')
  const clock = shape.slices ? SLOW_SLICES : SLOW
  return [alerts, worldsOf(shape, { name: 'tickets', ...slowCases(shape), ...clock })]
}

/** Without regions there is no telling cases apart: one world each. */
function worldsOf({ regions }: Shape, world: World): World[] {
  if (regions.length > 0) return [world]
  return world.cases.map((one) => ({
    ...world,
    name: `${world.name}, ${one.name}`,
    cases: [one],
    endSeconds: one.endSeconds ?? world.endSeconds,
  }))
}

/** Cases side by side are told apart by region; those of regions that are expected are all alike. */
export function caseName({ regions }: Shape, { name, cases }: World, region: string): string {
  if (region !== 'all' && cases.every((one) => one.name !== region)) return 'never seen'
  if (cases.length <= 1 || cases.every((one) => regions.includes(one.name))) return name.replace(/^.*, /, '')
  return region === 'all' ? `all of ${name}` : region
}
