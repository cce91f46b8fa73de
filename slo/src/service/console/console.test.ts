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
const EVIL = '<img src=x onerror="document.title=1">'

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
    steps: [{ step: 'push-blob', durationSeconds: 4, phases: { tcp: 0.5, first_byte: 3 } }],
  }
  // Two hours of the hub, half an hour of them unseen; one bad event in every second minute.
  const seen = Array.from({ length: 121 }, (_, i) => i).filter((i) => i < 10 || i > 40)
  const deltas = [
    ...seen.map((i) => cell(HUB.slo, i, i % 2 === 0 ? 999 : 1000, 1000)),
    cell(PUSH_PULL.slo, 0, 5, 8),
  ]
  await ledger.apply({ deltas, probeRuns: [failed] }, NOW)
  const plan = {
    ...PLAN,
    slos: PLAN.slos.map((slo) => (slo === HUB ? { ...slo, displayName: `Hub ${EVIL}` } : slo)),
  }
  const app = createApp({
    plan,
    ledger,
    nowSeconds: () => now,
    consoleBaseUrl: '',
    tokenFile: 'none',
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
  const cards = await page.locator('.card').allInnerTexts()
  expect(cards.map((text) => text.split('\n')[0])).toEqual([
    PUSH_PULL.displayName,
    INDEXING.displayName,
    `Hub ${EVIL}`,
  ])
  // 3 bad of 8 under 99.9 %: 375 times the budget is spent.
  expect(cards[0]).toMatch(/Exhausted[\s\S]*−37,400 %[\s\S]*3 bad of 8/)
  expect(cards[1]).toMatch(/No data[\s\S]*no data/)
  // 45 bad of 90,000 is half of the 90 that 99.9 % allows.
  expect(cards[2]).toMatch(/Healthy[\s\S]*50 %[\s\S]*99\.95 %/)
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

for (const scheme of ['light', 'dark'] as const)
  for (const path of [
    '/',
    '/slos/hub-api-availability',
    '/slos/registry-push-pull',
    '/probes',
    '/probes/run-1',
  ])
    test(`axe finds nothing on ${path} in ${scheme}`, async () => {
      const complaints = await open(path, scheme)
      expect(await axeViolations()).toEqual([])
      expect(complaints).toEqual([])
      await page.close()
    })

test('the burn-down of an SLO shows the half hour that nobody saw', async () => {
  await open('/slos/hub-api-availability')
  expect(await page.locator('rect.unseen').count()).toBe(1)
  await page.close()
})

test('a page refreshes itself in place, and what was opened stays open', async () => {
  await open('/slos/registry-push-pull')
  await page.locator('details').evaluate((details) => details.setAttribute('open', ''))
  expect(await page.locator('.tiles').innerText()).toContain('3 bad of 8')
  await ledger.apply({ deltas: [cell(PUSH_PULL.slo, 0, 0, 1)] }, NOW)
  now += 10
  await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
  await page.locator('text=4 bad of 9').waitFor()
  await page.locator('text=11 s ago').waitFor()
  expect(await page.locator('details[open]').count()).toBe(1)
  await page.close()
})
