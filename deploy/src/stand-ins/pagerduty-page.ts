/** What the stand-in received, as a page to read: incidents first, the newest on top. No script. */
import type { ReceivedWebhook } from './alertmanager-webhook.ts'
import type { Incident } from './pagerduty-event.ts'

export type Received = { incidents: Incident[]; tickets: ReceivedWebhook[]; deadman: ReceivedWebhook[] }

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1b1b1b}
table{border-collapse:collapse;display:block;overflow-x:auto}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #ccc;vertical-align:top}
.triggered{color:#a30000;font-weight:600}.acknowledged{color:#7a4b00;font-weight:600}`

export function page({ incidents, tickets, deadman }: Received): string {
  const heartbeat = deadman.at(-1)?.received_at
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta http-equiv="refresh" content="5"><title>Pages and tickets</title><style>${STYLE}</style></head>
<body>
<h1>Pages and tickets</h1>
<p>A stand-in for PagerDuty: it keeps what Alertmanager sends and wakes nobody.
As data: <a href="/events">events</a>, <a href="/incidents">incidents</a>, <a href="/tickets">tickets</a>, <a href="/deadman">heartbeats</a>.</p>
<p>Last heartbeat of the alerting pipeline: ${heartbeat ? escapeHtml(heartbeat) : 'none yet'}.</p>
<h2>Incidents</h2>
${table(['Status', 'Summary', 'Severity', 'Source', 'Opened', 'Resolved'], incidents.map(incidentCells))}
<h2>Tickets</h2>
${table(['Status', 'Summary', 'Received'], tickets.map(ticketCells))}
</body>
</html>
`
}

function incidentCells(incident: Incident): string[] {
  const status = `<span class="${incident.status}">${incident.status}</span>`
  const texts = [incident.summary, incident.severity, incident.source]
  return [status, ...[...texts, incident.triggered_at, incident.resolved_at ?? ''].map(escapeHtml)]
}

function ticketCells(ticket: ReceivedWebhook): string[] {
  const summary = ticket.alerts[0]?.annotations.summary ?? ticket.commonLabels.alertname ?? ticket.groupKey
  return [ticket.status, summary, ticket.received_at].map(escapeHtml)
}

/** Cells are HTML already. */
function table(headings: string[], rows: string[][]): string {
  if (rows.length === 0) return '<p>None.</p>'
  const head = headings.map((heading) => `<th scope="col">${heading}</th>`).join('')
  const body = rows.reverse().map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`)
  return `<table><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table>`
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
