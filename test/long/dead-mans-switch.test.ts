/** The silence of a dead Prometheus, as the receiver outside hears it. Real Prometheus, real Alertmanager. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { renderAlertmanager, renderWatchdogGroup } from '@plimsoll/alerts'
import { compilePlan } from '@plimsoll/slo/plan'
import { expect, test } from 'vitest'
import { freePort, runPrometheus } from '../../slo/src/service/testing/prometheus.ts'

test('no heartbeat comes once Prometheus is dead, though Alertmanager takes the Watchdog as firing for minutes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-deadman-'))
  const cleanUp: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    let heartbeats = 0
    const receiver = createServer((request, response) => {
      if (request.url === '/deadman') heartbeats += 1
      request.resume().on('end', () => response.end())
    }).listen(0, '127.0.0.1')
    await once(receiver, 'listening')
    cleanUp.push(async () => receiver.close())
    const { port } = receiver.address() as AddressInfo

    const alertmanager = `127.0.0.1:${await freePort()}`
    const routing = renderAlertmanager(compilePlan([]).plan ?? { version: 1, slos: [], groups: [] }, {
      pagerdutyUrl: `http://127.0.0.1:${port}/pages`,
      routingKeyFile: join(folder, 'no-key'),
      ticketsUrl: `http://127.0.0.1:${port}/tickets`,
      deadmanUrl: `http://127.0.0.1:${port}/deadman`,
    })
    await writeFile(join(folder, 'alertmanager.yaml'), JSON.stringify(routing))
    const flags = [
      `--config.file=${join(folder, 'alertmanager.yaml')}`,
      `--storage.path=${join(folder, 'alertmanager')}`,
      `--web.listen-address=${alertmanager}`,
      '--cluster.listen-address=',
    ]
    const child = spawn('prometheus-alertmanager', flags, { stdio: 'ignore' })
    cleanUp.push(async () => child.kill('SIGKILL') && once(child, 'exit'))
    await writeFile(
      join(folder, 'watchdog.rules.yaml'),
      JSON.stringify({
        groups: [renderWatchdogGroup({ consoleUrl: 'http://console.test', dashboardUrl: '' })],
      }),
    )
    const prometheus = await runPrometheus(folder, {
      rule_files: [join(folder, 'watchdog.rules.yaml')],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    })
    cleanUp.push(prometheus.stop)

    while (heartbeats < 4) await sleep(200)
    await prometheus.stop()
    const heard = heartbeats
    const firing = async () => {
      const alerts = await fetch(`http://${alertmanager}/api/v2/alerts?filter=alertname="Watchdog"`)
      return ((await alerts.json()) as object[]).length > 0
    }
    expect(await firing()).toBe(true)
    while (await firing()) await sleep(1000)
    // One may have been on its way.
    expect(heartbeats - heard).toBeLessThanOrEqual(1)
  } finally {
    for (const end of cleanUp.reverse()) await end()
  }
})
