/** All objectives on one page, those that need a look first. */
import type { CompositeStatus, RegionStatus, SloStatus } from '../schemas.ts'
import { budgetBar, type Left } from './budget-bar.ts'
import { compositeSection } from './composite-list.ts'
import {
  burn,
  counted,
  decimalsFor,
  duration,
  events,
  percentLeft,
  percentOfCounts,
  percentOfDecimal,
} from './format.ts'
import { type Html, html } from './html.ts'
import { page, STATE_WORDS, type State, statePill } from './page.ts'

const ORDER: State[] = ['exhausted', 'at-risk', 'noData', 'healthy']

export function sloListPage(slos: SloStatus[], composites: CompositeStatus[], nowSeconds: number): string {
  const left = ({ budget }: SloStatus) => budget?.remainingRatio ?? 0
  const sorted = slos.toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || left(a) - left(b))
  const counts = ORDER.map((state) => ({ state, count: slos.filter((slo) => slo.state === state).length }))
  const summary = counts.filter(({ count }) => count > 0)
  return page(
    'Plimsoll: objectives',
    nowSeconds,
    html`<h1>Objectives</h1>
<ul class="summary" id="summary" data-live>${summary.map(
      ({ state, count }) =>
        html`<li class="${state}"><b>${count}</b> ${STATE_WORDS[state].toLowerCase()}</li>`,
    )}</ul>
<ol class="cards" id="cards" data-live>${sorted.map((slo) => card(slo, nowSeconds))}</ol>
${compositeSection(composites)}`,
  )
}

function card(slo: SloStatus, nowSeconds: number): Html {
  return html`<li class="card ${slo.state}" id="slo-${slo.slo}">
<div class="head"><h2><a href="/slos/${slo.slo}">${slo.displayName}</a></h2>${statePill(slo.state)}
<p class="sub">${slo.service} · ${slo.owner} · ${slo.good}</p></div>
<div class="gauge"><p class="left">${leftText(slo)}</p>${budgetBar(slo)}<p class="sub">${spentText(slo)}</p></div>
<dl class="numbers">
<div><dt>SLI</dt><dd>${sliText(slo)}</dd></div>
<div><dt>Objective</dt><dd>${percentOfDecimal(slo.objective.target)} <small>over ${slo.window.name}</small></dd></div>
${slo.burn.slice(0, 2).map(({ window, rate }) => html`<div><dt>Burn ${window}</dt><dd>${burn(rate)}</dd></div>`)}
</dl>
<ul class="regions" aria-label="By region">${slo.regions.map((region) => regionChip(region, nowSeconds))}</ul>
</li>`
}

export function leftText({ budget }: { budget: Left }): Html {
  return budget ? html`<b>${percentLeft(budget.remainingRatio)}</b> of the budget left` : html`<b>No data</b>`
}

export function spentText({
  budget,
  coverage,
  counts,
}: Pick<SloStatus, 'budget' | 'coverage' | 'counts'>): string {
  if (!budget)
    return coverage.blind ? 'the source has not reported' : 'the source reports, but no valid event came'
  return `${counted(budget.bad)} bad of ${counted(budget.total)}${counts === 'slices' ? ' slices' : ''}; ${events(budget.allowedBad)} allowed`
}

export function sliText({ budget, objective }: Pick<SloStatus, 'budget' | 'objective'>): string {
  return budget ? percentOfCounts(budget.good, budget.total, decimalsFor(objective.target)) : 'no data'
}

function regionChip(region: RegionStatus, nowSeconds: number): Html {
  const left = region.budget ? `${percentLeft(region.budget.remainingRatio)} left` : 'no data'
  return html`<li class="${region.state}"><span class="shape" aria-hidden="true"></span>${regionName(region)}
<small>${left}${blindNote(region, nowSeconds)}</small></li>`
}

export function regionName({ region, expected }: RegionStatus): string {
  if (region === 'all') return 'all regions'
  return expected ? region : `${region} (not expected)`
}

/** Said only where there are counts: "no data" says it already. */
export function blindNote({ coverage, budget }: RegionStatus, nowSeconds: number): string {
  if (!coverage.blind || !budget || coverage.lastSeenMinute === null) return ''
  return `, unseen for ${duration(nowSeconds - coverage.lastSeenMinute)}`
}
