/** What a prober is told. Secrets only by the name of the file that holds them. */
import { probeResultSchema } from '@plimsoll/instrumentation/envelope'
import { z } from 'zod'
import { parseRegistryUrl, parseRepository } from '../oci/reference.ts'
import { CANARY_BYTES, CLEAN_UP_SECONDS, defaultRepository, FLOW_NAMES } from '../run.ts'

const { vantage, region } = probeResultSchema.shape

const targetSchema = z.strictObject({
  region,
  url: z
    .string()
    .refine(accepts(parseRegistryUrl), 'expected http(s)://host[:port] without credentials')
    .meta({ description: 'the registry, http(s)://host[:port]' }),
  flows: z.array(z.enum(FLOW_NAMES)).min(1).default(['push-pull']),
  repository: z
    .string()
    .refine(accepts(parseRepository), 'expected lower-case path components such as plimsoll/canary')
    .optional()
    .meta({ description: 'where canaries are pushed; default plimsoll/canary-<vantage>' }),
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
    intervalSeconds: z.number().positive().max(3600).default(10),
    jitterSeconds: z.number().min(0).default(1),
    deadlineSeconds: z.number().positive().default(5),
    sizeBytes: z
      .int()
      .min(1)
      .max(16_777_216)
      .default(CANARY_BYTES)
      .meta({ description: "of a canary's layers" }),
    keptRuns: z.int().min(1).max(10_000).default(100).meta({ description: 'shown by GET /runs' }),
    targets: z.array(targetSchema).min(1),
    ledger: ledgerSchema.optional(),
  })
  .superRefine((config, context) => {
    const busySeconds = config.jitterSeconds + config.deadlineSeconds + CLEAN_UP_SECONDS
    if (busySeconds > config.intervalSeconds)
      context.addIssue({
        code: 'custom',
        path: ['intervalSeconds'],
        message: `saw ${config.intervalSeconds}, expected at least ${busySeconds}: jitter, deadline and ${CLEAN_UP_SECONDS} s to clean up`,
      })
    if (!accepts(parseRepository)(defaultRepository(config.vantage)))
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
