/** Budgets over calendar windows, as contracts and quarters count them, beside the rolling one that pages. */
import type { SloStatus } from '../schemas.ts'
import { counted, localDay, percentLeft, shareOf } from './format.ts'
import { type Html, html } from './html.ts'
import { statePill } from './page.ts'
import { sliText } from './slo-list.ts'

type Calendar = SloStatus['calendars'][number]

export function calendarSection(slo: SloStatus, nowSeconds: number): Html | false {
  if (slo.calendars.length === 0) return false
  return html`<section id="calendar" data-live><h2>On the calendar</h2>
<div class="scroll" tabindex="0" role="group" aria-label="Calendar windows"><table><thead><tr><th scope="col">Window</th><th scope="col">State</th><th scope="col">Passed</th><th scope="col">SLI</th><th scope="col">Budget left</th><th scope="col">Bad</th><th scope="col">${slo.counts === 'slices' ? 'Slices' : 'Valid events'}</th><th scope="col">Seen</th></tr></thead>
<tbody>${slo.calendars.map((calendar) => row(slo, calendar, nowSeconds))}</tbody></table></div>
<p class="sub">Of what has been of each window. Pages go by the rolling window.</p></section>`
}

function row({ objective }: SloStatus, calendar: Calendar, nowSeconds: number): Html {
  const { state, budget, from, to, duration, timeZone, seenRatio } = calendar
  const passed = Math.floor(((nowSeconds - from) / (to - from)) * 100)
  return html`<tr><th scope="row">${duration} from ${localDay(from, timeZone)} <small>to ${localDay(to, timeZone)}, ${timeZone}</small></th>
<td>${statePill(state)}</td><td>${passed} %</td><td>${sliText({ budget, objective })}</td><td>${budget ? percentLeft(budget.remainingRatio) : 'no data'}</td>
<td>${budget ? counted(budget.bad) : '–'}</td><td>${budget ? counted(budget.total) : '–'}</td><td>${shareOf(seenRatio)}</td></tr>`
}
