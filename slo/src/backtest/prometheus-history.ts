/** An SLO's history from Prometheus: raw samples by chunks of an hour, several asked for ahead, in order. */
import type { CountedSlo } from '../service/counted-plan.ts'
import {
  CounterReader,
  regionOf,
  selectorsOf,
  seriesKey,
  weightOf,
} from '../service/sources/counter-reader.ts'
import type { RawSamples } from '../service/sources/prometheus-client.ts'
import type { HistoryBuilder } from './history.ts'
import type { Range } from './replay.ts'

/** Bounds one answer. */
const CHUNK_SECONDS = 3600
/** Answers asked for ahead: while one is counted the next are on their way. */
const AHEAD = 4

/** Throws when Prometheus does not answer. */
export async function readPrometheus(
  slo: Pick<CountedSlo, 'regions' | 'indicator'>,
  rawSamples: RawSamples,
  { fromSeconds, toSeconds }: Range,
  builder: HistoryBuilder,
): Promise<void> {
  const selectors = selectorsOf(slo).map((text) => ({ text, weight: weightOf(slo, text) }))
  const chunks: Range[] = []
  for (let from = fromSeconds; from < toSeconds; from += CHUNK_SECONDS)
    chunks.push({ fromSeconds: from, toSeconds: Math.min(from + CHUNK_SECONDS, toSeconds) })
  const ask = (chunk: Range | undefined) => {
    if (!chunk) return undefined
    const { fromSeconds, toSeconds } = chunk
    const answers = Promise.all(
      selectors.map(({ text }) => rawSamples(text, toSeconds - fromSeconds, toSeconds)),
    )
    answers.catch(() => undefined) // thrown where it is awaited, which may be never when an earlier one failed
    return answers
  }
  const readers = new Map<string, CounterReader>()
  const asked = chunks.slice(0, AHEAD).map(ask)
  for (let at = 0; at < chunks.length; at++) {
    const answers = (await asked.shift()) ?? []
    asked.push(ask(chunks[at + AHEAD]))
    for (const [index, series] of answers.entries()) {
      const selector = selectors[index]
      if (!selector) continue
      for (const { labels, samples } of series) {
        const key = seriesKey(selector.text, labels)
        const reader = readers.get(key) ?? new CounterReader(key)
        readers.set(key, reader)
        const region = regionOf(slo, labels)
        for (const { timestampMs, value } of samples) {
          const change = reader.next(timestampMs, value)
          if (change) builder.add(region, selector.weight, timestampMs, change)
        }
      }
    }
  }
}
