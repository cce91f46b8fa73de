/** One objective: how its budget was spent, what was seen of it, and where. */
import { type BurnDown, renderBurnDown } from '../../report/burn-down.ts'
import type { Coverage, ProbeRun, SloStatus } from '../schemas.ts'
import { budgetBar } from './budget-bar.ts'
import { calendarSection } from './calendar-table.ts'
import { burn, counted, day, duration, percentLeft, percentOfDecimal, shareOf } from './format.ts'
import { type Html, html, safe } from './html.ts'
import { page, statePill } from './page.ts'
import { runList } from './probe-runs.ts'
import { blindNote, leftText, regionName, sliText, spentText } from './slo-list.ts'

export type SloPage = {
  slo: SloStatus
  /** Undefined when nothing was ever counted. */
  chart: BurnDown | undefined
  /** The region that the chart is of; undefined for all. */
  region: string | undefined
  /** Of SLOs that probes count for: the last runs, and those of the window that spent budget. */
  runs: ProbeRun[]
  failedRuns: ProbeRun[]
  nowSeconds: number
}

export function sloPage({ slo, chart, region, runs, failedRuns, nowSeconds }: SloPage): string {
  const isProbe = slo.source.kind === 'probe'
  return page(
    `Plimsoll: ${slo.displayName}`,
    nowSeconds,
    html`<p class="crumbs"><a href="/">Objectives</a> / ${slo.service}</p>
<div class="title" id="title" data-live><h1>${slo.displayName}</h1>${statePill(slo.state)}</div>
<p class="lead">${slo.description} ${goodText(slo)}</p>
<section class="tiles" id="tiles" data-live aria-label="Now">
<div class="tile wide"><p class="left">${leftText(slo)}</p>${budgetBar(slo)}<p class="sub">${spentText(slo)}</p></div>
<div class="tile"><h2>SLI</h2><p class="big">${sliText(slo)}</p>
<p class="sub">objective ${percentOfDecimal(slo.objective.target)} over ${slo.window.name}</p></div>
<div class="tile"><h2>Seen</h2><p class="big">${seenShare(slo.coverage)}</p><p class="sub">${seenText(slo, nowSeconds)}</p></div>
</section>
<section id="chart" data-live><h2>Budget left over time</h2>${regionTabs(slo, region)}${chart ? burnDown(chart) : html`<p class="empty">Nothing has been counted yet.</p>`}</section>
<section id="regions" data-live><h2>By region</h2>${regionTable(slo, nowSeconds)}</section>
<section id="burn" data-live><h2>Burn rate</h2>${burnTable(slo)}</section>
${calendarSection(slo, nowSeconds)}
${isProbe && html`<section id="failed" data-live><h2>Runs that spent the budget${region !== undefined && ` of ${region}`}</h2>${failedRuns.length > 0 ? runList(failedRuns, nowSeconds, 'failed') : html`<p class="empty">No kept run of the last ${slo.window.name} failed.</p>`}<p class="sub"><a href="/probes?slo=${slo.slo}&amp;verdict=target_fail">All failed runs</a></p></section>`}
${isProbe && runs.length > 0 && html`<section id="runs" data-live><h2>Last probe runs${region !== undefined && ` of ${region}`}</h2>${runList(runs, nowSeconds)}<p class="sub"><a href="/probes?slo=${slo.slo}">More runs</a></p></section>`}
<section id="promise"><h2>Promise</h2>${promiseTable(slo, nowSeconds)}
<p class="sub">Counted from ${sourceText(slo)}, and from nothing else. Owner: ${slo.owner}.${slo.composite && html` Part of <a href="/#composite-${slo.composite.slo}">${slo.composite.slo}</a>, with weight ${slo.composite.weight}.`}
As data: <a href="/api/v1/slos/${slo.slo}">/api/v1/slos/${slo.slo}</a>, <a href="/api/v1/slos/${slo.slo}/burn-down">burn-down</a></p></section>`,
  )
}

function goodText({ good, slices }: SloStatus): string {
  if (!slices) return `A good event is ${good}.`
  const length = duration(slices.seconds)
  return slices.goodRatio === undefined
    ? `Each ${length} is as good as its share of good events; a good one is ${good}.`
    : `Time counts, in slices of ${length}: one is good when ${percentOfDecimal(slices.goodRatio)} of its events are; a good event is ${good}.`
}

/** Links, so that they work without a script and can be sent to somebody. */
function regionTabs({ slo, regions }: SloStatus, chosen: string | undefined): Html | false {
  if (regions.length < 2) return false
  const tab = (name: string, href: string, isChosen: boolean) =>
    html`<a href="${href}#chart"${isChosen && html` aria-current="true"`}>${name}</a>`
  return html`<nav class="tabs" aria-label="Region of the chart">${tab('all regions', `/slos/${slo}`, chosen === undefined)}${regions.map(
    ({ region }) => tab(region, `/slos/${slo}?${new URLSearchParams({ region })}`, chosen === region),
  )}</nav>`
}

function burnDown(chart: BurnDown): Html {
  const hasMarks = (chart.marks ?? []).length > 0
  return html`${safe(renderBurnDown(chart, 'wide'))}${safe(renderBurnDown(chart, 'narrow'))}
<p class="legend"><span class="key curve"></span>budget left <span class="key ideal"></span>spent evenly <span class="key unseen"></span>not seen${hasMarks && html` <span class="key promise"></span>a new target`}</p>`
}

function burnTable(slo: SloStatus): Html {
  const columns = slo.regions.length > 1 ? slo.regions : []
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Burn rates"><table><thead><tr><th scope="col">Last</th><th scope="col">Burn rate</th>${columns.map((region) => html`<th scope="col">${regionName(region)}</th>`)}<th scope="col">Bad</th><th scope="col">${validWord(slo)}</th></tr></thead>
<tbody>${slo.burn.map(
    (row, i) =>
      html`<tr><th scope="row">${row.window}</th><td>${burnCell(row.rate)}</td>${columns.map((region) => html`<td>${burnCell(region.burn[i]?.rate ?? null)}</td>`)}<td>${counted(row.bad)}</td><td>${counted(row.total)}</td></tr>`,
  )}</tbody></table></div>
<p class="sub">1 spends the budget exactly in ${slo.window.name}.</p>`
}

/** Above 1 the budget does not last: bold and marked, not only coloured. */
function burnCell(rate: number | null): Html {
  return rate !== null && rate > 1 ? html`<b class="hot">${burn(rate)}</b>` : html`${burn(rate)}`
}

function validWord({ counts }: SloStatus): string {
  return counts === 'slices' ? 'Slices' : 'Valid events'
}

function regionTable(slo: SloStatus, nowSeconds: number): Html {
  return html`<div class="scroll" tabindex="0" role="group" aria-label="By region"><table><thead><tr><th scope="col">Region</th><th scope="col">State</th><th scope="col">SLI</th><th scope="col">Budget left</th><th scope="col">Bad</th><th scope="col">${validWord(slo)}</th><th scope="col">Seen</th></tr></thead>
<tbody>${slo.regions.map(
    (
      region,
    ) => html`<tr><th scope="row">${regionName(region)}</th><td>${statePill(region.state)}</td><td>${sliText({ ...region, objective: slo.objective })}</td>
<td>${region.budget ? percentLeft(region.budget.remainingRatio) : 'no data'}</td>
<td>${region.budget ? counted(region.budget.bad) : '–'}</td><td>${region.budget ? counted(region.budget.total) : '–'}</td><td>${seenShare(region.coverage)}${blindNote(region, nowSeconds)}</td></tr>`,
  )}</tbody></table></div>`
}

function promiseTable(slo: SloStatus, nowSeconds: number): Html {
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Promises"><table class="plain"><thead><tr><th scope="col">Valid from</th><th scope="col">Target</th><th scope="col">Revision</th></tr></thead>
<tbody>${slo.promises
    .toReversed()
    .map(
      ({ effectiveFrom, target, revision }) =>
        html`<tr><td>${day(effectiveFrom)}${effectiveFrom > nowSeconds && html` <b>not yet</b>`}</td><td>${percentOfDecimal(target)}</td><td><code>${revision.slice(0, 12)}</code></td></tr>`,
    )}</tbody></table></div>
<p class="sub">Each minute is measured by the promise that was valid then.</p>`
}

function seenShare({ ratio }: Coverage): string {
  return ratio === null ? 'no data' : shareOf(ratio)
}

function seenText({ coverage, regions }: SloStatus, nowSeconds: number): string {
  const expected = regions.filter((region) => region.expected).length
  const blind = regions
    .filter((region) => region.expected && region.coverage.blind)
    .map((region) => `${regionName(region)} ${unseenFor(region.coverage, nowSeconds)}`)
  const notes = [
    ...blind,
    `${duration(coverage.seenMinutes * 60)} of ${duration(coverage.promisedMinutes * 60)} since the promise began`,
    expected > 1 && `${expected} regions added up`,
    coverage.smearedMinutes > 0 && `${coverage.smearedMinutes} min hold counts of unseen time before them`,
    coverage.brokenMinutes > 0 && `a counter restarted in ${coverage.brokenMinutes} min`,
  ]
  return notes.filter(Boolean).join('; ')
}

function unseenFor({ lastSeenMinute }: Coverage, nowSeconds: number): string {
  return lastSeenMinute === null ? 'never seen' : `unseen for ${duration(nowSeconds - lastSeenMinute)}`
}

function sourceText({ source, counts }: SloStatus): string {
  const by = counts === 'slices' ? ', minute by minute' : ''
  if (source.kind === 'prometheus') return `raw samples in Prometheus${by}`
  return source.kind === 'probe' ? `the probe ${source.flow}${by}` : `deltas that services send${by}`
}
