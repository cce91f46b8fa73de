/** slo/catalogue holds what it says: promises as they were agreed on, every exclusion guarded, no canary among users. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { catalogueTable, TABLE_END, TABLES } from '../../catalogue/table.ts'
import { compilePlan } from './compile.ts'
import { parseSelector } from './selector.ts'
import type { SloPlan } from './types.ts'

const folder = join(import.meta.dirname, '../../catalogue')
function compiled(specs: string) {
  const files = readdirSync(specs).filter((file) => file.endsWith('.yaml'))
  return compilePlan(files.map((file) => ({ file, text: readFileSync(join(specs, file), 'utf8') })))
}
const { plan, faults, warnings } = compiled(folder)
const slos = plan?.slos ?? []

test('the catalogue compiles without a fault or a warning', () => {
  expect({ faults, warnings }).toEqual({ faults: [], warnings: [] })
})

/** "99.95% 28d page" by id, as the registry's teams agreed on them. */
const agreed: Record<string, string> = {
  'pull-availability': '0.9995 28d page',
  'pull-manifest-latency': '0.99 28d page',
  'pull-blob-ttfb': '0.99 28d page',
  'pull-e2e-probe': '0.999 28d page',
  'pull-anon-fairness': '0.9999 28d ticket',
  'push-availability': '0.999 28d page',
  'push-manifest-latency': '0.99 28d ticket',
  'push-read-your-write': '0.999 28d page',
  'token-availability': '0.9999 28d page',
  'token-latency': '0.995 28d page',
  'token-known-good': '0.9995 28d page',
  'hub-api-availability': '0.999 28d page',
  'hub-api-latency': '0.99 28d ticket',
  'search-availability': '0.995 28d page',
  'search-latency': '0.99 28d ticket',
  'search-freshness': '0.99 28d page 14.4',
  'events-processing': '0.9999 28d ticket',
  'events-freshness': '0.995 28d page',
  'queue-freshness': '0.995 28d ticket',
  'webhook-delivery': '0.99 28d ticket',
  'replication-lag': '0.999 28d page 14.4',
  'cross-region-pull': '0.995 28d ticket',
  'storage-dependency': '0.9999 28d ticket',
  'metadata-postgresql-availability': '0.9999 28d ticket',
  'metadata-dynamodb-availability': '0.9999 28d ticket',
  'metadata-postgresql-latency': '0.995 28d ticket',
  'metadata-dynamodb-latency': '0.995 28d ticket',
  'db-replica-staleness': '0.999 28d ticket',
  'cdn-delivery': '0.9995 28d page',
  'cdn-cache-hit': '0.92 7d ticket',
  integrity: '0.99999 28d page',
  'web-vitals-lcp': '0.75 28d ticket',
  'web-vitals-inp': '0.75 28d ticket',
  'web-vitals-cls': '0.75 28d ticket',
  'alerting-pipeline': '0.999 28d ticket',
  // Guards of what the others leave out.
  'hub-api-known-good': '0.995 28d ticket',
  'search-known-answer': '0.995 28d ticket',
}

test('targets, windows and the highest severity are those agreed on', () => {
  const seen = slos.map(({ slo, target, period, alerts }) => {
    const severity = alerts.some((one) => one.severity === 'page') ? 'page' : 'ticket'
    // Re-rated: a page at one burn rate only.
    const pages = alerts.flatMap((one) => (one.kind === 'burn' && one.severity === 'page' ? one.pairs : []))
    const rates = [...new Set(pages.map(({ burnRate }) => burnRate))]
    return [slo, [target, period.name, severity, ...(rates.length === 1 ? rates : [])].join(' ')]
  })
  expect(Object.fromEntries(seen)).toEqual(agreed)
})

test('a cache-hit objective of 92 % over 7 days alerts at burn 1 over a day, and cannot reach 12.5', () => {
  const burns = byId('cdn-cache-hit').alerts.flatMap((one) => (one.kind === 'burn' ? one.pairs : []))
  expect(burns.map(({ long, burnRate, badRatio }) => [long, burnRate, badRatio])).toEqual([
    ['1d', '1', '0.08'],
  ])
})

test('web vitals have only pairs below 4, the fastest burn of a budget of a quarter', () => {
  const burns = byId('web-vitals-lcp').alerts.flatMap((one) => (one.kind === 'burn' ? one.pairs : []))
  expect(new Set(burns.map(({ burnRate }) => burnRate))).toEqual(new Set(['2.8', '1']))
})

for (const slo of slos) {
  test(`${slo.slo}: whatever is left out of the count has a guard`, () => {
    const guarded = slo.guards.map(({ excluded }) => excluded)
    expect(guarded).toEqual(expect.arrayContaining(excluded(slo)))
    // A guard that leaves out the same sees no more.
    for (const { excluded: what, slo: guard } of slo.guards)
      expect(excluded(byId(guard)), `${guard} as the guard of ${what}`).not.toContain(what)
  })
}

const live = compiled(join(import.meta.dirname, '../../specs')).plan?.slos ?? []

for (const slo of live)
  test(`${slo.slo}, which is live: what is left out has a guard, or its description says that it has none`, () => {
    const guarded = slo.guards.map(({ excluded }) => excluded)
    const unguarded = guarded.includes('rest') ? [] : excluded(slo).filter((one) => !guarded.includes(one))
    expect(unguarded.length > 0).toBe(slo.description.includes('nothing guards them here'))
  })

test('every SLO says why it is as it is, for whom, and what to do', () => {
  expect(live.length).toBeGreaterThan(5)
  for (const { slo, description, owner, runbook } of [...slos, ...live]) {
    // A sentence or two: what is promised, and why so.
    expect(description.length, slo).toBeGreaterThan(80)
    expect(owner, slo).toMatch(/^team-/)
    expect(existsSync(join(folder, `../../alerts/runbooks/${runbook}.md`)), `${slo}: ${runbook}`).toBe(true)
  }
})

test('canary traffic is no traffic of users', () => {
  const ofUsers = slos.flatMap(({ indicator }) =>
    indicator.total
      .map(({ selector }) => parseSelector(selector))
      .filter(({ metric }) =>
        /^(http_server|web_vital|search|ratelimit|cdn|replication|webhook)_/.test(metric),
      ),
  )
  expect(ofUsers.length).toBeGreaterThan(15)
  for (const { metric, matchers } of ofUsers)
    expect(matchers, metric).toContainEqual({ label: 'synthetic', op: '=', value: '' })
})

for (const [specs, start] of Object.entries(TABLES))
  test(`the table of the README is what the specs in ./${specs} say`, () => {
    const readme = readFileSync(join(folder, 'README.md'), 'utf8')
    const from = readme.indexOf(start)
    expect(from).toBeGreaterThan(0)
    const table = readme.slice(from + start.length, readme.indexOf(TABLE_END, from)).trim()
    const { plan } = compiled(join(folder, specs))
    expect(plan && catalogueTable(plan, specs), 'npm run catalogue writes it').toBe(table)
  })

/** What the selectors of valid events refuse: each status code, error type or outcome; `rest` where only successes count. */
function excluded({ indicator }: SloPlan): string[] {
  if (indicator.thresholdSeconds !== undefined && indicator.kind !== 'web') return ['rest']
  return indicator.total.flatMap(({ selector }) =>
    parseSelector(selector)
      .matchers.filter(({ op, value }) => op.startsWith('!') && value !== '')
      .flatMap(({ value }) => value.split('|')),
  )
}

function byId(id: string): SloPlan {
  const found = slos.find(({ slo }) => slo === id)
  if (!found) throw new Error(`the catalogue has no ${id}`)
  return found
}
