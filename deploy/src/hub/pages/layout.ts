/** The frame of every page of the hub: brand, search, content. Works without any script. */
import { type Html, html } from './html.ts'

/** The app as browsers report it, and the key that its receiver knows it by. It stands in the page: no secret. */
export const WEB_APP = 'hub-web'
export const WEB_KEY = 'hub-web-pages'
export const RECEIVER_PATH = '/faro'

export type Frame = { title: string; query?: string; withClient: boolean }

const MARK = html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><circle cx="16" cy="16" r="10"/><path d="M1 16h30"/></svg>`

export function page({ title, query = '', withClient }: Frame, body: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Hub</title>
<link rel="icon" href="/assets/mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/hub.css">
${withClient && html`<script type="module" id="plimsoll-web" src="/assets/web.js" data-app="${WEB_APP}" data-url="${RECEIVER_PATH}" data-key="${WEB_KEY}"></script>`}
</head>
<body>
<header class="top">
<a class="brand" href="/">${MARK}<span>Hub</span></a>
<form role="search" action="/search">
<label class="unseen" for="q">Search repositories</label>
<input id="q" name="q" type="search" placeholder="Search repositories" maxlength="100" required value="${query}">
<button>Search</button>
</form>
</header>
<main>
${body}
</main>
</body>
</html>
`.html
}
