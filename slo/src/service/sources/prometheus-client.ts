/** The one question the ledger asks Prometheus: the raw samples of a selector over a range. */
import * as z from 'zod'
import type { RawSeries } from './boundary.ts'

export type RawSamples = (selector: string, rangeSeconds: number, atSeconds: number) => Promise<RawSeries[]>

const TIMEOUT_MS = 30_000
/** An hour of 15 s samples is 240 a series, ~25 bytes each: room for some 10,000 series. */
const ANSWER_MAX_BYTES = 64 * 1024 * 1024
const ERROR_MAX_CHARS = 300

const answerSchema = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
})

/** Throws when Prometheus cannot be reached or refuses; the message names the address, never credentials in it. */
export function prometheusClient(baseUrl: string, signal: AbortSignal): RawSamples {
  const endpoint = new URL('api/v1/query', baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`)
  return async (selector, rangeSeconds, atSeconds) => {
    const where = `prometheus at ${endpoint.host}`
    const response = await fetch(endpoint, {
      method: 'POST', // a selector may be longer than an address may be
      body: new URLSearchParams({
        query: `${selector}[${Math.ceil(rangeSeconds)}s]`,
        time: String(atSeconds),
      }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    }).catch((cause: unknown) => {
      throw new Error(`${where}: saw no answer, expected one; is it running?`, { cause })
    })
    const text = await boundedText(response, where)
    if (!response.ok)
      throw new Error(`${where}: saw ${response.status} ${text.slice(0, ERROR_MAX_CHARS)} for ${selector}`)
    const { data } = answerSchema.parse(JSON.parse(text))
    return data.result.map(({ metric, values }) => ({
      labels: metric,
      samples: values.map(([time, value]) => ({
        timestampMs: Math.round(time * 1000),
        value: Number(value),
      })),
    }))
  }
}

async function boundedText(response: Response, where: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > ANSWER_MAX_BYTES) throw new Error(`${where}: saw an answer over ${ANSWER_MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
