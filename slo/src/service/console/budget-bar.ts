/**
 * What is left of a budget, as a bar with a load line: the ring and line of a Plimsoll mark stand where the budget
 * is at risk. Empty and hatched when overspent; without any fill when there is no data.
 */
import { LOW_BUDGET_RATIO } from '../../ledger/index.ts'
import type { SloStatus } from '../schemas.ts'
import { percentLeft } from './format.ts'
import { type Html, html } from './html.ts'

const WIDTH = 400
const LINE = (WIDTH * Number(LOW_BUDGET_RATIO.numerator)) / Number(LOW_BUDGET_RATIO.denominator)

/** Null when there is no data. */
export type Left = { remainingRatio: number } | null

export function budgetBar({ state, budget }: Pick<SloStatus, 'state'> & { budget: Left }): Html {
  const label = budget
    ? `${percentLeft(budget.remainingRatio)} of the error budget left`
    : 'Budget unknown: no data'
  const fill = WIDTH * Math.min(1, Math.max(0, budget?.remainingRatio ?? 0))
  return html`<svg class="bar ${state}" viewBox="0 0 ${WIDTH} 24" role="img" aria-label="${label}">
<rect class="track" x="0.5" y="6.5" width="${WIDTH - 1}" height="11" rx="5.5"/>
${fill > 0 && html`<rect class="fill" x="0.5" y="6.5" width="${Math.max(fill - 1, 11)}" height="11" rx="5.5"/>`}
<path class="line" d="M${LINE} 1v22"/><circle class="ring" cx="${LINE}" cy="12" r="5"/>
</svg>`
}
