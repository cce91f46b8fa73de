/** What a prober is told. Secrets only by the name of the file that holds them. */
import { probeResultSchema } from '@plimsoll/instrumentation/envelope'
import { z } from 'zod'
import { parseRegistryUrl, parseRepository } from '../oci/reference.ts'
import {
  CANARY_BYTES,
  CLEAN_UP_SECONDS,
  defaultRepository,
  FLOW_NAMES,
  type FlowName,
  REPLICATED_WITHIN_SECONDS,
  wholeRunSeconds,
} from '../run.ts'

const { vantage, region } = probeResultSchema.shape

const settings = {
  intervalSeconds: z.number().positive().max(3600),
  jitterSeconds: z.number().min(0),
  deadlineSeconds: z.number().positive(),
  sizeBytes: z.int().min(1).max(16_777_216).meta({ description: "of a canary's layers" }),
}
const own = z.strictObject(settings).partial()

/** What a flow does otherwise than the fields above it say. */
const flowsSchema = z.strictObject({
  'push-pull': own.prefault({}),
  integrity: own.prefault({}),
  replication: own
    .extend({
      intervalSeconds: settings.intervalSeconds.default(45),
      // Many of them wait in a queue when a replicator is down.
      sizeBytes: settings.sizeBytes.default(3072),
      withinSeconds: z.number().positive().max(3600).default(REPLICATED_WITHIN_SECONDS).meta({
        description: 'how long a copy may take; the deadline is for what comes before and after it',
      }),
    })
    .prefault({}),
})

const targetSchema = z.strictObject({
  region,
  url: z
    .string()
    .refine(accepts(parseRegistryUrl), 'expected http(s)://host[:port] without credentials')
    .meta({ description: 'the registry, http(s)://host[:port]' }),
  flows: z.array(z.enum(FLOW_NAMES)).min(1).default(['push-pull']).meta({
    description: 'replication pushes in the region of the vantage and looks for the copy in this one',
  }),
  repository: z
    .string()
    .refine(accepts(parseRepository), 'expected lower-case path components such as plimsoll/canary')
    .optional()
    .meta({ description: 'where canaries are pushed; default plimsoll/canary-…, by flow and vantage' }),
  credentialsFile: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'JSON {"username", "password"}, read before every run' }),
})

const ledgerSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).meta({ description: 'the SLO service' }),
  tokenFile: z.string().min(1).meta({ description: 'bearer token, read for every delivery' }),
  spoolDirectory: z.string().min(1).meta({ description: 'holds results until they are acknowledged' }),
  spoolMaxBytes: z
    .int()
    .min(1)
    .default(67_108_864)
    .meta({ description: 'past it the oldest results are dropped' }),
})

export const proberConfigSchema = z
  .strictObject({
    vantage,
    producer: z.string().min(1).max(200).optional().meta({ description: 'unique; default prober-<vantage>' }),
    listen: z.strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      port: z.int().min(0).max(65_535),
    }),
    intervalSeconds: settings.intervalSeconds.default(10),
    jitterSeconds: settings.jitterSeconds.default(1),
    deadlineSeconds: settings.deadlineSeconds.default(5),
    sizeBytes: settings.sizeBytes.default(CANARY_BYTES),
    flows: flowsSchema.prefault({}),
    keptRuns: z.int().min(1).max(10_000).default(100).meta({ description: 'shown by GET /runs' }),
    targets: z.array(targetSchema).min(1),
    ledger: ledgerSchema.optional(),
  })
  .superRefine((config, context) => {
    for (const flow of FLOW_NAMES.filter((name) =>
      config.targets.some(({ flows }) => flows.includes(name)),
    )) {
      const { intervalSeconds, jitterSeconds, ...limits } = settingsOf(config, flow)
      const busySeconds = jitterSeconds + wholeRunSeconds(flow, limits) + CLEAN_UP_SECONDS
      if (busySeconds <= intervalSeconds) continue
      const run =
        flow === 'replication' ? 'jitter, twice the deadline, withinSeconds and' : 'jitter, deadline and'
      context.addIssue({
        code: 'custom',
        path: config.flows[flow].intervalSeconds ? ['flows', flow, 'intervalSeconds'] : ['intervalSeconds'],
        message: `saw ${intervalSeconds}, expected at least ${busySeconds} for ${flow}: ${run} ${CLEAN_UP_SECONDS} s to clean up`,
      })
    }
    const replicatesTo = config.targets.filter(({ flows }) => flows.includes('replication'))
    const sources = config.targets.filter(({ region }) => region === config.vantage)
    const wrong =
      replicatesTo.length === 0
        ? undefined
        : sources.length !== 1
          ? `saw ${sources.length} targets in ${config.vantage}, expected one: replication pushes in the region of the vantage`
          : replicatesTo.some(({ region }) => region === config.vantage) &&
            `saw replication to ${config.vantage}, expected other regions: it pushes there`
    if (wrong) context.addIssue({ code: 'custom', path: ['targets'], message: wrong })
    if (!accepts(parseRepository)(defaultRepository('push-pull', config.vantage)))
      context.addIssue({
        code: 'custom',
        path: ['vantage'],
        message: 'expected a name that can end a repository, such as us-east',
      })
    const probes = config.targets.flatMap((target) =>
      target.flows.map((flow) => `${flow} to ${target.region}`),
    )
    const twice = probes.find((probe, index) => probes.indexOf(probe) !== index)
    if (twice)
      context.addIssue({
        code: 'custom',
        path: ['targets'],
        message: `saw ${twice} twice, expected each pair once`,
      })
  })

/** As written; defaults may be missing. */
export type ProberConfigInput = z.input<typeof proberConfigSchema>
export type ProberConfig = z.output<typeof proberConfigSchema>

export type FlowSettings = {
  intervalSeconds: number
  jitterSeconds: number
  deadlineSeconds: number
  sizeBytes: number
  withinSeconds: number
}

/** A flow's own settings, else those of the whole prober. */
export function settingsOf(config: ProberConfig, flow: FlowName): FlowSettings {
  const own = config.flows[flow]
  return {
    intervalSeconds: own.intervalSeconds ?? config.intervalSeconds,
    jitterSeconds: own.jitterSeconds ?? config.jitterSeconds,
    deadlineSeconds: own.deadlineSeconds ?? config.deadlineSeconds,
    sizeBytes: own.sizeBytes ?? config.sizeBytes,
    withinSeconds: config.flows.replication.withinSeconds,
  }
}

/** Where `replication` pushes: the target in the region of the vantage. */
export function sourceOf(config: ProberConfig): ProberConfig['targets'][number] | undefined {
  return config.targets.find(({ region }) => region === config.vantage)
}

/** Where canaries that live for one run may be left behind: each target with its repositories. */
export function sweptBy(
  config: ProberConfig,
): { target: ProberConfig['targets'][number]; repository: string }[] {
  const { vantage } = config
  const source = sourceOf(config)
  const swept = config.targets.flatMap((target) => {
    const nameFor = (flow: FlowName) => target.repository ?? defaultRepository(flow, vantage)
    const own = target.flows.includes('push-pull') ? [{ target, repository: nameFor('push-pull') }] : []
    if (!target.flows.includes('replication') || !source) return own
    const repository = nameFor('replication')
    return [...own, { target, repository }, { target: source, repository }]
  })
  return swept.filter(
    (one, index) =>
      swept.findIndex((other) => other.target === one.target && other.repository === one.repository) ===
      index,
  )
}

/** For editors and for `plimsoll prober --schema`. */
export function proberConfigJsonSchema() {
  return z.toJSONSchema(proberConfigSchema, { io: 'input' })
}

function accepts(parse: (text: string) => unknown): (text: string) => boolean {
  return (text) => {
    try {
      parse(text)
      return true
    } catch {
      return false
    }
  }
}
