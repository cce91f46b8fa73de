/** What a running Prometheus says about a plan: traffic of each SLO, and how long it keeps history. */
import { type Measurements, type Plan, readLater, type SloPlan } from '@plimsoll/slo/plan'
import type { RunningPrometheus } from '../build/loaded-rules.ts'

/**
 * The mean of the last day as the rules recorded it; else the last hour of the raw counters. Of an SLO by region, the
 * quietest region's: each pages for itself, and there one failure weighs most.
 */
export async function measure(plan: Plan, prometheus: RunningPrometheus): Promise<Measurements> {
  const recorded = await prometheus.query('avg_over_time(slo:total_events:1h[1d])')
  const quietest = await prometheus.query('min by (slo) (avg_over_time(slo_region:total_events:1h[1d]))')
  const eventsPerHour = new Map(
    [...recorded, ...quietest].map(({ labels, value }) => [labels.slo ?? '', value]),
  )
  for (const slo of plan.slos.filter((one) => !eventsPerHour.has(one.slo))) {
    const [found] = await prometheus.query(rawEvents(slo))
    if (found) eventsPerHour.set(slo.slo, found.value)
  }
  const retentionSeconds = secondsOf(/^\w+/.exec(await prometheus.retention())?.[0])
  return { eventsPerHour, ...(retentionSeconds !== undefined && { retentionSeconds }) }
}

/** Nothing for a gauge: its samples are no events. */
function rawEvents({ indicator, regions }: SloPlan): string {
  const by = regions.length > 0 ? ' by (region)' : ''
  const terms = indicator.total.map(
    ({ sign, selector, offsetSeconds = 0 }) =>
      `${sign < 0 ? '-1 *' : ''} sum${by} (increase(${readLater(`${selector}[1h]`, offsetSeconds)}))`,
  )
  return terms.length === 0 ? 'vector(1) > 1' : `min(${terms.join(' + ')})`
}

const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 }

/** Prometheus's durations: 15d, 1w2d. */
export function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^(\d+[smhdwy])+$/.test(text)) return undefined
  return [...text.matchAll(/(\d+)([smhdwy])/g)].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (UNIT_SECONDS[unit] ?? 0),
    0,
  )
}
