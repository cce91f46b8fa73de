/** Composites below the objectives that they are made of: what is left of each, how fast it goes, and who spends it. */
import type { CompositeStatus } from '../schemas.ts'
import { budgetBar } from './budget-bar.ts'
import { burn, shareSpent } from './format.ts'
import { type Html, html } from './html.ts'
import { statePill } from './page.ts'
import { leftText } from './slo-list.ts'

/** Alerts of a composite link to its card, `/#composite-<id>`. */
export function compositeSection(composites: CompositeStatus[]): Html | false {
  if (composites.length === 0) return false
  return html`<section id="composites" data-live><h2>Composites</h2>
<ol class="cards">${composites.map(card)}</ol>
<p class="sub">Parts spend and burn the whole as OpenSLO adds them up; without data of one part nothing is said of it.</p></section>`
}

function card(composite: CompositeStatus): Html {
  const { slo, state, displayName, service, owner, description, remainingRatio, window } = composite
  const budget = remainingRatio === null ? null : { remainingRatio }
  return html`<li class="card ${state}" id="composite-${slo}">
<div class="head"><h3>${displayName}</h3>${statePill(state)}
<p class="sub">${service} · ${owner}${description && html` · ${description}`}</p></div>
<div class="gauge"><p class="left">${leftText({ budget })}</p>${budgetBar({ state, budget })}
<p class="sub">${remainingRatio === null ? 'a part has no data' : `over ${window.name}, spent by its parts together`}</p></div>
${partTable(composite)}</li>`
}

function partTable({ parts, burn: whole, remainingRatio, displayName }: CompositeStatus): Html {
  const spent = (ratio: number | null) => (ratio === null ? 'no data' : shareSpent(ratio))
  return html`<div class="scroll parts" tabindex="0" role="group" aria-label="Parts of ${displayName}"><table><thead><tr><th scope="col">Part</th><th scope="col">State</th><th scope="col">Weight</th><th scope="col">Spends of the whole</th>${whole.map(({ window }) => html`<th scope="col">Burn ${window}</th>`)}</tr></thead>
<tbody>${parts.map(
    ({ slo, displayName, state, weight, spentRatio, burn: adds }) =>
      html`<tr><th scope="row" class="name-cell"><a href="/slos/${slo}">${displayName}</a></th><td>${statePill(state)}</td><td>× ${weight}</td><td>${spent(spentRatio)}</td>${adds.map(({ rate }) => html`<td>${burn(rate)}</td>`)}</tr>`,
  )}</tbody>
<tfoot><tr><th scope="row">Together</th><td></td><td></td><td>${spent(remainingRatio === null ? null : 1 - remainingRatio)}</td>${whole.map(({ rate }) => html`<td>${burn(rate)}</td>`)}</tr></tfoot></table></div>`
}
