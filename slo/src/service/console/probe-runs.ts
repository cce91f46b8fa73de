/** Probe runs: what was asked, how long each phase took, and what was wrong. */

import { PHASES } from '@plimsoll/instrumentation'
import type { ProbeStep } from '@plimsoll/instrumentation/envelope'
import type { ProbeRun } from '../schemas.ts'
import { clock, day, duration, milliseconds } from './format.ts'
import { type Html, html } from './html.ts'
import { page } from './page.ts'

const VERDICT_WORDS: Record<ProbeRun['verdict'], string> = {
  ok: 'ok',
  target_fail: 'target failed',
  prober_fail: 'prober failed',
  indeterminate: 'indeterminate',
  skipped: 'skipped',
}

/** `names`: display names of the SLOs that the run counts in. */
export function probeRunPage(run: ProbeRun, names: Map<string, string>, nowSeconds: number): string {
  return page(
    `Plimsoll: probe ${run.flow}`,
    nowSeconds,
    html`<p class="crumbs"><a href="/probes">Probes</a> / <a href="${pairHref(run)}">${run.flow}, ${run.vantage} → ${run.region}</a></p>
<div class="title"><h1>${run.flow}, ${run.vantage} → ${run.region}</h1>${verdictPill(run.verdict)}</div>
<p class="lead">${VERDICT_MEANING[run.verdict]}</p>
${run.message !== undefined && html`<p class="message">${run.message}</p>`}
<dl class="facts">
${run.reason !== undefined && html`<div><dt>Reason</dt><dd><code>${run.reason}</code></dd></div>`}
${run.failedStep !== undefined && html`<div><dt>Failed step</dt><dd>${run.failedStep}</dd></div>`}
<div><dt>Ended</dt><dd><time datetime="${iso(run.endedAt)}">${day(run.endedAt)}</time></dd></div>
<div><dt>Took</dt><dd>${milliseconds(run.endedAt - run.startedAt)}</dd></div>
${run.replicationLagSeconds !== undefined && html`<div><dt>Replication lag</dt><dd>${milliseconds(run.replicationLagSeconds)}</dd></div>`}
<div><dt>Counts in</dt><dd>${countsIn(run, names)}</dd></div>
<div><dt>Trace</dt><dd>${traceText(run)}</dd></div>
</dl>
<section><h2>Steps</h2>${stepTable(run)}${phaseNumbers(run)}</section>
<p class="sub">Run <code>${run.runId}</code>. As data: <a href="/api/v1/probes/${encodeURIComponent(run.runId)}">/api/v1/probes/${run.runId}</a></p>`,
  )
}

/** Whose fault it is, and what it costs. */
const VERDICT_MEANING: Record<ProbeRun['verdict'], string> = {
  ok: 'Every step answered as it should.',
  target_fail: 'The target failed: this run spent error budget.',
  prober_fail: 'The prober itself failed: nothing is known about the target, and no budget is spent.',
  indeterminate: 'No verdict is possible: nothing is known about the target, and no budget is spent.',
  skipped: 'The run did not take place: no budget is spent.',
}

function countsIn({ slos }: ProbeRun, names: Map<string, string>): Html {
  if (slos.length === 0) return html`no objective`
  return html`${slos.map((slo, i) => html`${i > 0 && ', '}<a href="/slos/${slo}">${names.get(slo) ?? slo}</a>`)}`
}

function traceText({ traceId, links }: ProbeRun): Html {
  if (traceId === undefined) return html`none`
  return links.trace === undefined
    ? html`<code>${traceId}</code>`
    : html`<a href="${links.trace}"><code>${traceId}</code></a>`
}

/** Ids of lists on one page differ by `name`. */
export function runList(runs: ProbeRun[], nowSeconds: number, name = 'run'): Html {
  return html`<ul class="runs">${runs.map(
    (run) => html`<li><details id="${name}-${run.runId}"><summary>${verdictPill(run.verdict)}
<span class="what">${run.flow}, ${run.vantage} → ${run.region}</span><span class="why">${failureText(run)}</span>
<span class="when">${milliseconds(run.endedAt - run.startedAt)}, <time datetime="${iso(run.endedAt)}" title="${clock(run.endedAt)}">${duration(nowSeconds - run.endedAt)} ago</time></span></summary>
${run.message !== undefined && html`<p class="message">${run.message}</p>`}
${stepTable(run)}<p class="sub"><a href="/probes/${encodeURIComponent(run.runId)}">This run</a>${run.traceId !== undefined && html` · trace ${traceText(run)}`}</p></details></li>`,
  )}</ul>`
}

export function verdictPill(verdict: ProbeRun['verdict']): Html {
  return html`<span class="pill ${verdict}"><span class="shape" aria-hidden="true"></span>${VERDICT_WORDS[verdict]}</span>`
}

/** The runs of one pair. */
export function pairHref({
  flow,
  vantage,
  region,
}: {
  flow: string
  vantage: string
  region: string
}): string {
  return `/probes?${new URLSearchParams({ flow, vantage, region })}`
}

export function failureText({ reason, failedStep }: Pick<ProbeRun, 'reason' | 'failedStep'>): string {
  if (reason === undefined) return ''
  return failedStep === undefined ? reason : `${reason} at ${failedStep}`
}

function iso(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString()
}

const CHART_WIDTH = 300

/** A waterfall: steps follow one another, so a bar begins where the one before ended. */
function stepTable(run: ProbeRun): Html {
  if (run.steps.length === 0) return html`<p class="empty">This run has no steps.</p>`
  const total = run.steps.reduce((sum, step) => sum + step.durationSeconds, 0)
  let offset = 0
  const rows = run.steps.map((step) => {
    const row = html`<tr class="${step.step === run.failedStep && 'failed'}"><th scope="row">${step.step}</th><td>${step.statusCode ?? '–'}</td><td>${step.connection ?? '–'}</td>
<td>${milliseconds(step.durationSeconds)}</td><td class="phases">${phaseBar(step, offset, total)}</td></tr>`
    offset += step.durationSeconds
    return row
  })
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Steps"><table class="steps"><thead><tr><th scope="col">Step</th><th scope="col">Status</th><th scope="col">Connection</th><th scope="col">Took</th><th scope="col" class="phases"><span class="axis"><span>0</span><span>${milliseconds(total)}</span></span></th></tr></thead><tbody>${rows}</tbody></table></div>
<p class="legend">${PHASES.map((phase) => html`<span class="key ${phase}"></span>${phaseName(phase)} `)}</p>`
}

/** What the bars show, for those who do not see them. */
function phaseNumbers(run: ProbeRun): Html | false {
  const used = PHASES.filter((phase) => run.steps.some((step) => step.phases[phase] !== undefined))
  if (used.length === 0) return false
  const rows = run.steps.map(
    (step) =>
      html`<tr><th scope="row">${step.step}</th>${used.map((phase) => html`<td>${phaseText(step, phase)}</td>`)}</tr>`,
  )
  return html`<details id="phases-${run.runId}"><summary>Phases as numbers</summary><div class="scroll" tabindex="0" role="group" aria-label="Phases"><table class="plain"><thead><tr><th scope="col">Step</th>${used.map((phase) => html`<th scope="col">${phaseName(phase)}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div></details>`
}

type Phase = (typeof PHASES)[number]

const PHASE_NAMES: Record<Phase, string> = {
  dns: 'DNS',
  tcp: 'TCP',
  tls: 'TLS',
  first_byte: 'first byte',
  transfer: 'transfer',
}

function phaseName(phase: Phase): string {
  return PHASE_NAMES[phase]
}

function phaseText(step: ProbeStep, phase: Phase): string {
  const seconds = step.phases[phase]
  return seconds === undefined ? '–' : milliseconds(seconds)
}

function phaseBar(step: ProbeStep, offset: number, total: number): Html {
  const scale = total > 0 ? CHART_WIDTH / total : 0
  const x = (seconds: number) => Math.round(seconds * scale * 10) / 10
  let at = offset
  const bars = PHASES.map((phase) => {
    const seconds = step.phases[phase] ?? 0
    const bar =
      seconds > 0 &&
      html`<rect class="${phase}" x="${x(at)}" y="2" width="${Math.max(1, x(seconds))}" height="12"/>`
    at += seconds
    return bar
  })
  const spoken = PHASES.filter((phase) => step.phases[phase] !== undefined)
    .map((phase) => `${phaseName(phase)} ${phaseText(step, phase)}`)
    .join(', ')
  return html`<svg viewBox="0 0 ${CHART_WIDTH} 16" preserveAspectRatio="none" role="img" aria-label="${spoken || 'no phases'}"><rect class="whole" x="${x(offset)}" y="6" width="${Math.max(1, x(step.durationSeconds))}" height="4"/>${bars}</svg>`
}
