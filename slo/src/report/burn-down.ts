/**
 * How a budget was spent over a window, as SVG text: a pure function of slices. The curve starts at the whole
 * budget and ends at what is left now; the ideal line spends it evenly. Time that nobody saw is hatched, and the
 * curve is dotted there: what happened in it is not known. Colours come from the page's CSS classes.
 */

import { budgetGrid, HATCH, niceFloor, round, timeLabels, timeScale, unseenBands } from './axis.ts'

export type BurnDown = {
  /** Unix seconds. */
  from: number
  to: number
  /** Length of one slice. */
  sliceSeconds: number
  /** Oldest first. `seenRatio` is the seen share of the slice; absent slices were not seen at all. */
  slices: { start: number; bad: number; seenRatio: number }[]
  /** Bad events that the promise allows for the whole window. */
  allowedBad: number
}

const SIZE = { width: 880, height: 280, left: 88, right: 12, top: 14, bottom: 30 }
const INNER_HEIGHT = SIZE.height - SIZE.top - SIZE.bottom
/** A slice less seen than this is drawn as unseen. */
const SEEN_ENOUGH = 0.5

export type Point = { at: number; remainingRatio: number; seen: boolean }

/** What was left at each slice's end, from the whole budget at `from` on. */
export function burnDownPoints({ from, to, sliceSeconds, slices, allowedBad }: BurnDown): Point[] {
  const byStart = new Map(slices.map((slice) => [slice.start, slice]))
  const points: Point[] = [{ at: from, remainingRatio: 1, seen: true }]
  let bad = 0
  for (let start = Math.floor(from / sliceSeconds) * sliceSeconds; start < to; start += sliceSeconds) {
    const slice = byStart.get(start)
    bad += slice?.bad ?? 0
    points.push({
      at: Math.min(to, start + sliceSeconds),
      remainingRatio: 1 - bad / allowedBad,
      seen: (slice?.seenRatio ?? 0) >= SEEN_ENOUGH,
    })
  }
  return points
}

export function renderBurnDown(chart: BurnDown): string {
  const points = burnDownPoints(chart)
  const lowest = Math.min(0, ...points.map((point) => point.remainingRatio))
  const floor = lowest < 0 ? niceFloor(lowest) : 0
  const x = timeScale(chart, SIZE)
  const y = (ratio: number) => round(SIZE.top + ((1 - ratio) / (1 - floor)) * INNER_HEIGHT)
  const end = points.at(-1)?.remainingRatio ?? 1
  const label = `Budget left over time: from 100 % to ${Math.round(end * 100)} %`
  return `<svg class="burn-down" viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label="${label}">
${HATCH}
${unseenBands(unseenSpans(points), SIZE, x)}
${budgetGrid(floor, SIZE, y)}
<path class="ideal" d="M${x(chart.from)} ${y(1)}L${x(chart.to)} ${y(0)}"/>
${runs(points)
  .map(({ seen, path }) => {
    const d = path.map(({ at, remainingRatio }, i) => `${i === 0 ? 'M' : 'L'}${x(at)} ${y(remainingRatio)}`)
    return `<path class="${seen ? 'curve' : 'curve guess'}" d="${d.join('')}"/>`
  })
  .join('\n')}
<circle class="now" cx="${x(chart.to)}" cy="${y(end)}" r="4"/>
${timeLabels(chart, SIZE, x)}
</svg>`
}

/** Stretches of the curve that were all seen, or all not. */
function runs(points: Point[]): { seen: boolean; path: Point[] }[] {
  const result: { seen: boolean; path: Point[] }[] = []
  points.slice(1).forEach((point, i) => {
    const current = result.at(-1)
    if (current?.seen === point.seen) current.path.push(point)
    else result.push({ seen: point.seen, path: [points[i] as Point, point] })
  })
  return result
}

function unseenSpans(points: Point[]): { from: number; to: number }[] {
  return runs(points)
    .filter(({ seen }) => !seen)
    .map(({ path }) => ({ from: path[0]?.at ?? 0, to: path.at(-1)?.at ?? 0 }))
}
