/** A backtest as one HTML page that needs nothing else: no script, no request. Light and dark follow the system. */
import { readFileSync } from 'node:fs'
import { renderBudgetLines } from '../report/budget-lines.ts'
import { type Lane, renderTimeline } from '../report/timeline.ts'
import { document, MARK } from '../service/console/document.ts'
import { day, duration, events, grouped, percentOfDecimal } from '../service/console/format.ts'
import { type Html, html, safe } from '../service/console/html.ts'
import type { Backtest, PolicyResult } from './backtest.ts'
import {
  caught,
  incidentRows,
  incidentRule,
  left,
  mutedText,
  notes,
  outcomeText,
  pairsText,
  span,
  summaryRows,
  told,
  toldLater,
} from './format.ts'
import { SHOULD_PAGE } from './incidents.ts'
import type { Outcome } from './judge.ts'
import type { Fired } from './replay.ts'

/** The console's look, so that the two are one family. */
const CONSOLE_CSS = readFileSync(new URL('../service/console/assets/console.css', import.meta.url), 'utf8')

export function renderBacktestPage(result: Backtest): string {
  const { policies, displayName, slo, fromSeconds, toSeconds } = result
  return document({
    title: `Backtest of ${slo}`,
    head: html`<style>${safe(CONSOLE_CSS + PAGE_CSS)}</style>`,
    header: html`<span class="brand">${MARK}<span>Plimsoll</span></span><p class="asof">backtest, replayed from counts</p>`,
    main: html`<div class="title"><h1>${displayName}</h1><code>${slo}</code></div>
<p class="lead">${day(fromSeconds)} to ${day(toSeconds)} (${duration(toSeconds - fromSeconds)}): ${grouped(result.total)} ${result.unit}, ${events(result.bad)} of them bad.</p>
${notes(result).map((note) => html`<p class="note">${note}.</p>\n`)}${comparison(result)}
<section aria-labelledby="course"><h2 id="course">What happened, and what would have told</h2>
${scrolling('Burn rate, incidents, pages and tickets over time', safe(timeline(result)))}
<p class="legend"><span><span class="key burn"></span>burn rate, each column its own stretch of time; 1× spends today’s budget in the period</span><span><span class="key unseen"></span>no data</span></p></section>
<section aria-labelledby="budget"><h2 id="budget">Budget left, over the rolling period</h2>
${scrolling('Budget left over time', safe(budgetLines(result)))}
<p class="legend">${policies.map(({ name }, i) => html`<span><span class="key ${CLASSES[i]}"></span>${name}</span>`)}<span><span class="key unseen"></span>no data</span></p></section>
${incidents(result)}
${fired(policies)}
${days(result)}
${howToRead(result)}`,
  })
}

/** What is wider than a small screen scrolls by itself, with the keyboard too. */
function scrolling(label: string, content: Html): Html {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${content}</div>`
}

function howToRead({ stepSeconds, historyFromSeconds, anyBadEvent, incidentsFrom, unit }: Backtest): Html {
  const { budgetShare, bad } = SHOULD_PAGE
  const fromCounts = anyBadEvent
    ? `Incidents are stretches with any bad ${unit}.`
    : `Incidents are found in the counts, without any alert: stretches that burn fast, and spend at least ${budgetShare * 100} % of the budget with at least ${bad} bad ${unit}. A promise that allows more has fewer of them.`
  const incidents =
    incidentsFrom === 'labels' ? 'Incidents are those of the file, whatever they spent.' : fromCounts
  return html`<section class="notes"><h2>How to read this</h2>
<p>${incidents} Precision is the share of pages about bad events that met one, recall the share of incidents that had a page. The delay runs from an incident’s first bad ${unit} to its page; a page that was firing already counts as none.</p>
<p>Alerts are evaluated every ${stepSeconds} s (tickets every minute) from differences of raw counters, by the definitions that the generated alert tests prove the rules with. Samples were seen since ${day(historyFromSeconds)}: windows that begin before hold less than they will, and the budget takes the time before as spotless, with the traffic seen.</p>
<p>Pages and tickets are those that reach people. Muted, as Alertmanager does it, are a total while a region says the same, a ticket while a page does, blindness while that region burns, and a burn that a dependency’s page explains. Not known here: what other SLOs of the service mute (blindness, while one of them pages), silences, and pages that Alertmanager groups into one incident.</p></section>`
}

/** Longer ones do not fit beside a lane. */
const SHORT_NAME = 10
/** Colours of the two policies. */
const CLASSES = ['today', 'proposed']

function comparison({ policies }: Backtest): Html {
  const rows = [
    ['objective', ...policies.map(({ target, period }) => `${percentOfDecimal(target)} over ${period}`)],
    ['burn rates', ...policies.map(pairsText)],
    ['evidence gate', ...policies.map(({ evidenceGate }) => (evidenceGate ? 'yes' : 'no'))],
    ...summaryRows(policies),
  ]
  return html`<section><table class="compare"><thead><tr><td></td>${policies.map(
    ({ name }, i) => html`<th scope="col"><span class="key ${CLASSES[i]}"></span>${name}</th>`,
  )}</tr></thead><tbody>
${rows.map(([name, ...cells]) => html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody></table></section>`
}

function timeline(result: Backtest): string {
  const { policies, course, fromSeconds, toSeconds } = result
  const [today] = policies
  const budget = 1 - Number(today.target)
  const lanes: Lane[] = [
    {
      name: 'incidents',
      className: 'incident',
      bars: incidentRows(policies).map(({ incident }) => ({
        from: incident.fromSeconds,
        to: incident.untilSeconds,
        title: `${incident.name ?? 'incident'}, ${incident.region}: ${day(incident.fromSeconds)}, ${duration(incident.untilSeconds - incident.fromSeconds)}, ${grouped(incident.bad)} bad`,
      })),
    },
    ...(['page', 'ticket'] as const).flatMap((severity) =>
      policies.map(
        ({ name, fired }, i): Lane => ({
          name: `${severity}s, ${name.length <= SHORT_NAME ? name : 'proposed'}`,
          className: `${severity} ${CLASSES[i]}`,
          bars: told(fired, severity).map((one) => ({
            from: Math.max(one.fromSeconds, fromSeconds),
            to: Math.min(one.untilSeconds ?? toSeconds, toSeconds),
            title: `${one.alert}, ${one.region}: ${day(one.fromSeconds)}, ${lasting(one)}`,
          })),
        }),
      ),
    ),
  ]
  return renderTimeline({
    from: fromSeconds,
    to: toSeconds,
    burn: course
      .filter(({ total }) => total > 0)
      .map(({ fromSeconds: from, untilSeconds: to, total, bad }) => ({
        from,
        to,
        rate: bad / total / budget,
      })),
    marks: [
      { rate: 1, text: '1×' },
      { rate: 10, text: '10×' },
      { rate: 100, text: '100×' },
    ].filter(({ rate }) => rate <= 1 / budget),
    lanes,
    unseen: unseenSpans(result),
  })
}

function budgetLines(result: Backtest): string {
  const { policies, course, fromSeconds, toSeconds } = result
  return renderBudgetLines({
    from: fromSeconds,
    to: toSeconds,
    // The proposed one below, so that today's stays visible where the two agree.
    lines: policies.map(({ name, remaining }, i) => ({
      className: CLASSES[i] ?? '',
      name,
      points: course.map(({ untilSeconds: at }, part) => {
        const ratio = remaining[part]
        return { at, ...(typeof ratio === 'number' && { remainingRatio: ratio }) }
      }),
    })),
    unseen: unseenSpans(result),
  })
}

function unseenSpans({ gaps }: Backtest): { from: number; to: number }[] {
  return gaps.map(({ fromSeconds, untilSeconds }) => ({ from: fromSeconds, to: untilSeconds }))
}

function incidents(result: Backtest): Html {
  const rows = incidentRows(result.policies)
  return html`<section aria-labelledby="incidents"><h2 id="incidents">Incidents ${incidentRule(result)}</h2>
${
  rows.length === 0
    ? html`<p class="empty">None.</p>`
    : scrolling(
        'Incidents',
        html`<table><thead><tr><th scope="col">From</th><th scope="col">Lasted</th><th scope="col">Bad</th><th scope="col">Region</th>${result.policies.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>
${rows.map(
  ({ incident, outcomes }) =>
    html`<tr><td>${day(incident.fromSeconds)}</td><td>${duration(incident.untilSeconds - incident.fromSeconds)}</td><td>${events(incident.bad)}</td><td>${incident.region}${incident.name !== undefined && html` <small>${incident.name}</small>`}</td>${outcomes.map((one) => html`<td>${outcomePill(one)}</td>`)}</tr>\n`,
)}</tbody></table>`,
      )
}</section>`
}

/** A shape and a word besides the colour. */
function outcomePill(outcome: Outcome | undefined): Html {
  const state =
    outcome === undefined
      ? 'noData'
      : { page: 'healthy', explained: 'healthy', ticket: 'at-risk', nothing: 'exhausted' }[outcome.got]
  return html`<span class="pill ${state}"><span class="shape" aria-hidden="true"></span>${outcomeText(outcome)}</span>`
}

function fired(policies: Backtest['policies']): Html {
  const column = (policy: PolicyResult, severity: Fired['severity'], i: number) => {
    const { name } = policy
    const shown = told(policy.fired, severity)
    return html`<div class="tile"><h3><span class="key ${CLASSES[i]}"></span>${name}: ${shown.length}${mutedText(policy.fired, severity)}</h3>
${shown.length === 0 ? html`<p class="empty">None.</p>` : html`<table class="fired"><tbody>${shown.map((one) => html`<tr><td>${span(one)}<small>${[one.alert, one.region, caught(policy, one), toldLater(one)].filter((text) => text !== '').join(', ')}</small></td><td>${one.untilSeconds !== undefined && lasting(one)}</td></tr>`)}</tbody></table>`}</div>`
  }
  const columns = (severity: Fired['severity']) =>
    html`<div class="two">${policies.map((policy, i) => column(policy, severity, i))}</div>`
  return html`<section><h2>Pages</h2>
${columns('page')}</section>
<section><details><summary>Tickets</summary>
${columns('ticket')}</details></section>`
}

function days({ policies }: Backtest): Html {
  const [today, proposed] = policies
  return html`<section><details><summary>Budget by day</summary>
${scrolling(
  'Budget by day',
  html`<table><thead><tr><th scope="col">Day, UTC</th><th scope="col">Counted</th><th scope="col">Bad</th>${policies.map(({ name }) => html`<th scope="col">Left, ${name}</th>`)}</tr></thead><tbody>
${today.days.map((one, i) => html`<tr><td>${day(one.fromSeconds).slice(0, 10)}</td><td>${grouped(one.total)}</td><td>${events(one.bad)}</td><td>${left(one.remainingRatio)}</td><td>${left(proposed.days[i]?.remainingRatio)}</td></tr>\n`)}</tbody></table>`,
)}</details></section>`
}

function lasting({ fromSeconds, untilSeconds }: Fired): string {
  return untilSeconds === undefined ? 'still firing' : duration(untilSeconds - fromSeconds)
}

const PAGE_CSS = `
.today { --policy: light-dark(#0f6e84, #63c2d8); }
.proposed { --policy: light-dark(#8a5fb0, #c3a2e2); }
.chart { display: block; width: 100%; }
.chart text { fill: var(--soft); font-size: 12px; }
.chart .grid { stroke: var(--line); }
.chart .zero { stroke: var(--ink); stroke-width: 1.25; }
.chart .unseen { fill: url(#unseen); }
.chart .burn { fill: var(--soft); }
.chart .incident { fill: var(--exhausted); }
.chart .page { fill: var(--policy); }
.chart .ticket { fill: var(--policy); fill-opacity: 0.55; }
.chart .line { stroke: var(--policy); stroke-width: 2.5; fill: none; stroke-linejoin: round; }
.chart .line.proposed { stroke-dasharray: 7 4; }
.key.today, .key.proposed { border-top-color: var(--policy); display: inline-block; vertical-align: middle; margin-right: 0.5rem; }
.key.proposed { border-top-style: dashed; }
.key.burn { border-top: 0.7rem solid var(--soft); width: 0.7rem; }
.compare th:first-child { color: var(--soft); font-weight: 400; white-space: nowrap; }
.compare { table-layout: fixed; }
.compare td, .compare thead th { text-align: left; vertical-align: top; }
.compare tr > :first-child { width: 9rem; }
.compare thead th { color: var(--ink); font-size: 1rem; font-weight: 600; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; align-items: start; }
.two h3 { margin: 0 0 0.5rem; font-size: 0.95rem; font-weight: 600; }
.fired small { display: block; }
.fired tr:last-child td { border-bottom: 0; }
.compare, .legend, .two { overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
.scroll td:first-child, .fired td:last-child { white-space: nowrap; }
.legend .key { display: inline-block; vertical-align: middle; margin-right: 0.5rem; }
.note { color: var(--soft); margin: 0.25rem 0; }
.note::first-letter { text-transform: uppercase; }
.notes p { max-width: 46rem; color: var(--soft); }
summary { cursor: pointer; font-weight: 600; font-size: 1.05rem; margin-bottom: 0.5rem; }
section > details { margin-top: -1rem; }
@media (max-width: 760px) {
  .two { grid-template-columns: minmax(0, 1fr); }
  .chart, .scroll > table { min-width: 640px; }
  .compare tr > :first-child { width: 6.5rem; white-space: normal; }
}
`
