/** Reads the Prometheus text format 0.0.4 and OpenMetrics 1.0.0, as far as a check of names and labels needs. */

export type Sample = { line: number; name: string; labels: Record<string, string>; value: number }
export type Exposition = {
  samples: Sample[]
  /** Family name → type of its `# TYPE` line. */
  types: Map<string, string>
  /** Lines that are neither comment nor sample. */
  malformed: { line: number; text: string }[]
}

// The value ends at a space: what follows is a timestamp or, after ` # `, an exemplar.
const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?\s+(\S+)(?:\s|$)/
const LABEL_PAIR = /([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/gy

export function parseExposition(text: string): Exposition {
  const exposition: Exposition = { samples: [], types: new Map(), malformed: [] }
  for (const [index, line] of text.split('\n').entries()) {
    const [, family, type] = /^# TYPE (\S+) (\S+)/.exec(line) ?? []
    if (family && type) exposition.types.set(family, type)
    if (line.trim() === '' || line.startsWith('#')) continue
    const sample = parseSample(line, index + 1)
    if (sample) exposition.samples.push(sample)
    else exposition.malformed.push({ line: index + 1, text: line })
  }
  return exposition
}

function parseSample(text: string, line: number): Sample | undefined {
  const [, name, pairs = '', number] = SAMPLE.exec(text) ?? []
  if (!name || !number) return undefined
  const labels: Record<string, string> = {}
  LABEL_PAIR.lastIndex = 0
  let end = 0
  for (const [pair, key = '', value = ''] of pairs.matchAll(LABEL_PAIR)) {
    labels[key] = value.replace(/\\(.)/g, (_, char) => (char === 'n' ? '\n' : char))
    end += pair.length
  }
  const value = parseNumber(number)
  return end === pairs.length && value !== undefined ? { line, name, labels, value } : undefined
}

/** Prometheus reads numbers as Go does: NaN and Inf in any case (prom-client writes `Nan`). */
function parseNumber(text: string): number | undefined {
  if (/^nan$/i.test(text)) return Number.NaN
  if (/^[+-]?inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  const value = Number(text)
  return Number.isNaN(value) ? undefined : value
}
