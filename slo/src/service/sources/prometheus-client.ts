/** What the ledger asks Prometheus: raw samples of a selector over a range, and a gauge at the ends of time slices. */
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

/** The values of an expression at `from`, `from` + `step`, … up to `to`. */
export type ValuesAt = (expr: string, from: number, to: number, step: number) => Promise<RawSeries[]>

/** Throws when Prometheus cannot be reached or refuses; the message names the address, never credentials in it. */
export function prometheusClient(baseUrl: string, signal: AbortSignal): RawSamples {
  const ask = asking(baseUrl, signal)
  return (selector, rangeSeconds, atSeconds) =>
    ask('api/v1/query', { query: `${selector}[${Math.ceil(rangeSeconds)}s]`, time: String(atSeconds) })
}

/** Throws as `prometheusClient` does. */
export function prometheusValues(baseUrl: string, signal: AbortSignal): ValuesAt {
  const ask = asking(baseUrl, signal)
  return (expr, from, to, step) =>
    ask('api/v1/query_range', { query: expr, start: String(from), end: String(to), step: String(step) })
}

type Question = { query: string; [parameter: string]: string }

function asking(baseUrl: string, signal: AbortSignal) {
  const base = baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`
  return async (path: string, question: Question): Promise<RawSeries[]> => {
    const endpoint = new URL(path, base)
    const where = `prometheus at ${endpoint.host}`
    const response = await fetch(endpoint, {
      method: 'POST', // a selector may be longer than an address may be
      body: new URLSearchParams(question),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    }).catch((cause: unknown) => {
      throw new Error(`${where}: saw no answer, expected one; is it running?`, { cause })
    })
    const text = await boundedText(response, where)
    if (!response.ok)
      throw new Error(
        `${where}: saw ${response.status} ${text.slice(0, ERROR_MAX_CHARS)} for ${question.query}`,
      )
    return seriesOf(text)
  }
}

function seriesOf(text: string): RawSeries[] {
  const { data } = answerSchema.parse(JSON.parse(text))
  return data.result.map(({ metric, values }) => ({
    labels: metric,
    samples: values.map(([time, value]) => ({ timestampMs: Math.round(time * 1000), value: Number(value) })),
  }))
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
