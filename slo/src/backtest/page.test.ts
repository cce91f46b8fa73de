/** The page in a real Chromium: what it shows, without script or request, for people who cannot see it too. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Backtest, PolicyResult } from './backtest.ts'
import { renderBacktestPage } from './page.ts'
import type { Fired } from './replay.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const DAY = 1_767_225_600 // 2026-01-01T00:00:00Z
const HOUR = 3600
const EVIL = '<img src=x onerror="document.title=1">'

const page: Fired = {
  kind: 'burn',
  alert: 'SLOErrorBudgetBurn',
  severity: 'page',
  region: 'us-east',
  fromSeconds: DAY + 10 * HOUR + 120,
  untilSeconds: DAY + 11 * HOUR,
  toldSeconds: DAY + 10 * HOUR + 120,
}
const incident = {
  region: 'us-east',
  name: EVIL,
  fromSeconds: DAY + 10 * HOUR,
  untilSeconds: DAY + 10.5 * HOUR,
  bad: 300,
  total: 1000,
  budgetShare: 0.3,
}
const policy = (name: string, fired: Fired[], remaining: (number | null)[]): PolicyResult => ({
  name,
  target: '0.999',
  period: '28d',
  pairs: ['page 1h > 13.44'],
  evidenceGate: true,
  fired,
  judgement: {
    pages: { right: fired.length, of: fired.length },
    incidents: { paged: fired.length, of: 1, recall: fired.length },
    outcomes: [{ incident, ...(fired.length > 0 ? { got: 'page', delaySeconds: 120 } : { got: 'nothing' }) }],
  },
  days: [{ fromSeconds: DAY, untilSeconds: DAY + 24 * HOUR, total: 24_000, bad: 300, remainingRatio: 0.55 }],
  remaining,
})
const result: Backtest = {
  slo: 'hub-api-availability',
  displayName: `Hub ${EVIL}`,
  fromSeconds: DAY,
  toSeconds: DAY + 24 * HOUR,
  historyFromSeconds: DAY,
  stepSeconds: 30,
  unit: 'events',
  total: 24_000,
  bad: 300,
  gaps: [{ region: 'us-east', fromSeconds: DAY + 18 * HOUR, untilSeconds: DAY + 20 * HOUR }],
  course: Array.from({ length: 24 }, (_, hour) => ({
    fromSeconds: DAY + hour * HOUR,
    untilSeconds: DAY + (hour + 1) * HOUR,
    total: 1000,
    bad: hour === 10 ? 300 : 0,
  })),
  needs: [],
  incidentsFrom: 'labels',
  anyBadEvent: false,
  policies: [
    policy(
      'today',
      [page],
      Array.from({ length: 24 }, (_, hour) => (hour < 10 ? 1 : 0.55)),
    ),
    policy(
      'burn-rates=1h=10,6h=off,1d=off,3d=2',
      [],
      Array.from({ length: 24 }, (_, hour) => (hour < 10 ? null : 0.95)),
    ),
  ],
}

let folder: string
let browser: Browser
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-page-'))
  writeFileSync(join(folder, 'page.html'), renderBacktestPage(result))
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run'],
  })
})
afterAll(async () => {
  await browser.close()
  rmSync(folder, { recursive: true, force: true })
})

async function open(colorScheme: 'light' | 'dark'): Promise<{ tab: Page; requests: string[] }> {
  const tab = await browser.newPage({ colorScheme })
  const requests: string[] = []
  tab.on('request', (request) => requests.push(request.url()))
  await tab.goto(pathToFileURL(join(folder, 'page.html')).href)
  return { tab, requests }
}

for (const scheme of ['light', 'dark'] as const)
  test(`axe finds nothing in ${scheme}, and the page asks for nothing else`, async () => {
    const { tab, requests } = await open(scheme)
    await tab.locator('details').evaluateAll((all) => {
      for (const one of all) one.setAttribute('open', '')
    })
    await tab.evaluate(AXE)
    expect(
      await tab.evaluate(`axe.run().then(({ violations }) =>
        violations.map(({ id, nodes }) => id + ' ' + nodes.map(({ html }) => html).join(' ')))`),
    ).toEqual([])
    expect(requests).toHaveLength(1)
    await tab.close()
  })

test('the charts show the incident, its one page, the hours nobody saw, and both budgets', async () => {
  const { tab } = await open('light')
  // From 150 to 868 are 24 h: 10:00 is at 150 + 718 × 10/24 = 449.2, the page 2 min later at 450.2.
  const box = (selector: string) =>
    tab
      .locator(selector)
      .evaluateAll((all) => all.map((one) => [one.getAttribute('x'), one.getAttribute('width')]))
  expect(await box('rect.incident')).toEqual([['449.2', '14.9']])
  expect(await box('rect.page.today')).toEqual([['450.2', '28.9']])
  expect(await box('rect.page.proposed')).toEqual([])
  expect(await tab.locator('rect.unseen').count()).toBe(2)
  expect(await tab.locator('path.line').count()).toBe(2)
  // Ten hours without traffic have no line: it begins at the end of the eleventh.
  const [, proposed] = await tab
    .locator('path.line')
    .evaluateAll((all) => all.map((one) => one.getAttribute('d')))
  expect(proposed?.match(/M/g)).toHaveLength(1)
  expect(await tab.locator('.pill').allInnerTexts()).toEqual(['page after 2 min', 'missed'])
  await tab.close()
})

test('on a phone nothing but charts and wide tables scrolls sideways', async () => {
  const { tab } = await open('light')
  await tab.setViewportSize({ width: 400, height: 800 })
  await tab.evaluate('document.querySelectorAll("details").forEach((one) => { one.open = true })')
  expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(400)
  const scrolls =
    'Array.from(document.querySelectorAll(".scroll"), (one) => one.scrollWidth > one.clientWidth)'
  expect(await tab.evaluate(scrolls)).toContain(true)
  await tab.close()
})

test('a page has its start and end, and what it would have caught', async () => {
  const { tab } = await open('light')
  expect(await tab.locator('.fired tr').first().innerText()).toMatch(
    /^2026-01-01 10:02 to 11:00 UTC\nSLOErrorBudgetBurn, us-east, incident of /,
  )
  await tab.close()
})

test('no text of a spec or an incident file becomes markup', async () => {
  const { tab } = await open('light')
  expect(await tab.locator('img').count()).toBe(0)
  expect(await tab.locator('h1').innerText()).toBe(`Hub ${EVIL}`)
  await tab.close()
})
