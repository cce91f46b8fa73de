/** What a running Prometheus has loaded, and how it writes an expression. */
import { basename } from 'node:path'
import { z } from 'zod'
import type { Rule, RuleGroup } from './rule-files.ts'

/** `ok`, `err`, or `unknown` before the first evaluation. */
export type LoadedRule = Rule & { health: string; lastError: string }
export type LoadedGroup = Omit<RuleGroup, 'rules'> & { rules: LoadedRule[] }

export type RunningPrometheus = {
  rules(): Promise<LoadedGroup[]>
  /** The expression as Prometheus formats it: two texts of the same expression become one. */
  format(expr: string): Promise<string>
  /** The series of an instant query; values that are no finite number are left out. */
  query(expr: string): Promise<{ labels: Record<string, string>; value: number }[]>
  /** As the flag has it, such as "15d" or "15d or 10GiB". */
  retention(): Promise<string>
  /** False when it could not read its files as they are now. True where the answer is not Prometheus' own. */
  isReloaded(): Promise<boolean>
}

/** Thrown when the answer could not be had. */
export class Unreachable extends Error {}

const TIMEOUT_MS = 30_000
/** 10,000 rules are about 20 MB. */
const ANSWER_MAX_BYTES = 256 * 1024 * 1024

const texts = z.record(z.string(), z.string()).default({})
const rulesSchema = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      file: z.string(),
      interval: z.number(),
      rules: z.array(
        z.object({
          name: z.string(),
          type: z.enum(['alerting', 'recording']),
          query: z.string(),
          labels: texts,
          annotations: texts,
          duration: z.number().default(0),
          keepFiringFor: z.number().default(0),
          health: z.string(),
          lastError: z.string().default(''),
        }),
      ),
    }),
  ),
})

const vectorSchema = z.object({
  resultType: z.literal('vector'),
  result: z.array(z.object({ metric: texts, value: z.tuple([z.number(), z.string()]) })),
})
const retentionSchema = z.object({ storageRetention: z.string() })
const reloadSchema = z.object({ reloadConfigSuccess: z.boolean() })

export function runningPrometheus(baseUrl: string, signal: AbortSignal): RunningPrometheus {
  const api = new URL('api/v1/', baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`)
  if (api.username !== '' || api.password !== '')
    throw new Unreachable(`prometheus at ${api.host}: saw credentials in the address, expected none`)
  async function ask<T>(path: string, form: Record<string, string> | undefined, data: z.ZodType<T>) {
    // The host alone: an address may hold credentials.
    const where = `prometheus at ${api.host}: ${path}`
    const response = await fetch(new URL(path, api), {
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    }).catch((cause: unknown) => {
      throw new Unreachable(`${where}: saw no answer, expected one; is it running?`, { cause })
    })
    const answer = z.object({ status: z.literal('success'), data }).safeParse(await json(response))
    if (answer.success) return answer.data.data
    throw new Unreachable(
      `${where}: saw an answer ${response.status} of another kind, expected that of Prometheus 2.42 or later`,
    )
  }
  return {
    async rules() {
      const { groups } = await ask('rules', undefined, rulesSchema)
      return groups.map(({ name, file, interval, rules }) => ({
        name,
        file: basename(file),
        intervalSeconds: interval,
        rules: rules.map(({ type, query, duration, keepFiringFor, ...rule }) => ({
          ...rule,
          kind: type,
          expr: query,
          forSeconds: duration,
          keepFiringForSeconds: keepFiringFor,
        })),
      }))
    },
    format: (query) => ask('format_query', { query }, z.string()),
    async query(query) {
      const { result } = await ask('query', { query }, vectorSchema)
      return result
        .map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
        .filter(({ value }) => Number.isFinite(value))
    },
    retention: async () => (await ask('status/runtimeinfo', undefined, retentionSchema)).storageRetention,
    // Rulers of other kinds serve rules, and nothing of their own state.
    isReloaded: () =>
      ask('status/runtimeinfo', undefined, reloadSchema).then(
        ({ reloadConfigSuccess }) => reloadConfigSuccess,
        () => true,
      ),
  }
}

/** Undefined when the answer is too large or no JSON. */
async function json(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > ANSWER_MAX_BYTES) return undefined
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return undefined
  }
}
