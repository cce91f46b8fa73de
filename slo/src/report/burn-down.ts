/**
 * How a budget was spent over a window, as SVG text: a pure function of slices. The curve starts at the whole
 * budget and ends at what is left now; the ideal line spends it evenly. Time that nobody saw is hatched, and the
 * curve is dotted there: what happened in it is not known. Colours come from the page's CSS classes.
 */

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
const INNER = { width: SIZE.width - SIZE.left - SIZE.right, height: SIZE.height - SIZE.top - SIZE.bottom }
const DAY_SECONDS = 86_400
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
  const x = (at: number) => round(SIZE.left + ((at - chart.from) / (chart.to - chart.from)) * INNER.width)
  const y = (ratio: number) => round(SIZE.top + ((1 - ratio) / (1 - floor)) * INNER.height)
  const end = points.at(-1)?.remainingRatio ?? 1
  const label = `Budget left over time: from 100 % to ${Math.round(end * 100)} %`
  return `<svg class="burn-down" viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label="${label}">
<defs><pattern id="unseen" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0v8"/></pattern></defs>
${unseenBands(points, x)}
${gridLines(floor, y)}
<path class="ideal" d="M${x(chart.from)} ${y(1)}L${x(chart.to)} ${y(0)}"/>
${runs(points)
  .map(({ seen, path }) => {
    const d = path.map(({ at, remainingRatio }, i) => `${i === 0 ? 'M' : 'L'}${x(at)} ${y(remainingRatio)}`)
    return `<path class="${seen ? 'curve' : 'curve guess'}" d="${d.join('')}"/>`
  })
  .join('\n')}
<circle class="now" cx="${x(chart.to)}" cy="${y(end)}" r="4"/>
${timeLabels(chart, x)}
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

function unseenBands(points: Point[], x: (at: number) => number): string {
  return runs(points)
    .filter(({ seen }) => !seen)
    .map(({ path }) => {
      const [left, right] = [x(path[0]?.at ?? 0), x(path.at(-1)?.at ?? 0)]
      return `<rect class="unseen" x="${left}" y="${SIZE.top}" width="${round(right - left)}" height="${INNER.height}"/>`
    })
    .join('\n')
}

function gridLines(floor: number, y: (ratio: number) => number): string {
  // Deep in debt the whole budget is a sliver: one label there, not two on top of each other.
  const debt = y(0) - y(1) < 16 ? [0, floor] : [1, 0, floor]
  const ratios = floor < 0 ? debt : [1, 0.75, 0.5, 0.25, 0]
  return ratios
    .map((ratio) => {
      const text = `${Math.round(ratio * 100).toLocaleString('en-GB')} %`.replace('-', '−')
      return `<path class="${ratio === 0 ? 'grid zero' : 'grid'}" d="M${SIZE.left} ${y(ratio)}h${INNER.width}"/><text x="${SIZE.left - 8}" y="${y(ratio) + 4}" text-anchor="end">${text}</text>`
    })
    .join('\n')
}

function timeLabels({ from, to }: BurnDown, x: (at: number) => number): string {
  const [first, last] = to - from > 7 * DAY_SECONDS ? [5, 10] : to - from > DAY_SECONDS ? [5, 16] : [11, 16]
  return [0, 0.25, 0.5, 0.75, 1]
    .map((share) => {
      const at = from + share * (to - from)
      const iso = new Date(at * 1000).toISOString()
      const anchor = share === 0 ? 'start' : share === 1 ? 'end' : 'middle'
      return `<text x="${x(at)}" y="${SIZE.height - 8}" text-anchor="${anchor}">${iso.slice(first, last).replace('T', ' ')}</text>`
    })
    .join('\n')
}

/** −0.3 → −0.5, −6.5 → −10: few round floors, so that the scale does not move with every event. */
function niceFloor(ratio: number): number {
  const power = 10 ** Math.floor(Math.log10(-ratio))
  const factor = [1, 2, 5, 10].find((step) => step * power >= -ratio) ?? 10
  return -factor * power
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
