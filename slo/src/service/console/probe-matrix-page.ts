/** Who reaches whom: per flow a matrix of vantages and targets, and the last runs. */
import type { ProbeCell, ProbeMatrix, ProbeRun } from '../schemas.ts'
import { duration, milliseconds } from './format.ts'
import { type Html, html } from './html.ts'
import { page } from './page.ts'
import { failureText, pairHref, runList, verdictPill } from './probe-runs.ts'

export type ProbesPage = {
  matrix: ProbeMatrix
  runs: ProbeRun[]
  /** What the list is narrowed to; the matrix never is. */
  filter: { slo?: string; flow?: string; vantage?: string; region?: string; verdict?: string }
  names: Map<string, string>
  nowSeconds: number
}

export function probesPage({ matrix, runs, filter, names, nowSeconds }: ProbesPage): string {
  const chosen = Object.entries(filter)
  const list =
    runs.length > 0
      ? runList(runs, nowSeconds)
      : html`<p class="empty">${chosen.length > 0 ? 'No kept run is like this.' : 'No probe has reported yet.'}</p>`
  return page(
    'Plimsoll: probes',
    nowSeconds,
    html`<h1>Probes</h1>
<p class="lead">Real requests from each vantage to each target. An old verdict says nothing about now: it is called stale.</p>
${chosen.length === 0 && html`<div id="matrix" class="flows" data-live>${matrix.flows.map((flow) => flowMatrix(flow, names))}</div>`}
<section id="runs" data-live><h2>${chosen.length === 0 ? 'Last runs' : html`Runs: ${chosen.map(([, value]) => value).join(', ')}`}</h2>
<p class="sub filters">${filterLinks(filter)}</p>${list}</section>
<p class="sub">As data: <a href="/api/v1/probe-matrix">/api/v1/probe-matrix</a>, <a href="/api/v1/probes">/api/v1/probes</a></p>`,
  )
}

function filterLinks(filter: ProbesPage['filter']): Html {
  const { verdict, ...others } = filter
  const href = (query: Record<string, string>) =>
    Object.keys(query).length > 0 ? `/probes?${new URLSearchParams(query)}` : '/probes'
  const isNarrowed = Object.keys(others).length > 0
  return html`${link('all verdicts', href(others), verdict === undefined)} · ${link('failed only', href({ ...others, verdict: 'target_fail' }), verdict === 'target_fail')}${isNarrowed && html` · <a href="/probes">all probes</a>`}`
}

function link(text: string, href: string, isCurrent: boolean): Html {
  return isCurrent ? html`<b aria-current="true">${text}</b>` : html`<a href="${href}">${text}</a>`
}

function flowMatrix(flow: ProbeMatrix['flows'][number], names: Map<string, string>): Html {
  const { vantages, regions, cells } = flow
  const table =
    vantages.length === 0
      ? html`<p class="empty">No run has come yet.</p>`
      : html`<div class="scroll" tabindex="0" role="group" aria-label="${flow.flow} by vantage and target"><table class="matrix"><thead><tr><th scope="col">from \\ to</th>${regions.map((region) => html`<th scope="col">${region}</th>`)}</tr></thead>
<tbody>${vantages.map(
          (vantage) =>
            html`<tr><th scope="row">${vantage}</th>${regions.map((region) =>
              matrixCell(
                flow.flow,
                cells.find((cell) => cell.vantage === vantage && cell.region === region),
              ),
            )}</tr>`,
        )}</tbody></table></div>`
  return html`<section class="flow"><h2>${flow.flow}</h2>
<p class="sub">${
    flow.slos.length > 0
      ? html`counts in ${flow.slos.map((slo, i) => html`${i > 0 && ', '}<a href="/slos/${slo}">${names.get(slo) ?? slo}</a>`)}`
      : 'counts in no objective'
  }</p>${table}</section>`
}

function matrixCell(flow: string, cell: ProbeCell | undefined): Html {
  if (!cell) return html`<td class="cell none"><span class="empty">no run</span></td>`
  const { last, stale, recent, ageSeconds, vantage, region } = cell
  const age = duration(ageSeconds)
  const lag = last.replicationLagSeconds
  return html`<td class="cell ${stale ? 'old' : last.verdict}"><a class="verdict" href="/probes/${encodeURIComponent(last.runId)}">${stale ? stalePill() : verdictPill(last.verdict)}</a>
<span class="sub">${stale ? html`last ${last.verdict === 'ok' ? 'ok' : last.verdict.replace('_', ' ')} ${age} ago` : html`${age} ago, ${milliseconds(last.endedAt - last.startedAt)}`}</span>
${!stale && last.reason !== undefined && html`<span class="why">${failureText(last)}</span>`}
${!stale && lag !== undefined && html`<span class="sub">lag ${milliseconds(lag)}</span>`}
${strip(cell)}<a class="sub" href="${pairHref({ flow, vantage, region })}">${recent.okRatio === null ? 'no valid run' : html`${recent.ok} of ${recent.ok + recent.failed} ok`}</a></td>`
}

function stalePill(): Html {
  return html`<span class="pill noData"><span class="shape" aria-hidden="true"></span>stale</span>`
}

/** The last runs, oldest first: a failure stands out by its height, a run without a verdict is a dot. */
function strip({ recent }: ProbeCell): Html {
  const { verdicts, ok, failed, runs } = recent
  const bars = verdicts.toReversed().map(({ verdict }, i) => {
    const height = verdict === 'ok' ? 6 : verdict === 'target_fail' ? 14 : 3
    return html`<rect class="${verdict}" x="${i * 5}" y="${14 - height}" width="4" height="${height}"/>`
  })
  const unclear = runs - ok - failed
  const label = `last ${runs} runs: ${ok} ok, ${failed} failed${unclear > 0 ? `, ${unclear} without a verdict` : ''}`
  return html`<svg class="strip" viewBox="0 0 150 14" role="img" aria-label="${label}">${bars}</svg>`
}
