/** The hub's pages in a real browser: what people see, and what the browser tells of it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { buildWebClient } from '../../build/web-client.ts'
import {
  eventually,
  freePort,
  secretFile,
  served,
  silent,
  start,
  TOKEN,
  temporaryFolder,
} from '../../process/test-parts.ts'
import { hubApp } from '../app.ts'
import { Catalogue } from '../catalogue.ts'
import { FaultSwitch } from '../fault-switch.ts'

const digest = (letter: string) => `sha256:${letter.repeat(64)}`

async function hub(faults: { errors?: number } = {}): Promise<string> {
  const folder = temporaryFolder()
  const catalogue = new Catalogue(join(folder, 'catalogue.sqlite'), () => Date.now() / 1000)
  onTestFinished(() => catalogue.close())
  const pushed = (region: string, repository: string, tag: string, letter: string) =>
    catalogue.merge(region, [
      {
        kind: 'manifest-pushed',
        repository,
        tag,
        digest: digest(letter),
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        sizeBytes: 407,
        at: Date.parse('2026-11-24T14:46:30Z') * 1000,
      },
    ])
  pushed('us-east', 'samples/web', 'latest', 'a')
  pushed('eu-west', 'samples/web', 'latest', 'b')
  pushed('us-east', 'samples/web', '1.0.0', 'a')
  pushed('us-east', 'samples/<b>bold</b>', 'v1', 'c')
  pushed('us-east', 'plimsoll/canary-1', 'v1', 'd')
  const faultSwitch = new FaultSwitch(folder, Math.random)
  faultSwitch.set({ errors: 0, delaySeconds: 0, ...faults })
  return served(
    hubApp({
      catalogue,
      faults: faultSwitch,
      region: 'us-east',
      notificationsToken: TOKEN,
      faultsToken: TOKEN,
      metrics: (_request, response) => void response.end(),
      log: silent,
    }),
  )
}

let browser: Browser
beforeAll(async () => {
  const args = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-sync',
  ]
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args })
})
afterAll(() => browser.close())

async function visit(url: string): Promise<Page> {
  const page = await browser.newPage({ bypassCSP: true })
  onTestFinished(() => page.close())
  await page.goto(url)
  return page
}

test('a visitor browses from the list to a repository’s tags, and sees where regions differ', async () => {
  const page = await visit(await hub())
  expect(await page.locator('.name').allInnerTexts()).toEqual(['samples/<b>bold</b>', 'samples/web'])
  await page.click('text=samples/web')
  expect(new URL(page.url()).pathname).toBe('/repositories/samples/web')
  expect(await page.locator('tbody th').allInnerTexts()).toEqual(['1.0.0', 'latest'])
  const latest = await page.locator('tbody tr').nth(1).innerText()
  expect(latest).toContain('differs by region')
  expect(latest).toMatch(/eu-west\s+us-east/)
})

test('a search finds by a part of the name, and keeps what was asked for', async () => {
  const page = await visit(await hub())
  await page.fill('#q', 'WEB')
  await page.press('#q', 'Enter')
  await page.waitForURL('**/search?q=WEB')
  expect(await page.locator('.name').allInnerTexts()).toEqual(['samples/web'])
  expect(await page.inputValue('#q')).toBe('WEB')
})

const places: { name: string; path: string; faults?: { errors: number }; status: number }[] = [
  { name: 'the list', path: '/', status: 200 },
  { name: 'a search without a find', path: '/search?q=%22%3E%3Cscript%3E', status: 200 },
  { name: 'a repository', path: '/repositories/samples/web', status: 200 },
  { name: 'a repository that is not there', path: '/repositories/none', status: 404 },
  { name: 'a broken hub', path: '/', faults: { errors: 1 }, status: 500 },
]
for (const { name, path, faults, status } of places)
  test(`accessible, light and dark: ${name}`, async () => {
    const url = (await hub(faults)) + path
    const answer = await fetch(url)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-security-policy')).toContain("script-src 'self'")
    expect(await answer.text()).not.toMatch(/<script>|<b>/)
    const page = await visit(url)
    await page.addScriptTag({ content: axe.source })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const { violations } = (await page.evaluate('axe.run()')) as { violations: { id: string }[] }
      expect(violations.map(({ id }) => id)).toEqual([])
    }
  })

/** The hub as the local stack starts it, with the bundle of its pages. */
async function realHub(): Promise<string> {
  const port = await freePort()
  const client = join(temporaryFolder(), 'web-client.js')
  await buildWebClient(client)
  expect(readFileSync(client, 'utf8').length).toBeLessThan(150_000)
  const env = {
    PORT: `${port}`,
    STATE_FOLDER: temporaryFolder(),
    REGION: 'us-east',
    NOTIFICATIONS_TOKEN_FILE: secretFile(),
    FAULTS_TOKEN_FILE: secretFile(),
    WEB_CLIENT_FILE: client,
    OTEL_SERVICE_NAME: 'hub-api',
    OTEL_TRACES_EXPORTER: 'none',
  }
  start('hub/main.ts', env, ['--import', '@plimsoll/instrumentation/register'])
  const origin = `http://127.0.0.1:${port}`
  await eventually(async () => (await fetch(`${origin}/healthz`)).ok)
  return origin
}

test('a page view arrives as one LCP in the histogram, under its template, without the query', async () => {
  const origin = await realHub()
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  const text = async () => (await fetch(`${origin}/metrics`)).text()
  const value = async (series: string) => Number((await text()).split(`${series} `)[1]?.split('\n')[0])
  const count = 'web_vital_lcp_seconds_count{service_name="hub-web",http_route="/search"}'
  expect(await value(count)).toBe(0)
  await page.goto(`${origin}/search?q=a-private-word`)
  // What is sent while the page is there; what is sent on leaving it no longer belongs to it.
  const batch = page.waitForRequest('**/faro')
  await page.evaluate("setTimeout(() => { throw new TypeError('a-private-word') })")
  // LCP is final when somebody acts, or leaves.
  await page.click('h1')
  const { meta } = (await batch).postDataJSON()
  expect(meta.page.url).toBe(`${origin}/search`)
  await page.goto('about:blank')
  await eventually(async () => (await value(count)) === 1)
  const bounds = (le: string) =>
    value(`web_vital_lcp_seconds_bucket{le="${le}",service_name="hub-web",http_route="/search"}`)
  expect([await bounds('2.5'), await bounds('+Inf')]).toEqual([1, 1])
  await eventually(
    async () =>
      (await value(
        'web_exceptions_total{service_name="hub-web",http_route="/search",error_type="TypeError"}',
      )) === 1,
  )
  expect(await text()).not.toContain('a-private-word')
  expect(complaints).toEqual([])
})
