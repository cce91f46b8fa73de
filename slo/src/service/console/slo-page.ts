/** One objective: how its budget was spent, what was seen of it, and where. */
import type { ProbeResult } from '@plimsoll/instrumentation/envelope'
import { type BurnDown, renderBurnDown } from '../../report/burn-down.ts'
import type { Coverage, SloStatus } from '../schemas.ts'
import { budgetBar } from './budget-bar.ts'
import { burn, day, duration, grouped, percentLeft, percentOfDecimal } from './format.ts'
import { type Html, html, safe } from './html.ts'
import { page, statePill } from './page.ts'
import { runList } from './probe-runs.ts'
import { blindNote, leftText, regionName, sliText, spentText } from './slo-list.ts'

export type SloPage = {
  slo: SloStatus
  /** Undefined when nothing was ever counted. */
  chart: BurnDown | undefined
  runs: ProbeResult[]
  nowSeconds: number
}

export function sloPage({ slo, chart, runs, nowSeconds }: SloPage): string {
  return page(
    `Plimsoll: ${slo.displayName}`,
    nowSeconds,
    html`<div class="title" id="title" data-live><h1>${slo.displayName}</h1>${statePill(slo.state)}</div>
<p class="lead">${slo.description} A good event is ${slo.good}.</p>
<section class="tiles" id="tiles" data-live aria-label="Now">
<div class="tile wide"><p class="left">${leftText(slo)}</p>${budgetBar(slo)}<p class="sub">${spentText(slo)}</p></div>
<div class="tile"><h2>SLI</h2><p class="big">${sliText(slo)}</p>
<p class="sub">objective ${percentOfDecimal(slo.objective.target)} over ${slo.window.name}</p></div>
<div class="tile"><h2>Seen</h2><p class="big">${seenShare(slo.coverage)}</p><p class="sub">${seenText(slo)}</p></div>
</section>
<section id="chart" data-live><h2>Budget left over time</h2>${chart ? burnDown(chart) : html`<p class="empty">Nothing has been counted yet.</p>`}</section>
<section id="burn" data-live><h2>Burn rate</h2>${burnTable(slo)}</section>
<section id="regions" data-live><h2>By region</h2>${regionTable(slo, nowSeconds)}</section>
${runs.length > 0 && html`<section id="runs" data-live><h2>Last probe runs</h2>${runList(runs, nowSeconds)}</section>`}
<section><h2>Promise</h2>${promiseTable(slo)}
<p class="sub">Counted from ${sourceText(slo.source)}, and from nothing else. Owner: ${slo.owner}. As data: <a href="/api/v1/slos/${slo.slo}">/api/v1/slos/${slo.slo}</a></p></section>`,
  )
}

function burnDown(chart: BurnDown): Html {
  return html`${safe(renderBurnDown(chart))}
<p class="legend"><span class="key curve"></span>budget left <span class="key ideal"></span>spent evenly <span class="key unseen"></span>not seen</p>`
}

function burnTable(slo: SloStatus): Html {
  return html`<table><thead><tr><th scope="col">Last</th><th scope="col">Burn rate</th><th scope="col">Bad</th><th scope="col">Valid events</th></tr></thead>
<tbody>${slo.burn.map(
    (row) =>
      html`<tr><th scope="row">${row.window}</th><td>${burn(row.rate)}</td><td>${grouped(row.bad)}</td><td>${grouped(row.total)}</td></tr>`,
  )}</tbody></table>
<p class="sub">1 spends the budget exactly in ${slo.window.name}.</p>`
}

function regionTable(slo: SloStatus, nowSeconds: number): Html {
  return html`<table><thead><tr><th scope="col">Region</th><th scope="col">State</th><th scope="col">SLI</th><th scope="col">Budget left</th><th scope="col">Burn 1h</th><th scope="col">Burn 6h</th><th scope="col">Bad</th><th scope="col">Valid events</th><th scope="col">Seen</th></tr></thead>
<tbody>${slo.regions.map(
    (
      region,
    ) => html`<tr><th scope="row">${regionName(region)}</th><td>${statePill(region.state)}</td><td>${sliText({ ...region, objective: slo.objective })}</td>
<td>${region.budget ? percentLeft(region.budget.remainingRatio) : 'no data'}</td>${region.burn.slice(0, 2).map(({ rate }) => html`<td>${burn(rate)}</td>`)}
<td>${region.budget ? grouped(region.budget.bad) : '–'}</td><td>${region.budget ? grouped(region.budget.total) : '–'}</td><td>${seenShare(region.coverage)}${blindNote(region, nowSeconds)}</td></tr>`,
  )}</tbody></table>`
}

function promiseTable(slo: SloStatus): Html {
  return html`<table><thead><tr><th scope="col">Valid from</th><th scope="col">Target</th><th scope="col">Revision</th></tr></thead>
<tbody>${slo.promises
    .toReversed()
    .map(
      ({ effectiveFrom, target, revision }) =>
        html`<tr><td>${day(effectiveFrom)}</td><td>${percentOfDecimal(target)}</td><td><code>${revision.slice(0, 12)}</code></td></tr>`,
    )}</tbody></table>`
}

function seenShare({ ratio }: Coverage): string {
  if (ratio === null) return 'no data'
  return `${Math.floor(Math.min(1, ratio) * 1000) / 10} %`
}

function seenText({ coverage, regions }: SloStatus): string {
  const expected = regions.filter((region) => region.expected).length
  const notes = [
    `${duration(coverage.seenMinutes * 60)} of ${duration(coverage.promisedMinutes * 60)} since the promise began`,
    expected > 1 && `${expected} regions added up`,
    coverage.smearedMinutes > 0 && `${coverage.smearedMinutes} min hold counts of unseen time before them`,
    coverage.brokenMinutes > 0 && `a counter restarted in ${coverage.brokenMinutes} min`,
  ]
  return notes.filter(Boolean).join('; ')
}

function sourceText(source: SloStatus['source']): string {
  if (source.kind === 'prometheus') return 'raw counter samples in Prometheus'
  return source.kind === 'probe' ? `the probe ${source.flow}` : 'deltas that services send'
}
