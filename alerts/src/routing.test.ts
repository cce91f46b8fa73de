/** Routing and inhibition as the real amtool and the real Alertmanager see them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createNetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Plan } from '@plimsoll/slo/plan'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RoutingOptions, renderAlertmanager } from './routing.ts'
import { judge, livePlan } from './test-support.ts'

const OPTIONS: RoutingOptions = {
  pagerdutyUrl: 'http://127.0.0.1:9/v2/enqueue',
  routingKeyFile: '/run/secrets/pagerduty',
  ticketsUrl: 'http://127.0.0.1:9/tickets',
  deadmanUrl: 'http://127.0.0.1:9/deadman',
}
let plan: Plan
beforeAll(async () => {
  plan = await livePlan()
})

test('the configuration is what we reviewed', async () => {
  const text = `${JSON.stringify(renderAlertmanager(plan, OPTIONS), null, 2)}\n`
  await expect(text).toMatchFileSnapshot('golden/alertmanager.json')
})

describe('amtool', () => {
  const byOwner = { ...OPTIONS, routingKeyFileByOwner: { 'team-hub': '/run/secrets/hub', 'team-gone': '/x' } }

  test('accepts the configuration, with and without owners of their own', async () => {
    for (const options of [OPTIONS, byOwner]) {
      const file = JSON.stringify(renderAlertmanager(plan, options))
      const verdict = await judge('amtool', ['check-config', 'am.yaml'], { 'am.yaml': file })
      expect(verdict.output).toContain('SUCCESS')
    }
  })

  const routes = [
    { labels: ['alertname=Watchdog', 'severity=none'], receiver: 'deadman' },
    { labels: ['alertname=SLOErrorBudgetBurn', 'severity=page', 'owner=team-registry'], receiver: 'pages' },
    {
      labels: ['alertname=SLOErrorBudgetBurn', 'severity=page', 'owner=team-hub'],
      receiver: 'pages-team-hub',
    },
    { labels: ['alertname=SLOBlind', 'severity=page', 'owner=team-registry'], receiver: 'pages' },
    { labels: ['alertname=SLOErrorBudgetBurn', 'severity=ticket', 'owner=team-hub'], receiver: 'tickets' },
    { labels: ['alertname=SLOBurnExplained', 'severity=none', 'owner=team-hub'], receiver: 'nobody' },
    { labels: ['alertname=SomebodyElses'], receiver: 'tickets' },
  ]
  for (const { labels, receiver } of routes) {
    test(`${labels.join(' ')} goes to ${receiver}`, async () => {
      const file = JSON.stringify(renderAlertmanager(plan, byOwner))
      const args = [
        'config',
        'routes',
        'test',
        '--config.file=am.yaml',
        `--verify.receivers=${receiver}`,
        ...labels,
      ]
      expect(await judge('amtool', args, { 'am.yaml': file })).toMatchObject({ passed: true })
    })
  }
})

describe('a running Alertmanager', () => {
  type Posted = { labels: Record<string, string>; annotations?: Record<string, string>; endsAt?: string }
  const received: Record<string, unknown>[] = []
  const heartbeats: { alerts: Posted[] }[] = []
  const annotations = {
    summary: 'push-pull in us-east: 4% of events are bad',
    burn_rate: '41.7',
    budget_remaining: '63%',
    runbook_url: 'http://runbooks.test/registry-push-pull',
    console_url: 'http://console.test/slos/push-pull',
    dashboard_url: 'http://dashboards.test/d/slo-push-pull',
  }
  const alert = (alertname: string, slo: string, severity: string, region: string): Posted => ({
    labels: { alertname, slo, severity, region, service: `service-of-${slo}`, owner: 'team-registry' },
    annotations,
  })
  let folder: string
  let sink: Server
  let alertmanager: ChildProcess
  let base: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plimsoll-alertmanager-'))
    sink = createServer(async (request, response) => {
      const body = await text(request)
      if (request.url === '/v2/enqueue') received.push(JSON.parse(body))
      if (request.url === '/deadman') heartbeats.push(JSON.parse(body))
      response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"success"}')
    })
    const sinkUrl = `http://127.0.0.1:${await listen(sink)}`
    const routingKeyFile = join(folder, 'routing-key')
    await writeFile(routingKeyFile, '0123456789abcdef0123456789abcdef')
    const config = renderAlertmanager(plan, {
      pagerdutyUrl: `${sinkUrl}/v2/enqueue`,
      routingKeyFile,
      ticketsUrl: `${sinkUrl}/tickets`,
      deadmanUrl: `${sinkUrl}/deadman`,
    })
    const soon = JSON.stringify(config).replace('"10s"', '"1s"').replace('"30s"', '"1s"')
    await writeFile(join(folder, 'am.yaml'), soon)
    const port = await freePort()
    base = `http://127.0.0.1:${port}/api/v2`
    alertmanager = spawn(
      'prometheus-alertmanager',
      [
        `--config.file=${join(folder, 'am.yaml')}`,
        `--storage.path=${folder}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ],
      { stdio: 'ignore' },
    )
    await until(async () => (await fetch(`${base}/status`).catch(() => undefined))?.ok === true)
  })
  afterAll(async () => {
    if (alertmanager?.exitCode === null) {
      alertmanager.kill('SIGTERM')
      await once(alertmanager, 'exit')
    }
    sink?.close()
    if (folder) await rm(folder, { recursive: true, force: true })
  })

  async function post(alerts: Posted[]): Promise<void> {
    const body = JSON.stringify(alerts)
    await fetch(`${base}/alerts`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  }

  /** "alertname severity region" of the alerts of one SLO that some other alert made redundant. */
  async function inhibited(slo: string): Promise<string[]> {
    const query = `filter=${encodeURIComponent(`slo="${slo}"`)}&active=false&inhibited=true`
    const alerts = (await (await fetch(`${base}/alerts?${query}`)).json()) as Posted[]
    return alerts.map(({ labels }) => `${labels.alertname} ${labels.severity} ${labels.region}`).sort()
  }

  const burn = 'SLOErrorBudgetBurn'
  const cases: { name: string; slo: string; firing: [string, string, string][]; redundant: string[] }[] = [
    {
      name: "a region's page makes its tickets and all total alerts redundant",
      slo: 'push-pull',
      firing: [
        [burn, 'page', 'us-east'],
        [burn, 'ticket', 'us-east'],
        [burn, 'page', 'all'],
        [burn, 'ticket', 'all'],
        ['SLOErrorBudgetExhausted', 'ticket', 'all'],
        [burn, 'ticket', 'eu-west'],
      ],
      redundant: [
        `${burn} page all`,
        `${burn} ticket all`,
        `${burn} ticket us-east`,
        'SLOErrorBudgetExhausted ticket all',
      ],
    },
    {
      name: 'tickets make no page redundant, in the region or in total',
      slo: 'ticket-and-page',
      firing: [
        [burn, 'ticket', 'us-east'],
        [burn, 'page', 'all'],
        ['SLOErrorBudgetExhausted', 'ticket', 'us-east'],
      ],
      redundant: [],
    },
    {
      name: 'blindness in one region does not hide that all burn',
      slo: 'blind-and-burn',
      firing: [
        ['SLOBlind', 'page', 'us-east'],
        [burn, 'page', 'all'],
        [burn, 'page', 'eu-west'],
      ],
      redundant: [`${burn} page all`],
    },
    {
      name: 'a page of the total makes only its own ticket redundant',
      slo: 'total',
      firing: [
        [burn, 'page', 'all'],
        [burn, 'ticket', 'all'],
        [burn, 'ticket', 'us-east'],
      ],
      redundant: [`${burn} ticket all`],
    },
  ]
  for (const { name, slo, firing, redundant } of cases) {
    test(name, async () => {
      await post(firing.map(([alertname, severity, region]) => alert(alertname, slo, severity, region)))
      // Alertmanager learns of alerts in order: when it has drawn a conclusion about later ones, these are known.
      const later = `${slo}-later`
      await post([alert(burn, later, 'page', 'us-east'), alert(burn, later, 'ticket', 'us-east')])
      await until(async () => (await inhibited(later)).length === 1)
      expect(await inhibited(slo)).toEqual(redundant)
    })
  }

  describe('a burn that what the SLO needs explains', () => {
    const explained = (slo: string, explains: string, region: string): Posted => {
      const { labels } = alert('SLOBurnExplained', slo, 'none', region)
      return { labels: { ...labels, explains } }
    }
    /** Once Alertmanager has judged a pair posted later, it knows what was posted before. */
    async function judged(later: string): Promise<void> {
      await post([alert(burn, later, 'page', 'us-east'), alert(burn, later, 'ticket', 'us-east')])
      await until(async () => (await inhibited(later)).length === 1)
    }
    const toldOf = (slo: string) =>
      received.filter((event) => (event.payload as { class?: string }).class === slo)
    const actions = (slo: string) => toldOf(slo).map((event) => event.event_action)

    test('is redundant in its region and severity, and nothing else is', async () => {
      await post([
        alert(burn, 'token', 'page', 'us-east'),
        alert(burn, 'hub', 'page', 'us-east'),
        alert(burn, 'hub', 'page', 'eu-west'),
        alert('SLOIntegrityViolated', 'hub', 'page', 'us-east'),
        explained('hub', 'page', 'us-east'),
        alert(burn, 'search', 'page', 'us-east'),
        alert(burn, 'replication', 'ticket', 'us-east'),
        alert(burn, 'replication', 'ticket', 'eu-west'),
        explained('replication', 'ticket', 'us-east'),
        alert(burn, 'mirror', 'page', 'us-east'),
        explained('mirror', 'ticket', 'us-east'),
      ])
      await judged('explained-later')
      expect(await inhibited('hub')).toEqual([`${burn} page us-east`])
      expect(await inhibited('replication')).toEqual([`${burn} ticket us-east`])
      expect(await inhibited('search')).toEqual([]) // burns as well, for reasons of its own
      expect(await inhibited('mirror')).toEqual([]) // its ticket would be explained, not its page
      expect(await inhibited('token')).toEqual([])
    })

    test('is told when it is explained no longer', async () => {
      const page = alert(burn, 'own-fault', 'page', 'us-east')
      const helper = explained('own-fault', 'page', 'us-east')
      await post([helper, page])
      await judged('own-fault-later')
      await until(async () => actions('own-fault-later').length > 0)
      expect(actions('own-fault')).toEqual([])
      await post([{ ...helper, endsAt: new Date().toISOString() }])
      await until(async () => actions('own-fault').includes('trigger'))
    })

    test('is resolved at PagerDuty when it was told before, because the mute ends with it', async () => {
      const page = alert(burn, 'told-before', 'page', 'us-east')
      const helper = explained('told-before', 'page', 'us-east')
      await post([page])
      await until(async () => actions('told-before').includes('trigger'))
      await post([helper])
      await until(async () => (await inhibited('told-before')).length === 1)
      const endsAt = new Date().toISOString()
      await post([{ ...page, endsAt }])
      await post([{ ...helper, endsAt }])
      await until(async () => actions('told-before').includes('resolve'))
    })
  })

  describe('a service that burns in a region', () => {
    test('makes its blindness there redundant, not elsewhere and not of another service', async () => {
      const blind = (slo: string, region: string, service: string) => {
        const { labels } = alert('SLOBlind', slo, 'page', region)
        return { labels: { ...labels, service } }
      }
      const source = alert(burn, 'native-pull', 'page', 'us-east')
      await post([
        { labels: { ...source.labels, service: 'mirror' } },
        blind('native-push', 'us-east', 'mirror'),
        blind('native-push', 'eu-west', 'mirror'),
        blind('native-hub', 'us-east', 'hub-web'),
      ])
      await until(async () => (await inhibited('native-push')).length > 0)
      expect(await inhibited('native-push')).toEqual(['SLOBlind page us-east'])
      expect(await inhibited('native-hub')).toEqual([])
    })
  })

  test('a heartbeat is sent for each new beat of the Watchdog, and never repeated', async () => {
    const watchdog = (beat: string, more = {}) => ({
      labels: { alertname: 'Watchdog', severity: 'none', beat },
      ...more,
    })
    const beats = () => heartbeats.map(({ alerts }) => alerts.map(({ labels }) => labels.beat).join())
    await post([watchdog('0')])
    await until(async () => beats().length === 1)
    await post([watchdog('1'), watchdog('0', { endsAt: new Date().toISOString() })])
    await until(async () => beats().length === 2)
    // What Prometheus sends again is no news. A group with a wait of a second is told after the Watchdog's interval.
    await post([watchdog('1'), alert(burn, 'after-the-beat', 'page', 'us-east')])
    const told = () =>
      received.some((event) => (event.payload as { class?: string }).class === 'after-the-beat')
    await until(async () => told())
    await post([watchdog('0'), watchdog('1', { endsAt: new Date().toISOString() })])
    await until(async () => beats().at(-1) === '0' && beats().length > 1)
    expect(beats()).toEqual(['0', '1', '0'])
  })

  test('a page of another origin, without an SLO, silences nobody', async () => {
    await post([
      { labels: { alertname: 'DiskFull', severity: 'page' } },
      { labels: { alertname: 'DiskSlow', severity: 'ticket' } },
    ])
    const query = `filter=${encodeURIComponent('alertname="DiskSlow"')}&inhibited=false`
    await until(
      async () => ((await (await fetch(`${base}/alerts?${query}`)).json()) as Posted[]).length === 1,
    )
  })

  test('PagerDuty hears what burns, how fast, where, and where to look', async () => {
    const { labels, ...rest } = alert(burn, 'told', 'page', 'us-east')
    await post([{ ...rest, labels: { ...labels, service: 'registry' } }])
    const told = () => received.find((event) => (event.payload as { class: string }).class === 'told')
    await until(async () => told() !== undefined)
    expect(told()).toMatchObject({
      event_action: 'trigger',
      client_url: annotations.console_url,
      payload: {
        summary: `[registry/us-east] ${annotations.summary}`,
        severity: 'critical',
        component: 'registry',
        group: 'us-east',
        custom_details: { burn_rate: '41.7', budget_remaining: '63%', runbook: annotations.runbook_url },
      },
      links: [
        { href: annotations.runbook_url, text: 'Runbook' },
        { href: annotations.dashboard_url, text: 'Dashboard' },
        { href: annotations.console_url, text: 'SLO in the console' },
      ],
    })
  })
})

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function freePort(): Promise<number> {
  const server = createNetServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Polls; the test's own time limit is the only one. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50))
}
