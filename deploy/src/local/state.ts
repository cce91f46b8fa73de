/** Where the local stack keeps what it writes: one folder, `.plimsoll/` by default. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

export const DEFAULT_STATE_FOLDER = '.plimsoll'

export type State = {
  folder: string
  /** Logs, one file a child. */
  logs: string
  /** What `plimsoll build` writes from the specs. */
  build: string
  /** Configuration files of the children. */
  config: string
  /** Each child's own data. */
  data: string
  /** The supervisor's unix socket. */
  socket: string
  secrets: Secrets
}

/** Files that hold one secret each, mode 0600, made at the first start. */
export type Secrets = {
  /** Probers → SLO service. */
  ledgerToken: string
  /** Fault switch of the hub. */
  hubFaultToken: string
  /** Fault switch of the registry proxies. */
  proxyFaultToken: string
  /** Stop switch of the replicator. */
  replicatorFaultToken: string
  /** Registry webhooks → hub and replicator. */
  notificationsToken: string
  /** Signs the registry's upload state, so that uploads survive its restart. */
  registryHttpSecret: string
  /** Alertmanager → PagerDuty: 32 characters, as PagerDuty's integration keys are. */
  pagerdutyRoutingKey: string
}

export function stateIn(folder: string): State {
  const root = resolve(folder)
  const secret = (name: string) => join(root, 'secrets', name)
  return {
    folder: root,
    logs: join(root, 'logs'),
    build: join(root, 'build'),
    config: join(root, 'config'),
    data: join(root, 'data'),
    socket: join(root, 'control.sock'),
    secrets: {
      ledgerToken: secret('ledger-token'),
      hubFaultToken: secret('hub-fault-token'),
      proxyFaultToken: secret('proxy-fault-token'),
      replicatorFaultToken: secret('replicator-fault-token'),
      notificationsToken: secret('notifications-token'),
      registryHttpSecret: secret('registry-http-secret'),
      pagerdutyRoutingKey: secret('pagerduty-routing-key'),
    },
  }
}

/** A registry's root directory. */
export function registryStorage(state: State, region: string): string {
  return join(state.data, `registry-${region}`)
}

/** Makes the folders and the secrets that are not there yet. */
export function prepareState(state: State): void {
  for (const folder of [state.logs, state.build, state.config, state.data])
    mkdirSync(folder, { recursive: true })
  mkdirSync(join(state.folder, 'secrets'), { recursive: true, mode: 0o700 })
  for (const file of Object.values(state.secrets)) {
    if (!existsSync(file)) writeFileSync(file, randomBytes(16).toString('hex'), { mode: 0o600 })
  }
}

/** A unix socket's path may have 107 bytes: relative to the working folder where that is shorter. */
export function socketPath(state: State): string {
  const near = relative(process.cwd(), state.socket)
  return near.length < state.socket.length ? near : state.socket
}
