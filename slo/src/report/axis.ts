/** What the charts share: their frame, a time axis, bands of unseen time, round numbers. */

export type Frame = {
  width: number
  height: number
  left: number
  right: number
  top: number
  bottom: number
}
export type Span = { from: number; to: number }
/** Unix seconds to a horizontal place. */
export type TimeScale = (at: number) => number

const DAY_SECONDS = 86_400
/** Spans longer than this are labelled by days. */
const DAYS_ONLY = 7 * DAY_SECONDS

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** The pattern of `unseenBands`; a page with several charts of different ids can hide some of them. */
export function hatch(id: string): string {
  return `<defs><pattern id="${id}" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0v8"/></pattern></defs>`
}

export const HATCH = hatch('unseen')

export function timeScale({ from, to }: Span, { width, left, right }: Frame): TimeScale {
  return (at) => round(left + ((at - from) / (to - from)) * (width - left - right))
}

/** Days when the span is long, times when it is short; UTC. At both ends, and evenly between: days at their midnight. */
export function timeLabels({ from, to }: Span, { height }: Frame, x: TimeScale, count = 5): string {
  return Array.from({ length: count }, (_, i) => i / (count - 1))
    .map((share) => {
      const even = from + share * (to - from)
      const isEnd = share === 0 || share === 1
      const at = isEnd || to - from <= DAYS_ONLY ? even : Math.round(even / DAY_SECONDS) * DAY_SECONDS
      const anchor = share === 0 ? 'start' : share === 1 ? 'end' : 'middle'
      return `<text x="${x(at)}" y="${height - 8}" text-anchor="${anchor}">${timeText(at, to - from)}</text>`
    })
    .join('\n')
}

function timeText(at: number, spanSeconds: number): string {
  const date = new Date(at * 1000)
  const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`
  const time = date.toISOString().slice(11, 16)
  if (spanSeconds > DAYS_ONLY) return day
  return spanSeconds > DAY_SECONDS ? `${day} ${time}` : time
}

/** Hatched by the pattern `id`: nobody saw what happened then. */
export function unseenBands(
  spans: Span[],
  { top, bottom, height }: Frame,
  x: TimeScale,
  id = 'unseen',
): string {
  return spans
    .map(({ from, to }) => {
      const [left, right] = [x(from), x(to)]
      return `<rect class="unseen" fill="url(#${id})" x="${left}" y="${top}" width="${round(right - left)}" height="${height - top - bottom}"/>`
    })
    .join('\n')
}

/** −0.3 → −0.5, −6.5 → −10: few round floors, so that the scale does not move with every event. */
export function niceFloor(ratio: number): number {
  const power = 10 ** Math.floor(Math.log10(-ratio))
  const factor = [1, 2, 5, 10].find((step) => step * power >= -ratio) ?? 10
  return -factor * power
}

/** Horizontal lines with labels: the whole budget, nothing, and how deep in debt. */
export function budgetGrid(
  floor: number,
  { left, width, right }: Frame,
  y: (ratio: number) => number,
): string {
  // Deep in debt the whole budget is a sliver: one label there, not two on top of each other.
  const debt = y(0) - y(1) < 16 ? [0, floor / 2, floor] : [1, 0, floor / 2, floor]
  const ratios = floor < 0 ? debt : [1, 0.75, 0.5, 0.25, 0]
  return ratios
    .map((ratio) => {
      const text = `${Math.round(ratio * 100).toLocaleString('en-GB')} %`.replace('-', '−')
      return `<path class="${ratio === 0 ? 'grid zero' : 'grid'}" d="M${left} ${y(ratio)}h${width - left - right}"/><text x="${left - 8}" y="${y(ratio) + 4}" text-anchor="end">${text}</text>`
    })
    .join('\n')
}

export function round(value: number): number {
  return Math.round(value * 10) / 10
}
