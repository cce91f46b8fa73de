/** The cases of an SLO that is budgeted by time slices: a slice is bad or not, so burns are outages of some length. */
import { type Case, type Cases, forever, HOUR } from './case.ts'
import type { Shape } from './shape.ts'
import type { Phase } from './traffic.ts'

const well = (untilSeconds: number): Phase => ({ untilSeconds, good: 10, bad: 0 })
const down = (untilSeconds: number): Phase => ({ untilSeconds, good: 0, bad: 10 })

/** Pages. */
export function fastSliceCases(slo: Shape, sliceSeconds: number): Cases {
  const threshold = largest(slo, 'page')
  const cases = 3
  // Long enough to be seen in the total of all cases as well.
  const outageEnds = HOUR + minutes(Math.max(300, (threshold * 1.2 * HOUR * cases) / (1 - threshold)))
  return {
    endSeconds: outageEnds + HOUR + 60,
    cases: [
      { name: 'outage-after-an-hour', traffic: { phases: [well(HOUR), down(outageEnds), well(forever)] } },
      { name: 'outage-from-the-start', traffic: { phases: [down(600), well(forever)] }, endSeconds: 2400 },
      {
        name: 'one-bad-slice',
        traffic: { phases: [well(1200), down(1200 + sliceSeconds), well(forever)] },
        endSeconds: 2400,
      },
    ],
  }
}

/** Tickets: an outage after six good hours, and half the budget, one bad slice at a time. */
export function slowSliceCases(slo: Shape, stepSeconds: number): Cases {
  const [start, threshold] = [6 * HOUR, largest(slo, 'ticket')]
  // Of two cases side by side, so twice the share of the slices of one.
  const share = Math.min(2 * threshold * 1.2, 0.75)
  const outageEnds = start + minutes(Math.max(HOUR, (start * share) / (1 - share)))
  const every = Math.ceil(2 / Number(slo.errorBudget)) * stepSeconds
  const endSeconds = outageEnds + 4 * HOUR
  const half: Phase[] = []
  for (let at = every; at < endSeconds; at += every) half.push(well(at - stepSeconds), down(at))
  const cases: Case[] = [
    { name: 'outage-after-six-hours', traffic: { phases: [well(start), down(outageEnds), well(forever)] } },
    { name: 'half-the-budget', traffic: { phases: [...half, well(forever)] } },
  ]
  return { endSeconds, cases }
}

/** The share of bad slices that the severity's loudest pair asks for. */
function largest({ alerts }: Shape, severity: 'page' | 'ticket'): number {
  const ratios = alerts.flatMap((alert) =>
    alert.kind === 'burn' && alert.severity === severity
      ? alert.pairs.map(({ badRatio }) => Number(badRatio))
      : [],
  )
  return Math.max(0, ...ratios)
}

function minutes(seconds: number): number {
  return Math.ceil(seconds / 300) * 300
}
