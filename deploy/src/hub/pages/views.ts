/** What the pages show: repositories, one repository's tags, and what went wrong. */
import type { Repository, Tag } from '../catalogue.ts'
import { type Html, html } from './html.ts'

export function repositoryList(heading: string, repositories: Repository[], next: string | undefined): Html {
  return html`<h1>${heading}</h1>
${
  repositories.length === 0
    ? html`<p class="empty">Nothing found. What is pushed to a registry appears here by itself.</p>`
    : html`<ul class="repositories">${repositories.map(repositoryItem)}</ul>`
}
${next !== undefined && html`<p class="more"><a href="${next}">More repositories</a></p>`}`
}

function repositoryItem({ name, tagCount, regions, updatedAt }: Repository): Html {
  return html`<li class="card"><a class="name" href="${repositoryPath(name)}">${name}</a>
<span class="facts"><span>${tagCount} ${tagCount === 1 ? 'tag' : 'tags'}</span><span>updated ${time(updatedAt)}</span></span>
${regionList(regions)}</li>`
}

export function repositoryPage(repository: Repository, tags: Tag[], next: string | undefined): Html {
  const { name, canary, regions, updatedAt } = repository
  return html`<p class="crumbs"><a href="/">Repositories</a></p>
<h1>${name}</h1>
<p class="facts"><span>updated ${time(updatedAt)}</span>${canary && html`<span>pushed by a probe</span>`}</p>
${regionList(regions)}
<h2>Tags</h2>
${
  tags.length === 0
    ? html`<p class="empty">No tags: its manifests are known by digest only.</p>`
    : html`<div class="scroll" role="region" aria-label="Tags" tabindex="0"><table>
<thead><tr><th scope="col">Tag</th><th scope="col">Digest</th><th scope="col" class="number">Manifest</th><th scope="col">Regions</th><th scope="col">Pushed</th></tr></thead>
<tbody>${tags.map(tagRow)}</tbody></table></div>`
}
${next !== undefined && html`<p class="more"><a href="${next}">More tags</a></p>`}`
}

function tagRow({ name, regions }: Tag): Html {
  const digests = [...new Set(regions.map(({ digest }) => digest))]
  const newest = regions.toSorted((a, b) => b.pushedAt.localeCompare(a.pushedAt))[0]
  return html`<tr><th scope="row">${name}</th>
<td>${digests.map((digest) => html`<code title="${digest}">${digest.slice(0, 15)}…</code> `)}${
    // A tag that was just moved, until replication has caught up.
    digests.length > 1 && html`<span class="differs">differs by region</span>`
  }</td>
<td class="number">${newest ? `${newest.sizeBytes} B` : ''}</td>
<td>${regionList(regions.map(({ region }) => region))}</td>
<td>${newest && time(newest.pushedAt)}</td></tr>`
}

export function sorry(heading: string, what: string): Html {
  return html`<h1>${heading}</h1><p class="empty">${what}</p><p class="more"><a href="/">All repositories</a></p>`
}

function regionList(regions: string[]): Html {
  return html`<ul class="regions" aria-label="Regions">${regions.map((region) => html`<li>${region}</li>`)}</ul>`
}

function time(iso: string): Html {
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC</time>`
}

export function repositoryPath(name: string): string {
  return `/repositories/${name.split('/').map(encodeURIComponent).join('/')}`
}
