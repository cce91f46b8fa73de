/**
 * OpenMetrics text with timestamps (seconds), the format that `promtool tsdb create-blocks-from openmetrics` takes:
 * counters of one SLO as a history. Read line by line, as such a file may be larger than memory. Source of the format:
 * OpenMetrics 1.0, "Text Format".
 */
import { type Labels, parseSelector, selects } from '../plan/selector.ts'
import type { CountedSlo } from '../service/counted-plan.ts'
import {
  CounterReader,
  regionOf,
  selectorsOf,
  seriesKey,
  type Weight,
  weightOf,
} from '../service/sources/counter-reader.ts'
import type { HistoryBuilder } from './history.ts'

export const SAMPLES_LIMITS = { lineChars: 64 * 1024, series: 100_000, samples: 50_000_000 }

/** What was written is wrong; `line` counts from 1. */
export class SamplesFault extends Error {
  constructor(line: number, saw: string, expected: string) {
    super(`${line}: saw ${saw}, expected ${expected}`)
  }
}

type Series = {
  /** The selectors that take it, each with its weight. */
  terms: { reader: CounterReader; weight: Weight }[]
  region: string
  lastMs: number
}

/** Reads chunks of text of any size; `end` when there are no more. Only the SLO's series count. */
export class OpenMetricsReader {
  readonly #slo: Pick<CountedSlo, 'regions' | 'indicator'>
  readonly #builder: HistoryBuilder
  readonly #selectors: { text: string; parsed: ReturnType<typeof parseSelector>; weight: Weight }[]
  readonly #series = new Map<string, Series>()
  #rest = ''
  #line = 0
  #ended = false
  #samples = 0
  #lastText = ''
  #last: Series | undefined

  constructor(slo: Pick<CountedSlo, 'regions' | 'indicator'>, builder: HistoryBuilder) {
    this.#slo = slo
    this.#builder = builder
    this.#selectors = selectorsOf(slo).map((text) => ({
      text,
      parsed: parseSelector(text),
      weight: weightOf(slo, text),
    }))
  }

  read(chunk: string): void {
    const text = this.#rest + chunk
    let start = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      this.#readLine(text.slice(start, end))
      start = end + 1
    }
    this.#rest = text.slice(start)
    if (this.#rest.length > SAMPLES_LIMITS.lineChars) this.#tooLong()
  }

  end(): void {
    if (this.#rest !== '') this.#readLine(this.#rest)
    if (!this.#ended)
      throw new SamplesFault(this.#line + 1, 'the end', 'a line "# EOF" before it; was it cut off?')
  }

  #readLine(line: string): void {
    this.#line += 1
    if (line.length > SAMPLES_LIMITS.lineChars) this.#tooLong()
    if (this.#ended) throw new SamplesFault(this.#line, 'more lines', 'nothing after "# EOF"')
    if (line.startsWith('#')) this.#ended = line.trimEnd() === '# EOF'
    else if (line !== '' && line !== '\r') this.#readSample(line)
  }

  #readSample(line: string): void {
    const split = seriesEnd(line)
    const text = line.slice(0, split)
    const series = text === this.#lastText ? this.#last : this.#seriesOf(text, line)
    this.#lastText = text
    this.#last = series
    const [value = '', timestamp = ''] = line.slice(split).trim().split(/ +/, 2)
    const number = parseValue(value)
    if (split <= 0 || number === undefined)
      throw new SamplesFault(this.#line, show(line), 'name{label="value"} value timestamp')
    if (!/^-?\d+(\.\d*)?(e[+-]?\d+)?$/i.test(timestamp))
      throw new SamplesFault(this.#line, show(line), 'a timestamp in seconds after the value')
    const timestampMs = Math.round(Number(timestamp) * 1000)
    if (timestampMs > MAX_MS)
      throw new SamplesFault(this.#line, `the timestamp ${timestamp}`, 'seconds, not milliseconds')
    if (!series) return
    if (timestampMs <= series.lastMs)
      throw new SamplesFault(this.#line, `the timestamp ${timestamp}`, 'one after that of the sample before')
    series.lastMs = timestampMs
    this.#samples += 1
    if (this.#samples > SAMPLES_LIMITS.samples)
      throw new SamplesFault(this.#line, 'one more', `at most ${SAMPLES_LIMITS.samples} samples of the SLO`)
    for (const { reader, weight } of series.terms) {
      const change = reader.next(timestampMs, number)
      if (change) this.#builder.add(series.region, weight, timestampMs, change)
    }
  }

  /** Undefined for a series that the SLO does not count by. */
  #seriesOf(text: string, line: string): Series | undefined {
    const known = this.#series.get(text)
    if (known) return known
    const brace = text.indexOf('{')
    const metric = brace === -1 ? text : text.slice(0, brace)
    if (!this.#selectors.some(({ parsed }) => parsed.metric === metric)) return undefined
    const labels = brace === -1 ? {} : parseLabels(text.slice(brace))
    if (!labels) throw new SamplesFault(this.#line, show(line), 'name{label="value"} value timestamp')
    const terms = this.#selectors
      .filter(({ parsed }) => selects(parsed, metric, labels))
      .map((one) => ({ reader: new CounterReader(seriesKey(one.text, labels)), weight: one.weight }))
    if (terms.length === 0) return undefined
    if (this.#series.size >= SAMPLES_LIMITS.series)
      throw new SamplesFault(this.#line, 'one more', `at most ${SAMPLES_LIMITS.series} series of the SLO`)
    const series = { terms, region: regionOf(this.#slo, labels), lastMs: Number.NEGATIVE_INFINITY }
    this.#series.set(text, series)
    return series
  }

  #tooLong(): never {
    throw new SamplesFault(this.#line, 'a longer line', `at most ${SAMPLES_LIMITS.lineChars} characters`)
  }
}

/** The year 5000: a timestamp in milliseconds is far beyond. */
const MAX_MS = 95_617_584_000_000

/** Where name and labels end: at the first space, or after the brace that closes the labels. */
function seriesEnd(line: string): number {
  const brace = line.indexOf('{')
  const space = line.indexOf(' ')
  if (brace === -1 || (space !== -1 && space < brace)) return space
  let quoted = false
  for (let at = brace; at < line.length; at++) {
    const character = line[at]
    if (quoted && character === '\\') at += 1
    else if (character === '"') quoted = !quoted
    else if (character === '}' && !quoted) return at + 1
  }
  return -1
}

function parseLabels(text: string): Labels | undefined {
  const labels: Labels = {}
  const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(,|\}$)/y
  label.lastIndex = 1
  while (label.lastIndex < text.length) {
    if (text.slice(label.lastIndex) === '}') break
    const match = label.exec(text)
    if (!match) return undefined
    const [, name = '', value = ''] = match
    labels[name] = value.replace(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one))
  }
  return labels
}

function parseValue(text: string): number | undefined {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Infinity
  if (/^nan$/i.test(text)) return Number.NaN
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined
}

function show(line: string): string {
  return line.length > 120 ? `${line.slice(0, 120)}…` : line
}
