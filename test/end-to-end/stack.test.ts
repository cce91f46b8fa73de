/** The thin path on real parts, as a newcomer walks it: start, look, break, be paged, heal, stop. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { panelQueries } from '@plimsoll/dashboards'
import type { ProbeResult } from '@plimsoll/instrumentation/envelope'
import axe from 'axe-core'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askStack, type StackStatus } from '../../deploy/src/local/control.ts'
import { codeBlocks } from '../code-blocks.ts'
import { eventually, type LocalStack, localStack, root } from './local-stack.ts'

const CONSOLE = 0
const PROMETHEUS = 1
const PAGERDUTY = 3
const HUB = 4
const OTLP = 5
const PROBER = 12
const PROBERS = [PROBER, 22]
const PROXY = 13

type Page = {
  event_action: string
  links: { href: string }[]
  payload: { class: string; group: string; component: string; summary: string }
}
type SloAnswer = { slo: string; state: string; budget: { good: number; bad: number; total: number } | null }

let stack: LocalStack

beforeAll(async () => {
  stack = await localStack()
  const up = await stack.plimsoll('up', '--detach', '--json')
  expect(up, up.err).toMatchObject({ code: 0 })
  expect(JSON.parse(up.out)).toMatchObject({ ready: true, endpoints: { console: stack.url(CONSOLE, '/') } })
})
afterAll(() => stack.remove())

/** Runs of push-pull from us-east to its own region, the newest first. */
const probeRuns = async () =>
  (await stack.getJson<{ runs: ProbeResult[] }>(PROBER, '/runs')).runs.filter(
    ({ flow, region }) => flow === 'push-pull' && region === 'us-east',
  )
const slo = (id: string) => stack.getJson<SloAnswer>(CONSOLE, `/api/v1/slos/${id}`)
const pages = async () =>
  (await stack.getJson<Page[]>(PAGERDUTY, '/events')).filter((event) => event.event_action === 'trigger')

test('the prober pushes and pulls a real image and finds nothing wrong', async () => {
  const run = await eventually(30, async () => (await probeRuns())[0])
  expect(run).toMatchObject({ flow: 'push-pull', vantage: 'us-east', region: 'us-east', verdict: 'ok' })
  expect(run.steps.map(({ step }) => step)).toEqual(
    expect.arrayContaining(['push-blob', 'push-manifest', 'pull-manifest', 'pull-blob', 'delete-manifest']),
  )
})

test('`plimsoll probe` says the same of the registry behind its proxy', async () => {
  const { code, out } = await stack.plimsoll('probe', stack.url(PROXY), '--json')
  expect(JSON.parse(out)).toMatchObject({ verdict: 'ok' })
  expect(code).toBe(0)
})

test('Prometheus scrapes every target and has loaded every rule that was built, all healthy', async () => {
  type Targets = { data: { activeTargets: { health: string }[] } }
  await eventually(60, async () => {
    const { data } = await stack.getJson<Targets>(PROMETHEUS, '/api/v1/targets?state=active')
    const health = data.activeTargets.map((target) => target.health)
    return health.length >= 5 && health.every((one) => one === 'up') ? true : undefined
  })
  type Rules = { data: { groups: { rules: { health: string; lastError?: string }[] }[] } }
  const { ruleCounts } = JSON.parse(await stack.built('MANIFEST.json')) as {
    ruleCounts: Record<string, number>
  }
  const expected = Object.values(ruleCounts).reduce((sum, count) => sum + count, 0)
  expect(expected).toBeGreaterThan(50)
  await eventually(60, async () => {
    const { data } = await stack.getJson<Rules>(PROMETHEUS, '/api/v1/rules')
    const rules = data.groups.flatMap((group) => group.rules)
    expect(rules.length).toBe(expected)
    expect(rules.flatMap((rule) => rule.lastError ?? [])).toEqual([])
    return true
  })
})

test('the ledger counts exactly the runs that the probers of both regions counted', async () => {
  await eventually(60, async () => {
    const texts = await Promise.all(
      PROBERS.map(async (prober) => (await fetch(stack.url(prober, '/metrics'))).text()),
    )
    const counted = (verdict: string) => {
      const series = new RegExp(
        `^plimsoll_probe_attempts_total\\{.*flow="push-pull".*verdict="${verdict}".*\\} (\\d+)$`,
        'gm',
      )
      return [...texts.join('\n').matchAll(series)].reduce((sum, [, count]) => sum + Number(count), 0)
    }
    const { budget } = await slo('registry-push-pull')
    expect(counted('ok')).toBeGreaterThanOrEqual(8)
    expect(budget).toMatchObject({ good: counted('ok'), bad: counted('target_fail') })
    return true
  })
})

test('what is pushed in one region is soon in the other', async () => {
  type Tags = { tags: { name: string; regions: { region: string; digest: string }[] }[] }
  await eventually(30, async () => {
    const { tags } = await stack.getJson<Tags>(HUB, '/api/v1/repositories/samples%2Fweb/tags')
    expect(tags.length).toBeGreaterThanOrEqual(3)
    for (const { regions } of tags) {
      expect(regions.map(({ region }) => region)).toEqual(['eu-west', 'us-east'])
      expect(new Set(regions.map(({ digest }) => digest)).size).toBe(1)
    }
    return true
  })
})

test('a visit of the hub leaves one SERVER span with its route template', async () => {
  type Span = { traceId: string; kind: string; attributes: Record<string, unknown> }
  const span = await eventually(30, async () => {
    const { spans } = await stack.getJson<{ spans: Span[] }>(OTLP, '/spans?limit=200')
    return spans.find(({ attributes }) => attributes['http.route'] === '/api/v1/repositories/{name}')
  })
  expect(span).toMatchObject({
    kind: 'server',
    resource: { 'service.name': 'hub-api', 'cloud.region': 'us-east' },
  })
  const { spans } = await stack.getJson<{ spans: Span[] }>(OTLP, `/traces/${span.traceId}`)
  expect(spans.filter(({ kind }) => kind === 'server')).toHaveLength(1)
})

test('the hub knows the images that were pushed, by the registry’s own notifications', async () => {
  type List = { repositories: { name: string }[] }
  const names = await eventually(30, async () => {
    const { repositories } = await stack.getJson<List>(HUB, '/api/v1/repositories')
    return repositories.length >= 3 ? repositories.map(({ name }) => name) : undefined
  })
  expect(names).toEqual(expect.arrayContaining(['samples/batch', 'samples/web', 'samples/worker']))
})

test('visits of the hub’s pages are counted where the web’s SLO looks for them', async () => {
  await inBrowser(async (browser) => {
    const page = await browser.newPage()
    for (const path of ['/', '/search?q=samples']) {
      await page.goto(stack.url(HUB, path))
      await page.click('h1') // the largest element is known once somebody acts
      await page.click('.name >> nth=0')
    }
    await page.goto('about:blank')
  })
  const views = 'sum by (http_route) (web_vital_lcp_seconds_count{service_name="hub-web"}) > 0'
  await eventually(60, async () => {
    const pages = (await stack.query(views)).map(({ metric }) => metric.http_route).sort()
    expect(pages).toEqual(expect.arrayContaining(['/', '/search']))
    return true
  })
})

test('every dashboard query that should have data has it', async () => {
  const folder = `${stack.state}/build/grafana/dashboards`
  const dashboards = new Map<string, string>()
  for (const file of await readdir(folder)) dashboards.set(file, await readFile(`${folder}/${file}`, 'utf8'))
  // A browser has just visited.
  const queries = panelQueries(dashboards).filter(({ data }) => data !== 'on-fault')
  expect(queries.length).toBeGreaterThan(30)
  for (const { dashboard, panel, expr, instant } of queries) {
    await eventually(200, async () => {
      const now = Date.now() / 1000
      const path = instant
        ? `/api/v1/query?query=${encodeURIComponent(expr)}`
        : `/api/v1/query_range?query=${encodeURIComponent(expr)}&start=${now - 300}&end=${now}&step=15`
      const { data } = await stack.getJson<{ data: { result: unknown[] } }>(PROMETHEUS, path)
      if (data.result.length === 0) throw new Error(`${dashboard}: ${panel}: no data for ${expr}`)
      return true
    })
  }
})

test('the console shows each SLO with its state, and is accessible', async () => {
  await inBrowser(async (browser) => {
    const page = await browser.newPage({ bypassCSP: true })
    await page.goto(stack.url(CONSOLE, '/'))
    const text = await page.innerText('main')
    for (const name of [
      'Registry push and pull, seen from outside',
      'Hub API availability',
      'Hub API latency',
    ])
      expect(text).toContain(name)
    expect(text).toContain('of the budget left')
    await page.addScriptTag({ content: axe.source })
    const { violations } = (await page.evaluate('axe.run()')) as { violations: { id: string }[] }
    expect(violations.map(({ id }) => id)).toEqual([])
  })
})

test('a child that is killed comes back by itself', async () => {
  const pagerduty = async () => {
    const { children } = await askStack<StackStatus>(`${stack.state}/control.sock`, 'GET', '/status')
    return children.find(({ name }) => name === 'pagerduty')
  }
  const before = await pagerduty()
  process.kill(before?.pid ?? Number.NaN, 'SIGKILL')
  const after = await eventually(30, async () => {
    const child = await pagerduty()
    return child?.state === 'ready' && child.pid !== before?.pid ? child : undefined
  })
  expect(after.restarts).toBe(1)
})

test('nothing has paged while all was well', async () => {
  expect(await pages()).toEqual([])
})

test('a frozen registry pages, names the SLO, the region and the service, and nothing else pages', async () => {
  expect(await stack.plimsoll('break', 'registry-down:us-east')).toMatchObject({ code: 0 })
  const [page] = await eventually(180, async () => {
    const arrived = await pages()
    return arrived.length > 0 ? arrived : undefined
  })
  expect(page?.payload).toMatchObject({
    class: 'registry-push-pull',
    group: 'us-east',
    component: 'registry',
  })
  expect((await pages()).map(({ payload }) => payload.class)).toEqual(['registry-push-pull'])
  for (const { href } of page?.links.filter(({ href }) => href.startsWith(stack.url(CONSOLE))) ?? [])
    expect((await fetch(href)).status, href).toBe(200)
  const failed = (await probeRuns()).find(({ verdict }) => verdict !== 'ok')
  expect(failed).toMatchObject({ verdict: 'target_fail', reason: 'timeout' })
  expect(await slo('registry-push-pull')).toMatchObject({ state: 'exhausted' })
  expect(await stack.plimsoll('heal')).toMatchObject({ code: 0, out: 'healed: registry-down:us-east\n' })
  await eventually(30, async () => ((await probeRuns())[0]?.verdict === 'ok' ? true : undefined))
})

test('a hub that answers 500 pages for the hub', async () => {
  expect(await stack.plimsoll('break', 'hub-errors')).toMatchObject({ code: 0 })
  await eventually(180, async () =>
    (await pages()).some(({ payload }) => payload.class === 'hub-api-availability') ? true : undefined,
  )
  const named = (await pages()).map(({ payload }) => `${payload.class} ${payload.component} ${payload.group}`)
  expect([...new Set(named)].sort()).toEqual([
    'hub-api-availability hub-api us-east',
    'registry-push-pull registry us-east',
  ])
  expect(await stack.plimsoll('heal')).toMatchObject({ code: 0, out: 'healed: hub-errors\n' })
  expect((await fetch(stack.url(HUB, '/api/v1/repositories'))).status).toBe(200)
})

test('the tour’s blocks do what they say, and its page names eu-west alone', async () => {
  const before = (await pages()).length
  await runBlocks('docs/tour.md')
  const arrived = (await pages()).slice(before).map(({ payload }) => `${payload.class} ${payload.group}`)
  expect(arrived).toEqual(['registry-push-pull eu-west'])
})

test('the README’s blocks for a running stack do what they say', () => runBlocks('README.md'))

async function inBrowser(work: (browser: Browser) => Promise<void>): Promise<void> {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-sync',
    ],
  })
  try {
    await work(browser)
  } finally {
    await browser.close()
  }
}

/** Runs the lines of every `sh stack` block of a page against this stack, in order; each must succeed. */
async function runBlocks(file: string): Promise<void> {
  const blocks = codeBlocks(file, await readFile(`${root}/${file}`, 'utf8'))
  const lines = blocks
    .filter(({ info }) => info === 'sh stack')
    .flatMap(({ text }) => text.trim().split('\n'))
  expect(lines.length).toBeGreaterThan(3)
  // The pages say the default ports; this stack has others.
  const own = lines.map((line) =>
    line.replaceAll(/127\.0\.0\.1:47(\d\d)/g, (_, n) => stack.url(Number(n)).slice(7)),
  )
  for (const line of own) expect(await stack.shell(line), line).toMatchObject({ code: 0 })
}

test('wrong use is told: an unknown fault, a stack that runs already', async () => {
  const unknown = await stack.plimsoll('break', 'registry-on-fire')
  expect(unknown.code).toBe(2)
  expect(unknown.err).toContain('registry-down:us-east')
  const twice = await stack.plimsoll('up', '--detach')
  expect(twice.code).toBe(3)
  expect(twice.err).toContain('plimsoll down')
})

test('`down` leaves no process behind, and a second start remembers the budget', async () => {
  const before = (await slo('registry-push-pull')).budget
  expect(await stack.plimsoll('down')).toMatchObject({ code: 0, out: 'stopped\n' })
  expect(await processesOf(stack.state)).toEqual([])
  const up = await stack.plimsoll('up', '--detach')
  expect(up, up.err).toMatchObject({ code: 0 })
  const after = (await slo('registry-push-pull')).budget
  expect(after?.bad).toBe(before?.bad)
  expect(after?.total).toBeGreaterThanOrEqual(before?.total ?? Number.POSITIVE_INFINITY)
})

test('SIGTERM to `npm start` stops everything it started', async () => {
  await stack.plimsoll('down')
  const env = { ...process.env, PLIMSOLL_STATE: stack.state, PLIMSOLL_PORT_BASE: String(stack.portBase) }
  // Set-up has run already: `pretest` does the same.
  const npm = spawn('npm', ['start', '--ignore-scripts'], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  npm.stdout.on('data', (chunk) => {
    said += chunk
  })
  await eventually(60, async () => (said.includes('Plimsoll is up') ? true : undefined))
  expect((await processesOf(stack.state)).length).toBeGreaterThan(9)
  npm.kill('SIGTERM')
  await once(npm, 'exit')
  await eventually(15, async () => ((await processesOf(stack.state)).length === 0 ? true : undefined))
})

/** Processes that name the state folder in their arguments or environment. */
async function processesOf(state: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const seen = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')
      return { command: await read('cmdline'), environment: await read('environ') }
    }),
  )
  return seen
    .filter(({ command, environment }) => `${command}${environment}`.includes(state))
    .map(({ command }) => command.replaceAll('\0', ' '))
}
