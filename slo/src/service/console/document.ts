/** An HTML document as the console and the pages that are files of their own begin and end it. */
import { type Html, html } from './html.ts'

/** The load line of a ship, in front of the name. */
export const MARK = html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><circle cx="16" cy="16" r="10"/><path d="M1 16h30"/></svg>`

/** `head` is styles and scripts, `header` what stands at the top of the page, `aside` between it and the content. */
export type Parts = { title: string; head: Html; header: Html; aside?: Html; main: Html }

export function document({ title, head, header, aside, main }: Parts): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
${head}
</head>
<body>
<header class="top">${header}</header>
${aside}
<main>
${main}
</main>
</body>
</html>
`.html
}
