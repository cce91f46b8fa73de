/**
 * What of a Faro batch becomes a metric. The wire format is that of Faro 2.12 (recorded: fixtures/faro-payload.json);
 * what is not understood is passed over, because browsers keep old clients for months.
 */
import { z } from 'zod'
import { WEB_VITALS, type WebVital } from '../vocabulary.ts'

export type FaroReport = {
  /** Of the page that the batch is about. Free text: only a template of it may become a label. */
  pageUrl: string
  bot: boolean
  vitals: VitalReport[]
  /** Bounded: a name of the list below, or `_OTHER`. */
  exceptionTypes: string[]
}

/** `value` in seconds, for CLS without unit. `id` is the same when a client says it again; empty when it names none. */
export type VitalReport = { vital: WebVital; value: number; id: string }

/** Types that get a label value of their own: ECMAScript's errors and what browsers throw. */
const EXCEPTION_TYPES: ReadonlySet<string> = new Set([
  ...['Error', 'TypeError', 'RangeError', 'ReferenceError', 'SyntaxError', 'URIError', 'EvalError'],
  ...['AggregateError', 'DOMException', 'AbortError', 'NetworkError', 'SecurityError', 'QuotaExceededError'],
])
export const OTHER_EXCEPTION = '_OTHER'

/** Slower than this, or a shift of more, is a clock that was changed or a client that lies. */
const MAX_MILLISECONDS = 10 * 60 * 1000
const MAX_SHIFT = 100

const batch = z.object({
  meta: z.object({
    page: z
      .object({ url: z.string().max(8192) })
      .partial()
      .optional(),
    browser: z
      .object({ userAgent: z.string().max(2048) })
      .partial()
      .optional(),
  }),
  measurements: z.array(z.unknown()).max(500).default([]),
  exceptions: z.array(z.unknown()).max(500).default([]),
})
const measurement = z.object({
  type: z.literal('web-vitals'),
  values: z.record(z.string(), z.number()),
  context: z
    .object({ id: z.string().max(100), navigation_type: z.string() })
    .partial()
    .default({}),
})
const exception = z.object({ type: z.string() })

/** Undefined when it is no Faro batch. */
export function parseFaroBatch(body: unknown): FaroReport | undefined {
  const parsed = batch.safeParse(body)
  if (!parsed.success) return undefined
  const { meta, measurements, exceptions } = parsed.data
  return {
    pageUrl: meta.page?.url ?? '',
    bot: /bot|crawl|spider|slurp/i.test(meta.browser?.userAgent ?? ''),
    vitals: measurements.flatMap(vitalsOf),
    exceptionTypes: exceptions.flatMap((one) => {
      const { success, data } = exception.safeParse(one)
      return success ? [EXCEPTION_TYPES.has(data.type) ? data.type : OTHER_EXCEPTION] : []
    }),
  }
}

/** The client's `rating` is ignored: what is good is a matter of the SLO. */
function vitalsOf(one: unknown): VitalReport[] {
  const { success, data } = measurement.safeParse(one)
  // A page from the back-forward cache was loaded before: its vitals are not those of a load.
  if (!success || data.context.navigation_type === 'back-forward-cache') return []
  const vitals = Object.keys(WEB_VITALS) as WebVital[]
  return vitals.flatMap((vital) => {
    const reported = data.values[vital]
    if (reported === undefined || !(reported >= 0)) return []
    const [max, unit] = vital === 'cls' ? [MAX_SHIFT, 1] : [MAX_MILLISECONDS, 1000]
    return reported <= max ? [{ vital, value: reported / unit, id: data.context.id ?? '' }] : []
  })
}
