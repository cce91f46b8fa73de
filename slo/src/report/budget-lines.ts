/** What two policies have left of their budgets over time, as SVG text. Colours come from the page's CSS classes. */
import {
  budgetGrid,
  type Frame,
  HATCH,
  niceFloor,
  round,
  type Span,
  timeLabels,
  timeScale,
  unseenBands,
} from './axis.ts'

export type BudgetLines = Span & {
  /** Drawn in this order; `className` gives the colour. Undefined: nothing is known at that time. */
  lines: { className: string; name: string; points: { at: number; remainingRatio?: number }[] }[]
  unseen: Span[]
}

/** As far from the left as a timeline, so that one time is at one place in both. */
const SIZE: Frame = { width: 880, height: 260, left: 150, right: 12, top: 14, bottom: 30 }

export function renderBudgetLines(chart: BudgetLines): string {
  const known = chart.lines.flatMap(({ points }) => points.map(({ remainingRatio = 1 }) => remainingRatio))
  const lowest = Math.min(0, ...known)
  const floor = lowest < 0 ? niceFloor(lowest) : 0
  const x = timeScale(chart, SIZE)
  const inner = SIZE.height - SIZE.top - SIZE.bottom
  const y = (ratio: number) => round(SIZE.top + ((1 - ratio) / (1 - floor)) * inner)
  const ends = chart.lines.map(({ name, points }) => {
    const end = points.at(-1)?.remainingRatio
    return `${name} ${end === undefined ? 'no data' : `${Math.round(end * 100)} %`}`
  })
  return `<svg class="chart" viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label="Budget left over time, at the end: ${escaped(ends.join(', '))}">
${HATCH}
${unseenBands(chart.unseen, SIZE, x)}
${budgetGrid(floor, SIZE, y)}
${chart.lines.map(({ className, points }) => `<path class="line ${className}" d="${path(points, x, y)}"/>`).join('\n')}
${timeLabels(chart, SIZE, x)}
</svg>`
}

function path(
  points: { at: number; remainingRatio?: number }[],
  x: (at: number) => number,
  y: (ratio: number) => number,
): string {
  let drawing = false
  return points
    .map(({ at, remainingRatio }) => {
      const move = drawing ? 'L' : 'M'
      drawing = remainingRatio !== undefined
      return remainingRatio === undefined ? '' : `${move}${x(at)} ${y(Math.min(remainingRatio, 1))}`
    })
    .join('')
}

/** Text inside an attribute. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
}
