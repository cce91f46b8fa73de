/** The frame of every page, and the words for states. */
import type { SloStatus } from '../schemas.ts'
import { document, MARK } from './document.ts'
import { clock } from './format.ts'
import { type Html, html } from './html.ts'

export type State = SloStatus['state']

export const STATE_WORDS: Record<State, string> = {
  exhausted: 'Exhausted',
  'at-risk': 'At risk',
  noData: 'No data',
  healthy: 'Healthy',
}

/** A shape and a word besides the colour. */
export function statePill(state: State): Html {
  return html`<span class="pill ${state}"><span class="shape" aria-hidden="true"></span>${STATE_WORDS[state]}</span>`
}

export function page(title: string, nowSeconds: number, main: Html): string {
  return document({
    title,
    head: html`<link rel="icon" href="/assets/mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/console.css">
<script src="/assets/refresh.js" defer></script>`,
    header: html`<a class="brand" href="/">${MARK}<span>Plimsoll</span></a>
<nav aria-label="Console"><a href="/">Objectives</a><a href="/probes">Probes</a></nav>
<p class="asof" id="asof" data-live>as of ${clock(nowSeconds)}</p>`,
    aside: html`<p class="stale" role="status" hidden>The service does not answer: these numbers are getting old.</p>`,
    main,
  })
}
