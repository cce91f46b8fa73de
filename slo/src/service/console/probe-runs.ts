/** Probe runs: what was asked, how long each phase took, and what was wrong. */

import { PHASES } from '@plimsoll/instrumentation'
import type { ProbeResult, ProbeStep } from '@plimsoll/instrumentation/envelope'
import { clock, day, duration, milliseconds } from './format.ts'
import { type Html, html } from './html.ts'
import { page } from './page.ts'

const VERDICT_WORDS: Record<ProbeResult['verdict'], string> = {
  ok: 'ok',
  target_fail: 'target failed',
  prober_fail: 'prober failed',
  indeterminate: 'indeterminate',
  skipped: 'skipped',
}

export function probeListPage(runs: ProbeResult[], nowSeconds: number): string {
  const body =
    runs.length > 0 ? runList(runs, nowSeconds) : html`<p class="empty">No probe has reported yet.</p>`
  return page(
    'Plimsoll: probes',
    nowSeconds,
    html`<h1>Probe runs</h1><section id="runs" data-live>${body}</section>`,
  )
}

export function probeRunPage(run: ProbeResult, nowSeconds: number): string {
  return page(
    `Plimsoll: probe ${run.flow}`,
    nowSeconds,
    html`<div class="title"><h1>${run.flow}, ${run.vantage} → ${run.region}</h1>${verdictPill(run)}</div>
<p class="lead">${day(run.endedAt)}, ${milliseconds(run.endedAt - run.startedAt)}. ${failureText(run)}</p>
${run.message !== undefined && html`<p class="message">${run.message}</p>`}
<section><h2>Steps</h2>${stepTable(run)}</section>
<p class="sub">Run <code>${run.runId}</code>${run.traceId !== undefined && html`, trace <code>${run.traceId}</code>`}</p>`,
  )
}

export function runList(runs: ProbeResult[], nowSeconds: number): Html {
  return html`<ul class="runs">${runs.map(
    (run) => html`<li><details id="run-${run.runId}"><summary>${verdictPill(run)}
<span class="what">${run.flow}, ${run.vantage} → ${run.region}</span><span class="why">${failureText(run)}</span>
<span class="when">${milliseconds(run.endedAt - run.startedAt)}, <time datetime="${new Date(run.endedAt * 1000).toISOString()}" title="${clock(run.endedAt)}">${duration(nowSeconds - run.endedAt)} ago</time></span></summary>
${stepTable(run)}<p class="sub"><a href="/probes/${encodeURIComponent(run.runId)}">This run</a></p></details></li>`,
  )}</ul>`
}

function verdictPill({ verdict }: ProbeResult): Html {
  return html`<span class="pill ${verdict}"><span class="shape" aria-hidden="true"></span>${VERDICT_WORDS[verdict]}</span>`
}

function failureText({ reason, failedStep }: ProbeResult): string {
  if (reason === undefined) return ''
  return failedStep === undefined ? reason : `${reason} at ${failedStep}`
}

/** Steps follow one another: a bar begins where the one before ended. */
function stepTable(run: ProbeResult): Html {
  if (run.steps.length === 0) return html`<p class="empty">This run has no steps.</p>`
  const total = run.steps.reduce((sum, step) => sum + step.durationSeconds, 0)
  let offset = 0
  const rows = run.steps.map((step) => {
    const row = html`<tr class="${step.step === run.failedStep && 'failed'}"><th scope="row">${step.step}</th><td>${step.statusCode ?? '–'}</td><td>${step.connection ?? '–'}</td>
<td>${milliseconds(step.durationSeconds)}</td><td class="phases">${phaseBar(step, offset, total)}</td></tr>`
    offset += step.durationSeconds
    return row
  })
  return html`<table class="steps"><thead><tr><th scope="col">Step</th><th scope="col">Status</th><th scope="col">Connection</th><th scope="col">Took</th><th scope="col" class="phases">Phases</th></tr></thead><tbody>${rows}</tbody></table>
<p class="legend">${PHASES.map((phase) => html`<span class="key ${phase}"></span>${phase.replace('_', ' ')} `)}</p>`
}

function phaseBar(step: ProbeStep, offset: number, total: number): Html {
  const scale = total > 0 ? 300 / total : 0
  const x = (seconds: number) => Math.round(seconds * scale * 10) / 10
  let at = offset
  const bars = PHASES.map((phase) => {
    const seconds = step.phases[phase] ?? 0
    const bar =
      seconds > 0 &&
      html`<rect class="${phase}" x="${x(at)}" y="2" width="${Math.max(1, x(seconds))}" height="10"/>`
    at += seconds
    return bar
  })
  const spoken = PHASES.filter((phase) => step.phases[phase] !== undefined)
    .map((phase) => `${phase.replace('_', ' ')} ${milliseconds(step.phases[phase] ?? 0)}`)
    .join(', ')
  return html`<svg viewBox="0 0 300 14" role="img" aria-label="${spoken || 'no phases'}"><rect class="whole" x="${x(offset)}" y="6" width="${Math.max(1, x(step.durationSeconds))}" height="2"/>${bars}</svg>`
}
