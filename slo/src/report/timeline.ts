/**
 * The speed of spending over time, and below it a lane for each kind of thing that happened: incidents, pages,
 * tickets. SVG text, a pure function; colours come from the page's CSS classes.
 */
import { type Frame, HATCH, round, type Span, timeLabels, timeScale, unseenBands } from './axis.ts'
import { escaped } from './budget-lines.ts'

export type Lane = { name: string; className: string; bars: (Span & { title: string })[] }

export type Timeline = Span & {
  /** Burn rate of each stretch; 1 spends the budget in the period. Stretches without events are absent. */
  burn: (Span & { rate: number })[]
  /** Burn rates to draw a line at. */
  marks: { rate: number; text: string }[]
  lanes: Lane[]
  unseen: Span[]
}

const CURVE_HEIGHT = 150
const LANE_HEIGHT = 24
/** Logarithmic: from a tenth of what can be sustained upwards. */
const LOWEST_RATE = 0.1
/** Narrower than this nobody sees it. */
const MIN_WIDTH = 3

export function renderTimeline(chart: Timeline): string {
  const size: Frame = {
    width: 880,
    height: 14 + CURVE_HEIGHT + 14 + chart.lanes.length * LANE_HEIGHT + 30,
    left: 150,
    right: 12,
    top: 14,
    bottom: 30,
  }
  const x = timeScale(chart, size)
  const highest =
    Math.max(20, ...chart.burn.map(({ rate }) => rate), ...chart.marks.map(({ rate }) => rate)) * 1.3
  const y = (rate: number) => {
    const share = Math.log(Math.max(rate, LOWEST_RATE) / LOWEST_RATE) / Math.log(highest / LOWEST_RATE)
    return round(size.top + CURVE_HEIGHT * (1 - share))
  }
  const bars = chart.lanes.reduce((sum, lane) => sum + lane.bars.length, 0)
  return `<svg class="chart" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="Burn rate over time, with ${bars} incidents, pages and tickets in lanes below">
${HATCH}
${unseenBands(chart.unseen, size, x)}
${chart.marks.map(({ rate, text }) => mark(y(rate), text, size)).join('\n')}
<path class="burn" d="${area(chart, x, y)}"/>
${chart.lanes.map((lane, index) => laneOf(lane, size.top + CURVE_HEIGHT + 14 + index * LANE_HEIGHT, size, x)).join('\n')}
${timeLabels(chart, size, x)}
</svg>`
}

function mark(y: number, text: string, { left, width, right }: Frame): string {
  return `<path class="grid" d="M${left} ${y}h${width - left - right}"/><text x="${left - 8}" y="${y + 4}" text-anchor="end">${escaped(text)}</text>`
}

function area({ burn }: Timeline, x: (at: number) => number, y: (rate: number) => number): string {
  const floor = y(0)
  return burn
    .filter(({ rate }) => rate > LOWEST_RATE)
    .map(({ from, to, rate }) => {
      const [left, right] = [x(from), x(to)]
      return `M${left} ${floor}V${y(rate)}H${right}V${floor}Z`
    })
    .join('')
}

function laneOf(
  { name, className, bars }: Lane,
  top: number,
  size: Frame,
  x: (at: number) => number,
): string {
  const middle = top + LANE_HEIGHT / 2
  const rects = bars.map(({ from, to, title }) => {
    const [left, right] = [x(from), x(to)]
    const width = Math.max(MIN_WIDTH, round(right - left))
    return `<rect class="${className}" x="${left}" y="${top + 5}" width="${width}" height="${LANE_HEIGHT - 10}" rx="2"><title>${escaped(title)}</title></rect>`
  })
  return `<path class="grid" d="M${size.left} ${top + LANE_HEIGHT}h${size.width - size.left - size.right}"/><text x="${size.left - 8}" y="${middle + 4}" text-anchor="end">${escaped(name)}</text>${rects.join('')}`
}
