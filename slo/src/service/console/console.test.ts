import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { ProbeResult } from '@plimsoll/instrumentation/envelope'
import { pino } from 'pino'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CellDelta, type Ledger, openSqliteLedger } from '../../ledger/index.ts'
import { createApp } from '../app.ts'
import { HUB, INDEXING, PLAN, PUSH_PULL } from '../testing/plan-fixture.ts'

const CHROMIUM = {
  executablePath: '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    '--disable-quic',
  ],
}
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const NOW = 1_767_268_830 // 2026-01-01T12:00:30Z
const MINUTE = NOW - 30
const MONTH = { duration: '1M', timeZone: 'Europe/Berlin', startTime: '2024-01-01 00:00:00' }
const EVIL = '<img src=x onerror="document.title=1">'
/** As long as a spec may have it, without a place to break it. */
const LONG = `Indexing${'x'.repeat(192)}`
const composite = (slo: string, displayName: string) => ({
  ...{ slo, displayName, service: 'registry', owner: 'registry', description: `Somebody ${EVIL}.` },
  period: HUB.period,
})

let ledger: Ledger
let server: Server
let browser: Browser
let page: Page
let url: string
let now = NOW

const cell = (slo: string, minutesAgo: number, good: number, total: number): CellDelta => ({
  slo,
  region: 'us-east',
  minute: MINUTE - minutesAgo * 60,
  good,
  total,
})

beforeAll(async () => {
  ledger = openSqliteLedger(':memory:')
  await ledger.promise(PLAN.slos, NOW - 7200)
  const failed: ProbeResult = {
    runId: 'run-1',
    flow: 'push-pull',
    vantage: 'eu-west',
    region: 'us-east',
    startedAt: NOW - 5,
    endedAt: NOW - 1,
    verdict: 'target_fail',
    reason: 'timeout',
    failedStep: 'push-blob',
    message: EVIL,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    steps: [{ step: 'push-blob', durationSeconds: 4, phases: { tcp: 0.5, first_byte: 3 } }],
  }
  const ok = (vantage: string, endedAt: number): ProbeResult => {
    const { reason: _, failedStep: __, message: ___, ...run } = failed
    return {
      ...run,
      runId: `ok-${vantage}-${endedAt}`,
      vantage,
      startedAt: endedAt - 1,
      endedAt,
      verdict: 'ok',
    }
  }
  // us-east has probed once a minute until 20 minutes ago; eu-west still does, and has just failed.
  const runs = [
    ...Array.from({ length: 4 }, (_, i) => ok('us-east', NOW - 1200 - i * 60)),
    ...Array.from({ length: 4 }, (_, i) => ok('eu-west', NOW - 61 - i * 60)),
    failed,
  ]
  // Two hours of the hub, half an hour of them unseen; one bad event in every second minute.
  const seen = Array.from({ length: 121 }, (_, i) => i).filter((i) => i < 10 || i > 40)
  const deltas = [
    ...seen.map((i) => cell(HUB.slo, i, i % 2 === 0 ? 999 : 1000, 1000)),
    cell(PUSH_PULL.slo, 0, 5, 8),
  ]
  await ledger.apply({ deltas, probeRuns: runs }, NOW)
  const plan = {
    ...PLAN,
    slos: [
      {
        ...HUB,
        displayName: `Hub ${EVIL}`,
        regions: ['us-east', 'eu-west'],
        calendars: [MONTH],
        composite: { slo: 'find-and-pull', weight: '1' },
      },
      { ...PUSH_PULL, composite: { slo: 'find-and-pull', weight: '2' } },
      { ...INDEXING, displayName: LONG, composite: { slo: 'search', weight: '1' } },
    ],
    composites: [composite('find-and-pull', 'Find and pull'), composite('search', 'Search')],
  }
  const app = createApp({
    plan,
    ledger,
    nowSeconds: () => now,
    consoleBaseUrl: '',
    tokenFile: 'none',
    traceUrl: 'http://traces.example/{traceId}',
    logger: pino({ level: 'silent' }),
  })
  server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  browser = await chromium.launch(CHROMIUM)
})
afterAll(async () => {
  await browser?.close()
  server.close()
  server.closeAllConnections()
  await ledger.close()
})

async function open(path: string, colorScheme: 'light' | 'dark' = 'light'): Promise<string[]> {
  const complaints: string[] = []
  page = await browser.newPage({ colorScheme })
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(url + path)
  return complaints
}
async function axeViolations(): Promise<string[]> {
  await page.evaluate(AXE)
  return page.evaluate(`axe.run().then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ' ' + nodes.map(({ html }) => html).join(' ')))`)
}

test('the worst comes first, each with its state, budget left and burn; no data is a state of its own', async () => {
  await open('/')
  const cards = await page.locator('#cards .card').allInnerTexts()
  expect(cards.map((text) => text.split('\n')[0])).toEqual([PUSH_PULL.displayName, LONG, `Hub ${EVIL}`])
  // 3 bad of 8 under 99.9 %: 375 times the budget is spent.
  expect(cards[0]).toMatch(/Exhausted[\s\S]*−37,400 %[\s\S]*3 bad of 8/)
  expect(cards[1]).toMatch(/No data[\s\S]*no data/)
  // 45 bad of 90,000 is half of the 90 that 99.9 % allows.
  expect(cards[2]).toMatch(/Healthy[\s\S]*50 %[\s\S]*99\.95 %/)
  await page.close()
})

test('a composite has its budget, its burn and what each part does to it; a link of its alert leads there', async () => {
  await open('/#composites')
  const [journey, search] = await page.locator('#composites .card').allInnerTexts()
  // Half a budget once, and 375 budgets twice, in the last hour as in the whole window.
  expect(journey).toMatch(/^Find and pull\s+Exhausted[\s\S]*−74,950 % of the budget left/)
  const rows = await page.locator('#composite-find-and-pull tr').allInnerTexts()
  expect(
    rows.map((row) =>
      row
        .split('\t')
        .map((text) => text.trim())
        .slice(0, 5),
    ),
  ).toEqual([
    ['Part', 'State', 'Weight', 'Spends of the whole', 'Burn 1h'],
    [`Hub ${EVIL}`, 'Healthy', '× 1', '50 %', expect.stringMatching(/^0\.\d+$/)],
    [PUSH_PULL.displayName, 'Exhausted', '× 2', '75,000 %', '750'],
    ['Together', '', '', '75,050 %', expect.stringMatching(/^75[01]$/)],
  ])
  expect(search).toMatch(/^Search\s+No data[\s\S]*a part has no data/)
  await page.getByRole('link', { name: PUSH_PULL.displayName }).last().click()
  await page.getByRole('link', { name: 'find-and-pull' }).click()
  expect(new URL(page.url()).hash).toBe('#composite-find-and-pull')
  // As a row of a dashboard has it, which does not know what is a composite.
  await page.goto(`${url}/slos/search`)
  expect(page.url()).toBe(`${url}/#composite-search`)
  await page.close()
})

for (const path of ['/', `/slos/${INDEXING.slo}`])
  test(`on a narrow screen ${path} is as wide as the screen, however long a name is`, async () => {
    await open(path)
    await page.setViewportSize({ width: 390, height: 800 })
    expect(await page.locator('main').innerText()).toContain(LONG)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
    await page.close()
  })

test('text from specs and probes is text, never markup', async () => {
  const complaints = await open('/')
  expect(await page.locator('img').count()).toBe(0)
  await page.goto(`${url}/probes/run-1`)
  expect(await page.locator('.message').innerText()).toBe(EVIL)
  expect(complaints).toEqual([])
  await page.close()
})

// In the dark only colours differ: one page of each kind has them all.
const PAGES = {
  light: [
    '/',
    '/slos/hub-api-availability',
    '/slos/registry-push-pull',
    '/slos/hub-api-availability?region=eu-west',
    '/probes',
    '/probes/run-1',
  ],
  dark: ['/', '/slos/hub-api-availability', '/probes', '/probes/run-1'],
}
for (const scheme of ['light', 'dark'] as const)
  for (const path of PAGES[scheme])
    test(`axe finds nothing on ${path} in ${scheme}`, async () => {
      const complaints = await open(path, scheme)
      expect(await axeViolations()).toEqual([])
      expect(complaints).toEqual([])
      await page.close()
    })

test('the burn-down of a region shows the half hour that nobody saw; of a region without data, that there is none', async () => {
  await open('/slos/hub-api-availability?region=us-east')
  expect(await page.locator('.wide rect.unseen').count()).toBe(1)
  await page.getByRole('link', { name: 'eu-west' }).click()
  expect(await page.locator('#chart').innerText()).toContain('Nothing has been counted yet.')
  await page.close()
})

test('the month of Berlin stands beside the rolling window, with the same hour of 2026 in it', async () => {
  await open('/slos/hub-api-availability')
  // It began at 23:00 UTC: all of the two hours at noon are in it. 13 of 744 hours are 1 %. Seen: 90
  // of the 781 minutes until now, in one of two regions.
  const row = await page.locator('#calendar tbody tr').innerText()
  expect(row).toMatch(
    /1M from 1 Jan 2026 to 1 Feb 2026, Europe\/Berlin\s+Healthy\s+1 %\s+99\.95 %\s+50 %\s+45\s+90,000\s+5\.7 %/,
  )
  await page.close()
})

test('the matrix of probes tells a failure, and a pair that has gone silent from one that is ok', async () => {
  await open('/probes')
  const cells = await page.locator('.matrix td').allInnerTexts()
  const headers = await page.locator('.matrix th').allInnerTexts()
  expect(headers.slice(1)).toEqual(['eu-west', 'us-east', 'eu-west', 'us-east'])
  // Rows eu-west and us-east; only us-east was a target.
  expect(cells.map((text) => text.split('\n')[0])).toEqual(['no run', 'target failed', 'no run', 'stale'])
  expect(cells[1]).toMatch(/timeout at push-blob[\s\S]*4 of 5 ok/)
  expect(cells[3]).toContain('last ok 20 min ago')
  await page.close()
})

test('from the SLO to the run that spent its budget, from there to its trace and back', async () => {
  await open('/slos/registry-push-pull')
  expect(await page.locator('#failed .pill').allInnerTexts()).toEqual(['target failed'])
  await page.locator('#failed summary').first().click()
  await page.locator('#failed').getByRole('link', { name: 'This run' }).click()
  expect(await page.getByRole('link', { name: /0af76519/ }).getAttribute('href')).toBe(
    'http://traces.example/0af7651916cd43dd8448eb211c80319c',
  )
  await page.getByRole('link', { name: PUSH_PULL.displayName }).click()
  expect(new URL(page.url()).pathname).toBe('/slos/registry-push-pull')
  await page.close()
})

test('everything is there without JavaScript', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false })
  page = await context.newPage()
  await page.goto(`${url}/slos/registry-push-pull?region=us-east`)
  expect(await page.locator('.tabs [aria-current]').innerText()).toBe('us-east')
  await page.locator('#failed summary').first().click()
  await page.locator('#failed .steps').first().waitFor()
  await context.close()
})

test('a page refreshes itself in place, and what was opened stays open', async () => {
  await open('/slos/registry-push-pull')
  await page
    .locator('#runs details')
    .first()
    .evaluate((details) => details.setAttribute('open', ''))
  expect(await page.locator('.tiles').innerText()).toContain('3 bad of 8')
  await ledger.apply({ deltas: [cell(PUSH_PULL.slo, 0, 0, 1)] }, NOW)
  now += 10
  await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
  await page.locator('text=4 bad of 9').waitFor()
  await page.locator('#run-run-1 >> text="11 s ago"').waitFor()
  expect(await page.locator('details[open]').count()).toBe(1)
  await page.close()
})
