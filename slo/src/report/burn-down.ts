/**
 * How a budget was spent over a window, as SVG text: a pure function of slices. The curve starts at the whole
 * budget and ends at what is left now; the ideal line spends it evenly. Time that nobody saw is hatched, and the
 * curve is dotted there: what happened in it is not known. Colours come from the page's CSS classes.
 */
import {
  budgetGrid,
  type Frame,
  hatch,
  niceFloor,
  round,
  type TimeScale,
  timeLabels,
  timeScale,
  unseenBands,
} from './axis.ts'
import { escaped } from './budget-lines.ts'

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
  /** Bad events of the window that came before `from`; default 0. */
  badBefore?: number
  /** What happened at a time, such as a new promise. */
  marks?: { at: number; label: string }[]
}

/** `narrow` has the same height with fewer labels: text keeps its size on a phone. */
export type ChartWidth = 'wide' | 'narrow'

const BASE = { height: 280, right: 12, top: 14, bottom: 30 }
const FRAMES: Record<ChartWidth, Frame & { timeLabels: number }> = {
  wide: { ...BASE, width: 880, left: 88, timeLabels: 5 },
  narrow: { ...BASE, width: 400, left: 64, timeLabels: 3 },
}
const INNER_HEIGHT = BASE.height - BASE.top - BASE.bottom
/** A slice no more seen than this is drawn as unseen: with two regions, one that is blind. */
const SEEN_ENOUGH = 0.5

export type Point = { at: number; remainingRatio: number; seen: boolean }

/** What was left at each slice's end, from `from` on. `seen` is said of the slice that ends there. */
export function burnDownPoints(chart: BurnDown): Point[] {
  const { from, to, sliceSeconds, slices, allowedBad, badBefore = 0 } = chart
  const byStart = new Map(slices.map((slice) => [slice.start, slice]))
  const points: Point[] = [{ at: from, remainingRatio: 1 - badBefore / allowedBad, seen: true }]
  let bad = badBefore
  for (let start = Math.floor(from / sliceSeconds) * sliceSeconds; start < to; start += sliceSeconds) {
    const slice = byStart.get(start)
    bad += slice?.bad ?? 0
    points.push({
      at: Math.min(to, start + sliceSeconds),
      remainingRatio: 1 - bad / allowedBad,
      seen: (slice?.seenRatio ?? 0) > SEEN_ENOUGH,
    })
  }
  return points
}

type Scale = { x: TimeScale; y(ratio: number): number; frame: Frame }

export function renderBurnDown(chart: BurnDown, width: ChartWidth = 'wide'): string {
  const points = burnDownPoints(chart)
  const lowest = Math.min(0, ...points.map((point) => point.remainingRatio))
  const floor = lowest < 0 ? niceFloor(lowest) : 0
  const frame = FRAMES[width]
  const x = timeScale(chart, frame)
  const y = (ratio: number) => round(frame.top + ((1 - ratio) / (1 - floor)) * INNER_HEIGHT)
  const scale: Scale = { x, y, frame }
  const start = points[0]?.remainingRatio ?? 1
  const end = points.at(-1)?.remainingRatio ?? 1
  const label = `Budget left over time: from ${Math.round(start * 100)} % to ${Math.round(end * 100)} %`
  const pattern = `unseen-${width}`
  const stretches = runs(points)
  return `<svg class="burn-down ${width}" viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-label="${label}">
${hatch(pattern)}
${unseenBands(unseenSpans(stretches), frame, x, pattern)}
${budgetGrid(floor, frame, y)}
${stretches
  .filter(({ seen }) => seen)
  .map(({ path }) => areas(path, scale))
  .join('\n')}
<path class="ideal" d="M${x(chart.from)} ${y(1)}L${x(chart.to)} ${y(0)}"/>
${marks(chart, scale)}
${stretches
  .map(({ seen, path }) => `<path class="${seen ? 'curve' : 'curve guess'}" d="${line(path, scale)}"/>`)
  .join('\n')}
<circle class="${end < 0 ? 'now debt' : 'now'}" cx="${x(chart.to)}" cy="${y(end)}" r="4"/>
${timeLabels(chart, frame, x, frame.timeLabels)}
</svg>`
}

type Stretch = { seen: boolean; path: Point[] }

/** Stretches of the curve that were all seen, or all not. */
function runs(points: Point[]): Stretch[] {
  const result: Stretch[] = []
  points.slice(1).forEach((point, i) => {
    const current = result.at(-1)
    if (current?.seen === point.seen) current.path.push(point)
    else result.push({ seen: point.seen, path: [points[i] as Point, point] })
  })
  return result
}

function line(path: Point[], { x, y }: Scale, limit = (ratio: number) => ratio): string {
  return path
    .map(({ at, remainingRatio }, i) => `${i === 0 ? 'M' : 'L'}${x(at)} ${y(limit(remainingRatio))}`)
    .join('')
}

/** What is left above the zero line, what is overspent below it. */
function areas(path: Point[], scale: Scale): string {
  const { x, y } = scale
  const closed = `V${y(0)}H${x(path[0]?.at ?? 0)}Z`
  const left = `<path class="area" d="${line(path, scale, (ratio) => Math.max(0, ratio))}${closed}"/>`
  const isOverspent = path.some(({ remainingRatio }) => remainingRatio < 0)
  return isOverspent
    ? `${left}<path class="area debt" d="${line(path, scale, (ratio) => Math.min(0, ratio))}${closed}"/>`
    : left
}

function unseenSpans(stretches: Stretch[]): { from: number; to: number }[] {
  return stretches
    .filter(({ seen }) => !seen)
    .map(({ path }) => ({ from: path[0]?.at ?? 0, to: path.at(-1)?.at ?? 0 }))
}

function marks({ marks = [] }: BurnDown, { x, frame }: Scale): string {
  return marks
    .map(({ at, label }) => {
      const isRight = x(at) > frame.width / 2
      return `<path class="mark-line" d="M${x(at)} ${frame.top}v${INNER_HEIGHT}"/><text class="mark-label" x="${x(at) + (isRight ? -6 : 6)}" y="${frame.top + 12}" text-anchor="${isRight ? 'end' : 'start'}">${escaped(label)}</text>`
    })
    .join('\n')
}
