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

export const HATCH =
  '<defs><pattern id="unseen" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0v8"/></pattern></defs>'

export function timeScale({ from, to }: Span, { width, left, right }: Frame): TimeScale {
  return (at) => round(left + ((at - from) / (to - from)) * (width - left - right))
}

/** Days when the span is long, times when it is short; UTC. */
export function timeLabels({ from, to }: Span, { height }: Frame, x: TimeScale): string {
  const [first, last] = to - from > 7 * DAY_SECONDS ? [5, 10] : to - from > DAY_SECONDS ? [5, 16] : [11, 16]
  return [0, 0.25, 0.5, 0.75, 1]
    .map((share) => {
      const at = from + share * (to - from)
      const iso = new Date(at * 1000).toISOString()
      const anchor = share === 0 ? 'start' : share === 1 ? 'end' : 'middle'
      return `<text x="${x(at)}" y="${height - 8}" text-anchor="${anchor}">${iso.slice(first, last).replace('T', ' ')}</text>`
    })
    .join('\n')
}

/** Hatched: nobody saw what happened then. */
export function unseenBands(spans: Span[], { top, bottom, height }: Frame, x: TimeScale): string {
  return spans
    .map(({ from, to }) => {
      const [left, right] = [x(from), x(to)]
      return `<rect class="unseen" x="${left}" y="${top}" width="${round(right - left)}" height="${height - top - bottom}"/>`
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
  const debt = y(0) - y(1) < 16 ? [0, floor] : [1, 0, floor]
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
