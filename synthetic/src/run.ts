/** One run of one flow against one target. */
import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { ProbeResult, ProbeStep } from '@plimsoll/instrumentation/envelope'
import type { Credentials } from './credentials.ts'
import type { Flow, FlowContext } from './flows/flow.ts'
import { integrity } from './flows/integrity.ts'
import { pushPull } from './flows/push-pull.ts'
import { watchLoop } from './loop-watch.ts'
import { RegistryClient } from './oci/client.ts'
import { parseRegistryUrl, parseRepository } from './oci/reference.ts'
import { startTrace } from './trace.ts'
import { judge, type Remembered } from './verdict.ts'

/** What a token is asked for, and how a run is made, by flow. */
const FLOWS = {
  'push-pull': { actions: 'pull,push,delete', start: pushPull },
  integrity: { actions: 'pull,push', start: integrity },
} as const satisfies Record<string, { actions: string; start: (context: FlowContext) => Flow }>

export type FlowName = keyof typeof FLOWS
export const FLOW_NAMES = ['push-pull', 'integrity'] as const satisfies FlowName[]

export type ProbeTarget = {
  /** `http(s)://host[:port]`. */
  url: string
  /** The target's region, a label. */
  region?: string
  /** Where canaries are pushed; default `plimsoll/canary-<vantage>`. */
  repository?: string | undefined
  credentials?: Credentials | undefined
}

export type ProbeOptions = {
  flow?: FlowName
  /** The prober's own region, a label. */
  vantage?: string
  deadlineSeconds?: number
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
/** `ProbeResult.steps` holds no more. */
const MAX_STEPS = 64

/**
 * Runs a flow once and never rejects because of the target. Throws a `TypeError` for a URL or a repository that is none.
 */
export async function runProbe(target: ProbeTarget, options: ProbeOptions = {}): Promise<ProbeResult> {
  const { flow = 'push-pull', vantage = 'local', deadlineSeconds = 5, sizeBytes = CANARY_BYTES } = options
  const { region = 'local', credentials } = target
  const { memory = new Set(), signal } = options
  const registry = parseRegistryUrl(target.url)
  const repository = parseRepository(target.repository ?? defaultRepository(vantage))

  const runId = randomBytes(8).toString('hex')
  const startedAt = Date.now() / 1000
  const startMs = performance.now()
  const trace = startTrace(flow)
  const loop = watchLoop()
  const steps: ProbeStep[] = []
  const deadline = AbortSignal.timeout(deadlineSeconds * 1000)
  const client = new RegistryClient({
    registry,
    credentials,
    scope: `repository:${repository}:${FLOWS[flow].actions}`,
    traceparent: trace.traceparent,
    signal: signal ? AbortSignal.any([deadline, signal]) : deadline,
    onStep: (step) => steps.push(step),
  })
  const context: FlowContext = { repository, runId, sizeBytes, random: randomBytes, memory }
  const running = FLOWS[flow].start(context)

  const error = await trace.within(() => thrownBy(() => running.run(client)))
  const durationSeconds = (performance.now() - startMs) / 1000
  const ending = { error, hasCredentials: Boolean(credentials), loopLateSeconds: loop.stop(), memory }
  const judgement = judge(ending)
  if (error) await thrownBy(() => running.cleanUp(client.under(AbortSignal.timeout(CLEAN_UP_SECONDS * 1000))))
  client.close()

  const result: ProbeResult = {
    runId,
    flow,
    vantage,
    region,
    startedAt,
    endedAt: startedAt + durationSeconds,
    ...judgement,
    traceId: trace.traceId,
    steps: steps.slice(0, MAX_STEPS),
  }
  trace.end(result)
  return result
}

export function defaultRepository(vantage: string): string {
  return `plimsoll/canary-${vantage}`
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
