/**
 * The faults that `plimsoll break` injects into the running stack, for real, and what each must cause. This one table is
 * what the command prints, what deploy/README.md shows, and what `npm run test:long` holds the running stack to.
 */
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reason, Verdict } from '@plimsoll/instrumentation'
import type { Fault as ProxyFault } from '../proxy/fault.ts'
import { corruptBlob, restoreBlob } from './corrupt-blob.ts'
import { type Ports, REGIONS, type Region, url } from './ports.ts'
import type { State } from './state.ts'
import type { Supervisor } from './supervisor.ts'

export type Breakable = { supervisor: Supervisor; ports: Ports; state: State }

export type Alerting = { slo: string; region: string }

export type FaultPlan = {
  /** In plain words, for `--help` and the docs. */
  does: string
  /** What probes of `flow` say of `region` while it lasts; absent when no probe may notice. Without a step: at any. */
  probe?: { flow: string; region: Region; verdict: Verdict; reason: Reason; step?: string }
  /** SLOs whose budget burns; no other may lose any. */
  burns: string[]
  /** The pages that must arrive; nothing else may page. */
  pages: Alerting[]
  /** SLOs that may open tickets; nothing else may. */
  tickets: string[]
  inject(stack: Breakable): Promise<void>
  /** Does nothing when the fault is not there. */
  heal(stack: Breakable): Promise<void>
}

/** Of a registry that is out for its clients: the probe that pushes and pulls sees it first. */
const outage = (region: Region, reason: Reason, step = 'ping') => ({
  probe: { flow: 'push-pull', region, verdict: 'target_fail', reason, step } as const,
  burns: ['registry-push-pull', 'registry-replication'],
  pages: [{ slo: 'registry-push-pull', region }],
  tickets: ['registry-push-pull', 'registry-replication', 'registry-integrity'],
})

/** Each request waits this long: the fourth of a push, which begins its second blob, misses the deadline of five seconds. */
const SLOW_SECONDS = 1.5

export const FAULTS: Record<string, FaultPlan> = {
  ...inEachRegion('registry-down', (region) => ({
    does: `the ${region} registry is frozen (SIGSTOP): it takes connections and answers nothing`,
    ...outage(region, 'timeout'),
    inject: async ({ supervisor }) => supervisor.child(`registry-${region}`).pause(),
    heal: ({ supervisor }) => supervisor.child(`registry-${region}`).resume(),
  })),
  ...inEachRegion('registry-slow', (region) => ({
    does: `every request to the ${region} registry waits ${SLOW_SECONDS} s`,
    ...outage(region, 'timeout', 'start-upload'),
    ...proxied(region, { mode: 'slow', ratio: 1, delaySeconds: SLOW_SECONDS }),
  })),
  ...inEachRegion('registry-errors', (region) => ({
    does: `every request to the ${region} registry is answered 500`,
    ...outage(region, 'server_error'),
    ...proxied(region, { mode: 'errors', ratio: 1 }),
  })),
  ...inEachRegion('registry-throttling', (region) => ({
    does: `every request to the ${region} registry is answered 429, whoever asks`,
    ...outage(region, 'throttled'),
    ...proxied(region, { mode: 'throttle', ratio: 1, retryAfterSeconds: 1 }),
  })),
  ...inEachRegion('corrupt-blob', (region) => ({
    does: `one bit of a retained image flips on the disk of the ${region} registry, which answers 200 as before`,
    probe: {
      flow: 'integrity',
      region,
      verdict: 'target_fail',
      reason: 'digest_mismatch',
      step: 'pull-blob',
    },
    burns: ['registry-integrity'],
    pages: [{ slo: 'registry-integrity', region }],
    tickets: ['registry-integrity'],
    inject: ({ state }) => corruptBlob(state, region),
    heal: async ({ state }) => restoreBlob(state, region),
  })),
  'replication-stopped': {
    does: 'the replicator copies nothing between the regions; what is pushed waits in its queue',
    probe: {
      flow: 'replication',
      region: 'eu-west',
      verdict: 'target_fail',
      reason: 'not_replicated',
      step: 'find-copy',
    },
    burns: ['registry-replication'],
    pages: [],
    tickets: ['registry-replication'],
    inject: (stack) => stopReplication(stack, true),
    heal: (stack) => stopReplication(stack, false),
  },
  'hub-errors': {
    does: 'every request to the hub API is answered 500',
    burns: ['hub-api-availability'],
    pages: [{ slo: 'hub-api-availability', region: 'us-east' }],
    tickets: ['hub-api-availability'],
    inject: (stack) => setHubFaults(stack, { errors: 1 }),
    heal: (stack) => setHubFaults(stack, {}),
  },
  'hub-slow': {
    does: 'every answer of the hub API takes a second longer',
    burns: ['hub-api-latency'],
    pages: [{ slo: 'hub-api-latency', region: 'us-east' }],
    tickets: ['hub-api-latency'],
    inject: (stack) => setHubFaults(stack, { delaySeconds: 1 }),
    heal: (stack) => setHubFaults(stack, {}),
  },
  ...inEachRegion('prober-starved', (region) => ({
    does: `the ${region} prober gets the processor for a moment every few seconds`,
    probe: { flow: 'push-pull', region, verdict: 'prober_fail', reason: 'prober_overloaded' },
    burns: [],
    pages: [],
    // Nobody else pushes here and looks there: after a quarter of an hour that direction is blind.
    tickets: ['registry-replication'],
    inject: async ({ supervisor }) => supervisor.child(`prober-${region}`).starve(),
    heal: ({ supervisor }) => supervisor.child(`prober-${region}`).resume(),
  })),
  'prometheus-down': {
    does: 'Prometheus is killed and stays down: no rule is evaluated, and the Watchdog falls silent at once',
    burns: [],
    pages: [],
    tickets: [],
    inject: ({ supervisor }) => supervisor.child('prometheus').takeDown(),
    heal: ({ supervisor }) => supervisor.child('prometheus').resume(),
  },
  'slo-service-down': {
    does: 'the SLO service is killed and stays down: probers keep their results until it is back',
    burns: [],
    pages: [],
    tickets: [],
    inject: ({ supervisor }) => supervisor.child('slo-service').takeDown(),
    heal: ({ supervisor }) => supervisor.child('slo-service').resume(),
  },
}

export function isFault(name: string): boolean {
  return Object.hasOwn(FAULTS, name)
}

function inEachRegion(name: string, plan: (region: Region) => FaultPlan): Record<string, FaultPlan> {
  return Object.fromEntries(REGIONS.map(({ region }) => [`${name}:${region}`, plan(region)]))
}

/** A fault that the proxy in front of a registry plays. */
function proxied(region: Region, fault: ProxyFault): Pick<FaultPlan, 'inject' | 'heal'> {
  const put = ({ ports, state }: Breakable, body: ProxyFault) => {
    const proxy = ports.regions.find((at) => at.region === region)?.proxy ?? 0
    return setSwitch(url(proxy, '/_fault'), state.secrets.proxyFaultToken, body)
  }
  return { inject: (stack) => put(stack, fault), heal: (stack) => put(stack, { mode: 'none' }) }
}

function setHubFaults({ ports, state }: Breakable, faults: { errors?: number; delaySeconds?: number }) {
  return setSwitch(url(ports.hub, '/faults'), state.secrets.hubFaultToken, faults)
}

function stopReplication({ ports, state }: Breakable, stopped: boolean) {
  return setSwitch(url(ports.replicator, '/faults'), state.secrets.replicatorFaultToken, { stopped })
}

/** A process that is just starting again is waited for: healing must reach it too. */
const SWITCH_SECONDS = 10

async function setSwitch(address: string, tokenFile: string, body: object): Promise<void> {
  const answer = await patient(() => put(address, tokenFile, body))
  if (!answer.ok)
    throw new Error(`PUT ${address}: saw ${answer.status}: ${(await answer.text()).slice(0, 200)}`)
}

async function patient<T>(ask: () => Promise<T>): Promise<T> {
  const untilMs = Date.now() + SWITCH_SECONDS * 1000
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (Date.now() > untilMs) throw error
      await sleep(500)
    }
  }
}

async function put(address: string, tokenFile: string, body: object): Promise<Response> {
  return fetch(address, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${await readFile(tokenFile, 'utf8')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(5000),
  })
}
