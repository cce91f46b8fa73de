/**
 * Reads Prometheus into the ledger, forever: each SLO with source `prometheus`, from where its last reading ended
 * up to now. After downtime that is many steps, so catching up and keeping up are the same loop.
 */
import type { Ledger } from '../../ledger/index.ts'
import type { CountedSlo } from '../counted-plan.ts'
import { countSamples } from './boundary.ts'
import { offsetOf, selectorsOf } from './counter-reader.ts'
import type { RawSamples } from './prometheus-client.ts'

/** Samples up to this old are looked at again each time: they may have been stored late. */
export const LOOK_BACK_SECONDS = 300
/** Longest step when catching up: bounds the answer. */
const STEP_SECONDS = 3600
/** Prometheus keeps 35 d in our configurations: there is nothing to read before that. */
export const RETENTION_SECONDS = 35 * 86_400

/** One SLO up to `readTo`, Unix seconds. Throws when Prometheus does not answer; what was read until then stays. */
export async function readSlo(
  slo: CountedSlo,
  ledger: Ledger,
  rawSamples: RawSamples,
  readTo: number,
): Promise<void> {
  for (;;) {
    const position = await ledger.position(slo.slo)
    const from = Math.max(position?.readTo ?? readTo - LOOK_BACK_SECONDS, readTo - RETENTION_SECONDS)
    const to = Math.min(readTo, from + STEP_SECONDS)
    if (to <= from) return
    const terms = []
    for (const selector of selectorsOf(slo)) {
      const read = readingLater(rawSamples, offsetOf(slo, selector))
      terms.push({ selector, series: await read(selector, to - from + LOOK_BACK_SECONDS, to) })
    }
    const { deltas, cursors } = countSamples(slo, terms, position?.cursors ?? [], from)
    const { status } = await ledger.apply(
      { deltas, position: { slo: slo.slo, expectedReadTo: position?.readTo, readTo: to, cursors } },
      readTo,
    )
    if (status === 'stale') return // another reader was faster
    if (to === readTo) return
  }
}

/** Raw samples as a rule with this offset reads them: those of an earlier time, at the time at which it reads them. */
export function readingLater(rawSamples: RawSamples, offsetSeconds: number): RawSamples {
  if (offsetSeconds === 0) return rawSamples
  return async (selector, rangeSeconds, atSeconds) => {
    const answer = await rawSamples(selector, rangeSeconds, atSeconds - offsetSeconds)
    return answer.map(({ labels, samples }) => ({
      labels,
      samples: samples.map(({ timestampMs, value }) => ({
        timestampMs: timestampMs + offsetSeconds * 1000,
        value,
      })),
    }))
  }
}

/** SLOs of one plan share selectors: asked once for the same range and time, answered to all. */
export function sharingAnswers(rawSamples: RawSamples): RawSamples {
  const answers = new Map<string, ReturnType<RawSamples>>()
  return (selector, rangeSeconds, atSeconds) => {
    const key = `${atSeconds} ${rangeSeconds} ${selector}`
    const answer = answers.get(key) ?? rawSamples(selector, rangeSeconds, atSeconds)
    answers.set(key, answer)
    return answer
  }
}
