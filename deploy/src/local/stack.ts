/** The local stack from nothing to ready: prepares state, builds the tree from the specs, starts the children. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Plan } from '@plimsoll/slo/plan'
import { buildTree, PARTS } from '../build/tree.ts'
import { buildWebClient } from '../build/web-client.ts'
import { writeTree } from '../build/write-tree.ts'
import { isFree } from '../process/free-port.ts'
import { sweepCanaries } from './canary-sweep.ts'
import { stackChildren, webClientFile } from './children.ts'
import { proberConfig, prometheusConfig, registryConfig } from './configs.ts'
import type { Controls, StackStatus } from './control.ts'
import { FAULTS, isFault } from './faults.ts'
import { namedPorts, type Ports, url } from './ports.ts'
import { prepareState, registryStorage, type State } from './state.ts'
import { Supervisor } from './supervisor.ts'

/** Where Grafana would be; the stack has none, but alerts link to its dashboards. */
const DASHBOARD_URL = 'http://127.0.0.1:3000'

/** A canary lives for seconds; what is older than this and deleted is of no use to anybody. */
const SWEEP_EVERY_MS = 600_000
const SWEPT_AFTER_MS = 600_000

export type Stack = Controls & {
  /** Resolves when every child is ready. */
  start(): Promise<void>
  stop(): Promise<void>
}

export async function prepareStack(
  plan: Plan,
  ports: Ports,
  state: State,
  report: (message: string) => void,
  onDown: () => void,
): Promise<Stack> {
  prepareState(state)
  await writeConfigs(ports, state)
  await Promise.all([
    writeBuild(plan, ports, state),
    buildWebClient(webClientFile(state)),
    collectGarbage(ports, state, report),
  ])
  const supervisor = new Supervisor(stackChildren(ports, state), state.logs, report)
  const faults = new Set<string>()
  const broken = { supervisor, ports, state }
  let ready = false
  const heal = async (): Promise<string[]> => {
    const healed = [...faults]
    // Every fault, not only the known ones: the hub and the proxies keep theirs when the supervisor is restarted.
    const left: unknown[] = []
    // One that cannot be healed now, because its process is just starting again, keeps no other one from it.
    for (const [name, fault] of Object.entries(FAULTS))
      await fault.heal(broken).then(
        () => faults.delete(name),
        (error) => left.push(`${name}: ${error}`),
      )
    if (left.length > 0) throw new Error(`not healed, try again in a moment: ${left.join('; ')}`)
    return healed
  }
  let sweeping: NodeJS.Timeout | undefined
  const sweep = async () => {
    for (const { region } of ports.regions)
      await sweepCanaries(registryStorage(state, region), Date.now(), SWEPT_AFTER_MS).catch((error) =>
        report(`registry-${region}: canaries were not swept, next try in ten minutes: ${error}`),
      )
  }
  return {
    async start() {
      await supervisor.start()
      await heal()
      ready = true
      sweeping = setInterval(sweep, SWEEP_EVERY_MS)
    },
    stop: () => {
      clearInterval(sweeping)
      return supervisor.stop()
    },
    down: onDown,
    status: (): StackStatus => ({
      pid: process.pid,
      ready,
      endpoints: endpoints(ports),
      faults: [...faults],
      children: supervisor.status(),
    }),
    async breakWith(fault) {
      if (!isFault(fault)) throw new Error(`no fault named ${fault}`)
      await FAULTS[fault]?.inject(broken)
      faults.add(fault)
      report(`broken on purpose: ${fault}`)
    },
    heal,
  }
}

export function endpoints(ports: Ports): Record<string, string> {
  return {
    console: url(ports.console, '/'),
    prometheus: url(ports.prometheus, '/alerts'),
    alertmanager: url(ports.alertmanager),
    pagerduty: url(ports.pagerduty),
    hub: url(ports.hub, '/'),
    traces: url(ports.otlp, '/spans'),
    ...Object.fromEntries(
      ports.regions.map(({ region, proxy }) => [`registry ${region}`, url(proxy, '/v2/')]),
    ),
  }
}

/** Names and numbers of ports that something else holds. */
export async function takenPorts(ports: Ports): Promise<{ name: string; port: number }[]> {
  const checked = await Promise.all(
    namedPorts(ports).map(async (one) => ({ ...one, free: await isFree(one.port) })),
  )
  return checked.filter(({ free }) => !free).map(({ name, port }) => ({ name, port }))
}

async function writeBuild(plan: Plan, ports: Ports, state: State): Promise<void> {
  const tree = await buildTree(plan, {
    parts: PARTS,
    links: { consoleUrl: url(ports.console), dashboardUrl: DASHBOARD_URL },
    routing: {
      pagerdutyUrl: url(ports.pagerduty, '/v2/enqueue'),
      routingKeyFile: state.secrets.pagerdutyRoutingKey,
      ticketsUrl: url(ports.pagerduty, '/tickets'),
      deadmanUrl: url(ports.pagerduty, '/deadman'),
    },
    prometheusUrl: url(ports.prometheus),
  })
  await writeTree(state.build, tree)
}

async function writeConfigs(ports: Ports, state: State): Promise<void> {
  const write = (file: string, text: string) => writeFile(join(state.config, file), text, { mode: 0o600 })
  const notifications = await readFile(state.secrets.notificationsToken, 'utf8')
  const http = await readFile(state.secrets.registryHttpSecret, 'utf8')
  await write('prometheus.yml', prometheusConfig(ports, state))
  for (const at of ports.regions) {
    await write(`registry-${at.region}.yml`, registryConfig(at, ports, state, { notifications, http }))
    await write(`prober-${at.region}.json`, proberConfig(at, ports, state))
  }
}

/** What was deleted leaves its blobs behind; only a registry that is not running can safely drop all of them. */
async function collectGarbage(ports: Ports, state: State, report: (message: string) => void): Promise<void> {
  for (const { region } of ports.regions) {
    const config = join(state.config, `registry-${region}.yml`)
    if (!existsSync(join(registryStorage(state, region), 'docker')) || !existsSync(config)) continue
    try {
      await promisify(execFile)('docker-registry', ['garbage-collect', config], { maxBuffer: 64_000_000 })
    } catch (error) {
      // Disk space is worth no outage.
      const { stderr = '' } = error as { stderr?: string }
      report(`registry-${region}: garbage was not collected: ${stderr.trim().slice(-300) || error}`)
    }
  }
}
