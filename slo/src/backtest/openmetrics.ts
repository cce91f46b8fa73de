/**
 * OpenMetrics text with timestamps (seconds), the format that `promtool tsdb create-blocks-from openmetrics` takes:
 * counters of one SLO as a history. Read line by line from bytes, as such a file may be larger than memory and most lines
 * differ from the one before only in digits. Source of the format: OpenMetrics 1.0, "Text Format".
 */
import { type Labels, parseSelector, selects } from '../plan/selector.ts'
import type { CountedSlo } from '../service/counted-plan.ts'
import {
  CounterReader,
  offsetOf,
  regionOf,
  selectorsOf,
  seriesKey,
  type Weight,
  weightOf,
} from '../service/sources/counter-reader.ts'
import type { HistoryBuilder } from './history.ts'

export const SAMPLES_LIMITS = { lineBytes: 64 * 1024, series: 100_000, samples: 50_000_000 }

/** What was written is wrong; `line` counts from 1. */
export class SamplesFault extends Error {
  constructor(line: number, saw: string, expected: string) {
    super(`${line}: saw ${saw}, expected ${expected}`)
  }
}

type Series = {
  /** The selectors that take it, each with its weight. */
  terms: { reader: CounterReader; weight: Weight; laterMs: number }[]
  region: string
  lastMs: number
}

/** Reads UTF-8 in chunks of any size; `end` when there are no more. Only the SLO's series count. */
export class OpenMetricsReader {
  readonly #slo: Pick<CountedSlo, 'regions' | 'indicator'>
  readonly #builder: HistoryBuilder
  readonly #selectors: {
    text: string
    parsed: ReturnType<typeof parseSelector>
    weight: Weight
    laterMs: number
  }[]
  readonly #series = new Map<string, Series>()
  #rest = Buffer.alloc(0)
  #line = 0
  #ended = false
  #samples = 0
  /** Name and labels of the sample before, and what they are. */
  #lastName = Buffer.alloc(0)
  #last: Series | undefined

  constructor(slo: Pick<CountedSlo, 'regions' | 'indicator'>, builder: HistoryBuilder) {
    this.#slo = slo
    this.#builder = builder
    this.#selectors = selectorsOf(slo).map((text) => ({
      text,
      parsed: parseSelector(text),
      weight: weightOf(slo, text),
      laterMs: offsetOf(slo, text) * 1000,
    }))
  }

  /** The chunk may be overwritten afterwards. */
  read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      this.#readLine(bytes, start, end)
      start = end + 1
    }
    this.#rest = Buffer.from(bytes.subarray(start))
    if (this.#rest.length > SAMPLES_LIMITS.lineBytes) this.#tooLong()
  }

  end(): void {
    if (this.#rest.length > 0) this.#readLine(this.#rest, 0, this.#rest.length)
    if (!this.#ended)
      throw new SamplesFault(this.#line + 1, 'the end', 'a line "# EOF" before it; was it cut off?')
  }

  #readLine(bytes: Buffer, start: number, end: number): void {
    this.#line += 1
    if (this.#line === 1 && bytes[start] === 0x1f && bytes[start + 1] === 0x8b)
      throw new SamplesFault(1, 'a gzip file', 'its text; gunzip it first')
    if (end - start > SAMPLES_LIMITS.lineBytes) this.#tooLong()
    if (this.#ended) throw new SamplesFault(this.#line, 'more lines', 'nothing after "# EOF"')
    if (bytes[start] === HASH) this.#ended = bytes.toString('utf8', start, end).trimEnd() === '# EOF'
    else if (end > start && !(end === start + 1 && bytes[start] === RETURN))
      this.#readSample(bytes, start, end)
  }

  #readSample(bytes: Buffer, start: number, end: number): void {
    const name = this.#lastName
    const split = start + name.length
    if (bytes[split] === SPACE && startsWith(bytes, start, name) && this.#readDigits(bytes, split, end))
      return
    this.#readText(bytes.toString('utf8', start, end))
  }

  /** The usual sample: digits, and seconds of digits with at most three decimals. False when it is another. */
  #readDigits(bytes: Buffer, split: number, end: number): boolean {
    const from = afterSpaces(bytes, split, end)
    const to = afterDigits(bytes, from, end)
    const secondsFrom = afterSpaces(bytes, to, end)
    const secondsTo = afterDigits(bytes, secondsFrom, end)
    const isDecimal = bytes[secondsTo] === DOT && secondsTo < end
    const decimalsTo = isDecimal ? afterDigits(bytes, secondsTo + 1, end) : secondsTo
    const decimals = decimalsTo - secondsTo - 1
    const isWhole = decimalsTo === end || bytes[decimalsTo] === SPACE || bytes[decimalsTo] === RETURN
    if (to === from || secondsFrom === to || secondsTo === secondsFrom || decimals > 3 || !isWhole)
      return false
    // More may not be whole numbers of a double.
    if (to - from > 15 || secondsTo - secondsFrom > 12) return false
    const milliseconds = isDecimal ? integer(bytes, secondsTo + 1, decimalsTo) * 10 ** (3 - decimals) : 0
    const timestampMs = integer(bytes, secondsFrom, secondsTo) * 1000 + milliseconds
    if (timestampMs > MAX_MS) return false
    if (this.#last) this.#take(this.#last, integer(bytes, from, to), timestampMs)
    return true
  }

  #readText(line: string): void {
    const split = seriesEnd(line)
    const text = line.slice(0, split)
    const series = this.#seriesOf(text, line)
    this.#lastName = Buffer.from(text)
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
    if (series) this.#take(series, number, timestampMs)
  }

  #take(series: Series, value: number, timestampMs: number): void {
    if (timestampMs <= series.lastMs) {
      const saw = `the timestamp ${timestampMs / 1000}`
      throw new SamplesFault(this.#line, saw, 'one after that of the sample before')
    }
    series.lastMs = timestampMs
    this.#samples += 1
    if (this.#samples > SAMPLES_LIMITS.samples)
      throw new SamplesFault(this.#line, 'one more', `at most ${SAMPLES_LIMITS.samples} samples of the SLO`)
    for (const { reader, weight, laterMs } of series.terms) {
      const change = reader.next(timestampMs, value)
      if (change) this.#builder.add(series.region, weight, timestampMs, change, laterMs)
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
      .map(({ text, weight, laterMs }) => ({
        reader: new CounterReader(seriesKey(text, labels)),
        weight,
        laterMs,
      }))
    if (terms.length === 0) return undefined
    if (this.#series.size >= SAMPLES_LIMITS.series)
      throw new SamplesFault(this.#line, 'one more', `at most ${SAMPLES_LIMITS.series} series of the SLO`)
    const series = { terms, region: regionOf(this.#slo, labels), lastMs: Number.NEGATIVE_INFINITY }
    this.#series.set(text, series)
    return series
  }

  #tooLong(): never {
    throw new SamplesFault(this.#line, 'a longer line', `at most ${SAMPLES_LIMITS.lineBytes} bytes`)
  }
}

/** The year 5000: a timestamp in milliseconds is far beyond. */
const MAX_MS = 95_617_584_000_000

const [NEWLINE, RETURN, SPACE, HASH, DOT, ZERO, NINE] = [10, 13, 32, 35, 46, 48, 57]

function startsWith(bytes: Buffer, at: number, name: Buffer): boolean {
  // From the end: names of one metric differ in their last labels.
  for (let i = name.length - 1; i >= 0; i--) if (bytes[at + i] !== name[i]) return false
  return true
}

function afterSpaces(bytes: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && bytes[at] === SPACE) at += 1
  return at
}

function afterDigits(bytes: Buffer, from: number, end: number): number {
  let at = from
  for (; at < end; at++) {
    const byte = bytes[at] ?? 0
    if (byte < ZERO || byte > NINE) break
  }
  return at
}

function integer(bytes: Buffer, from: number, to: number): number {
  let value = 0
  for (let at = from; at < to; at++) value = value * 10 + (bytes[at] ?? ZERO) - ZERO
  return value
}

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

/** What a terminal obeys is no text to show. */
function show(line: string): string {
  const text = line.replaceAll(/\p{Cc}/gu, '·')
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}
