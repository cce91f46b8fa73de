/** The frame of every page, and the words for states. */
import type { SloStatus } from '../schemas.ts'
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

const MARK = html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><circle cx="16" cy="16" r="10"/><path d="M1 16h30"/></svg>`

export function page(title: string, nowSeconds: number, body: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="/assets/mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/console.css">
<script src="/assets/refresh.js" defer></script>
</head>
<body>
<header class="top"><a class="brand" href="/">${MARK}<span>Plimsoll</span></a>
<nav aria-label="Console"><a href="/">Objectives</a><a href="/probes">Probes</a></nav>
<p class="asof" id="asof" data-live>as of ${clock(nowSeconds)}</p></header>
<p class="stale" role="status" hidden>The service does not answer: these numbers are getting old.</p>
<main>
${body}
</main>
</body>
</html>
`.html
}
