/** One run of one flow against one target. */
import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Reason } from '@plimsoll/instrumentation'
import type { ProbeResult, ProbeStep } from '@plimsoll/instrumentation/envelope'
import { canaryTag } from './canary-tag.ts'
import type { Credentials } from './credentials.ts'
import type { Flow, FlowContext, Registries } from './flows/flow.ts'
import { INTEGRITY_REASONS, integrity } from './flows/integrity.ts'
import { pushPull } from './flows/push-pull.ts'
import { replication } from './flows/replication.ts'
import { watchLoop } from './loop-watch.ts'
import { RegistryClient } from './oci/client.ts'
import { parseRegistryUrl, parseRepository } from './oci/reference.ts'
import { startTrace } from './trace.ts'
import { isOverloaded, judge, type Remembered } from './verdict.ts'

export const FLOW_NAMES = ['push-pull', 'integrity', 'replication'] as const
export type FlowName = (typeof FLOW_NAMES)[number]

type FlowDefinition = {
  /** What a token is asked for. */
  actions: string
  start: (context: FlowContext) => Flow
  /** Reasons that it has against its target; it has every one when absent. */
  tells?: ReadonlySet<Reason>
}

const FLOWS: Record<FlowName, FlowDefinition> = {
  'push-pull': { actions: 'pull,push,delete', start: pushPull },
  integrity: { actions: 'pull,push', start: integrity, tells: INTEGRITY_REASONS },
  replication: { actions: 'pull,push,delete', start: replication },
}

export type RegistryAddress = {
  /** `http(s)://host[:port]`. */
  url: string
  credentials?: Credentials | undefined
}

export type ProbeTarget = RegistryAddress & {
  /** The target's region, a label. */
  region?: string
  /** Where canaries are pushed; default `defaultRepository(flow, vantage)`. */
  repository?: string | undefined
  /** `replication` alone: the vantage's own region, where the canary is pushed. */
  source?: RegistryAddress | undefined
}

export type ProbeOptions = {
  flow?: FlowName
  /** The prober's own region, a label. */
  vantage?: string
  /** Of the whole run; of `replication` what comes before the wait for the copy, and what comes after it, each. */
  deadlineSeconds?: number
  /** `replication` alone: how long the copy may take. */
  withinSeconds?: number
  /** Of the canary's layers together. */
  sizeBytes?: number
  /** Cancels the run. */
  signal?: AbortSignal
  /** What earlier runs of this flow against this target learned; the run adds to it. */
  memory?: Set<Remembered>
}

/** Cleaning up has its own deadline, which the schedule leaves room for. */
export const CLEAN_UP_SECONDS = 2
export const CANARY_BYTES = 65_536
export const REPLICATED_WITHIN_SECONDS = 30
/** `ProbeResult.steps` holds no more. */
const MAX_STEPS = 64

/**
 * Runs a flow once and never rejects because of the target. Throws a `TypeError` for a URL or a repository that is none, and for
 * `replication` without a source.
 */
export async function runProbe(target: ProbeTarget, options: ProbeOptions = {}): Promise<ProbeResult> {
  const { flow = 'push-pull', vantage = 'local', deadlineSeconds = 5, sizeBytes = CANARY_BYTES } = options
  const { region = 'local', source } = target
  const { memory = new Set(), withinSeconds = REPLICATED_WITHIN_SECONDS } = options
  const registry = parseRegistryUrl(target.url)
  const sourceRegistry = source && parseRegistryUrl(source.url)
  if (flow === 'replication' && !source)
    throw new TypeError('replication: saw no source, expected the registry that the canary is pushed to')
  const repository = parseRepository(target.repository ?? defaultRepository(flow, vantage))

  const runId = randomBytes(8).toString('hex')
  const startedAt = Date.now() / 1000
  const runSeconds = wholeRunSeconds(flow, { deadlineSeconds, withinSeconds })
  const startMs = performance.now()
  const trace = startTrace(flow)
  const loop = watchLoop()
  const steps: ProbeStep[] = []
  const deadline = AbortSignal.timeout(runSeconds * 1000)
  const signal = options.signal ? AbortSignal.any([deadline, options.signal]) : deadline
  const common = {
    scope: `repository:${repository}:${FLOWS[flow].actions}`,
    traceparent: trace.traceparent,
    signal,
    onStep: (step: ProbeStep) => steps.push(step),
  }
  const client = new RegistryClient({ ...common, registry, credentials: target.credentials })
  const sourceClient = sourceRegistry
    ? new RegistryClient({
        ...common,
        side: 'source',
        registry: sourceRegistry,
        credentials: source?.credentials,
      })
    : client
  const at: Registries = { target: client, source: sourceClient }
  let replicationLagSeconds: number | undefined
  const context: FlowContext = {
    repository,
    tag: canaryTag(flow, startedAt, runId),
    sizeBytes,
    withinSeconds,
    deadlineSeconds,
    signal,
    random: randomBytes,
    memory,
    onReplicationLag: (seconds) => {
      replicationLagSeconds = seconds
    },
  }
  const running = FLOWS[flow].start(context)

  const error = await trace.within(() => thrownBy(() => running.run(at)))
  const durationSeconds = (performance.now() - startMs) / 1000
  const ending = {
    error,
    hasCredentials: Boolean(target.credentials),
    loopLateSeconds: loop.stop(),
    deadlineSeconds: runSeconds,
    memory,
    tells: FLOWS[flow].tells,
  }
  const judgement = judge(ending)
  const cleaning = AbortSignal.timeout(CLEAN_UP_SECONDS * 1000)
  await thrownBy(() =>
    running.cleanUp({ target: client.under(cleaning), source: sourceClient.under(cleaning) }),
  )
  client.close()
  sourceClient.close()
  // Asked late, seen late: how long it took nobody knows.
  if (isOverloaded(ending)) replicationLagSeconds = undefined

  const result: ProbeResult = {
    runId,
    flow,
    vantage,
    region,
    startedAt,
    endedAt: startedAt + durationSeconds,
    ...judgement,
    traceId: trace.traceId,
    ...(replicationLagSeconds === undefined ? {} : { replicationLagSeconds }),
    steps: steps.slice(0, MAX_STEPS),
  }
  trace.end(result)
  return result
}

/** How long a run may take before it cleans up. */
export function wholeRunSeconds(
  flow: FlowName,
  { deadlineSeconds, withinSeconds }: { deadlineSeconds: number; withinSeconds: number },
): number {
  return flow === 'replication' ? 2 * deadlineSeconds + withinSeconds : deadlineSeconds
}

/**
 * Every vantage has its own, so that probers clean up after themselves alone; the retained canary is one for all of
 * them. What is replicated has a name of its own: a replicator can leave the rest alone.
 */
export function defaultRepository(flow: FlowName, vantage: string): string {
  switch (flow) {
    case 'push-pull':
      return `plimsoll/canary-${vantage}`
    case 'integrity':
      return 'plimsoll/canary-retained'
    case 'replication':
      return `plimsoll/canary-replication-${vantage}`
  }
}

/** What `work` throws is data here; undefined when it returns. */
async function thrownBy(work: () => Promise<void>): Promise<unknown> {
  try {
    await work()
    return undefined
  } catch (error) {
    return error
  }
}
