/** The stand-in at the end of a real Alertmanager: what it sends is what the schemas here accept. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { eventually, freePort, served, silent, temporaryFolder } from '../process/test-parts.ts'
import { pagerDutyApp } from './pagerduty-app.ts'

const ROUTING_KEY = 'a-routing-key-of-32-characters-a'

async function alertmanagerSendingTo(standIn: string): Promise<string> {
  const folder = temporaryFolder()
  const config = join(folder, 'alertmanager.json')
  writeFileSync(config, JSON.stringify(routing(standIn)))
  const origin = `http://127.0.0.1:${await freePort()}`
  const child = spawn(
    'prometheus-alertmanager',
    [
      `--config.file=${config}`,
      `--storage.path=${folder}`,
      `--web.listen-address=${new URL(origin).host}`,
      '--cluster.listen-address=',
    ],
    { stdio: 'ignore' },
  )
  const exited = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  await eventually(async () => (await fetch(`${origin}/-/ready`)).ok)
  return origin
}

function routing(standIn: string) {
  const soon = { group_wait: '10ms', group_interval: '100ms' }
  return {
    route: {
      receiver: 'tickets',
      group_by: ['alertname'],
      ...soon,
      routes: [
        { matchers: ['severity = "page"'], receiver: 'pages' },
        { matchers: ['alertname = "Watchdog"'], receiver: 'deadman' },
      ],
    },
    receivers: [
      { name: 'pages', pagerduty_configs: [{ url: `${standIn}/v2/enqueue`, routing_key: ROUTING_KEY }] },
      { name: 'tickets', webhook_configs: [{ url: `${standIn}/tickets` }] },
      { name: 'deadman', webhook_configs: [{ url: `${standIn}/deadman` }] },
    ],
  }
}

test('a page becomes an incident and is resolved; a ticket and a heartbeat arrive where they belong', async () => {
  const standIn = await served(
    pagerDutyApp({ stateFolder: temporaryFolder(), log: silent, now: () => new Date() }),
  )
  const alertmanager = await alertmanagerSendingTo(standIn)
  const send = (labels: Record<string, string>, endsAt?: Date) =>
    fetch(`${alertmanager}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ labels, endsAt }]),
    })
  const received = async (path: string) =>
    (await (await fetch(standIn + path)).json()) as Record<string, unknown>[]
  const page = { alertname: 'SLOErrorBudgetBurn', severity: 'page' }

  await send(page)
  await send({ alertname: 'SLOErrorBudgetExhausted', severity: 'ticket' })
  await send({ alertname: 'Watchdog' })
  await eventually(async () => (await received('/incidents'))[0]?.status === 'triggered')
  await eventually(async () => (await received('/tickets'))[0]?.receiver === 'tickets')
  await eventually(async () => (await received('/deadman'))[0]?.receiver === 'deadman')

  await send(page, new Date())
  await eventually(async () => (await received('/incidents'))[0]?.status === 'resolved')
  expect(await received('/incidents')).toHaveLength(1)
  expect(JSON.stringify(await received('/events'))).not.toContain(ROUTING_KEY)
})
