/** What the ledger asks Prometheus: raw samples of a selector over a range, and a gauge at the ends of time slices. */
import http from 'node:http'
import https from 'node:https'
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
        // Looked at as it is: an answer holds up to a million samples, and a schema of each would copy them all.
        values: z.custom<[number, string][]>(isValues),
      }),
    ),
  }),
})

function isValues(value: unknown): boolean {
  const isSample = (one: unknown) =>
    Array.isArray(one) && one.length === 2 && typeof one[0] === 'number' && typeof one[1] === 'string'
  return Array.isArray(value) && value.every(isSample)
}

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
    const { status, text } = await post(endpoint, new URLSearchParams(question).toString(), signal).catch(
      (cause: unknown) => {
        if (cause instanceof TooLong)
          throw new Error(`${where}: saw an answer over ${ANSWER_MAX_BYTES} bytes`)
        throw new Error(`${where}: saw no answer, expected one; is it running?`, { cause })
      },
    )
    if (status !== 200)
      throw new Error(`${where}: saw ${status} ${text.slice(0, ERROR_MAX_CHARS)} for ${question.query}`)
    const series = seriesOf(text)
    if (series) return series
    const saw = text.slice(0, ERROR_MAX_CHARS)
    throw new Error(`${where}: saw ${saw}, expected the answer of a Prometheus to ${question.query}`)
  }
}

class TooLong extends Error {}

/**
 * By `node:http`, as `fetch` leaves much to collect for each request and a backtest asks a thousand times: 1,400 small
 * ones took 70 MB more. POST, as a selector may be longer than an address may be.
 */
function post(to: URL, body: string, signal: AbortSignal): Promise<{ status: number; text: string }> {
  const { request } = to.protocol === 'https:' ? https : http
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return new Promise((resolve, reject) => {
    const asked = request(to, { method: 'POST', headers, signal, timeout: TIMEOUT_MS })
    asked.on('error', reject)
    asked.on('timeout', () => asked.destroy(new Error(`silent for ${TIMEOUT_MS} ms`)))
    asked.on('response', (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.byteLength
        if (size > ANSWER_MAX_BYTES) asked.destroy(new TooLong())
        else chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      )
    })
    asked.end(body)
  })
}

/** Undefined for what is no answer of a Prometheus. */
function seriesOf(text: string): RawSeries[] | undefined {
  const answer = answerSchema.safeParse(parsed(text))
  return answer.data?.data.result.map(({ metric, values }) => ({
    labels: metric,
    samples: values.map(([time, value]) => ({ timestampMs: Math.round(time * 1000), value: Number(value) })),
  }))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
