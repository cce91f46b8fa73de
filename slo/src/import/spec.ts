/** What an importer makes: OpenSLO documents of ours, with the annotations that we need and others do not have. */
import { ANNOTATIONS } from '../plan/annotations.ts'
import type { Path } from '../plan/read-yaml.ts'
import { ofSlice } from './query.ts'
import type { Note, Source } from './source.ts'

export type SpecDocument = {
  apiVersion: 'openslo/v1'
  kind: string
  metadata: {
    name: string
    displayName?: string
    labels?: Record<string, unknown>
    annotations?: Record<string, string>
  }
  spec?: unknown
}

export type ImportOptions = {
  /** Team for services whose owner the input does not name. */
  owner?: string
  /** Service for inputs that have none. */
  service?: string
  /** Period where the input leaves it to a flag of its tool. */
  window?: string
}

/** SLOs and services of one input document. `at` is where the input has the SLO. */
export type Converted = {
  services: SpecDocument[]
  slos: { document: SpecDocument; at: string; source: Source }[]
  others: SpecDocument[]
  notes: Note[]
}

/** Lower case, digits and dashes, as ids are; at most 63. Empty when nothing is left. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '')
}

export function service(name: string, owner: string | undefined, more: object = {}): SpecDocument {
  const id = slug(name)
  return {
    apiVersion: 'openslo/v1',
    kind: 'Service',
    metadata: {
      name: id,
      ...(id !== name && { displayName: name }),
      ...more,
      annotations: { [ANNOTATIONS.owner.name]: owner ?? 'unowned' },
    },
    spec: {},
  }
}

export function slo(
  name: string,
  spec: object,
  labels: [string, string][],
  annotations: Record<string, string>,
): SpecDocument {
  const id = slug(name)
  return {
    apiVersion: 'openslo/v1',
    kind: 'SLO',
    metadata: {
      name: id,
      ...(id !== name && { displayName: name.slice(0, 200) }),
      ...(labels.length > 0 && { labels: Object.fromEntries(labels) }),
      annotations: { [ANNOTATIONS.runbook.name]: id, ...annotations },
    },
    spec,
  }
}

const metric = (query: string) => ({ metricSource: { type: 'Prometheus', spec: { query } } })

/** Counters of bad or good events, and of all. */
export function countsOf(kind: 'bad' | 'good', counter: string, total: string): object {
  return { ratioMetric: { counter: true, [kind]: metric(counter), total: metric(total) } }
}

/** A ratio that Prometheus computes, averaged by slices. */
export function ratioOf(rawType: 'success' | 'failure', query: string): object {
  return { ratioMetric: { rawType, raw: metric(ofSlice(query)) } }
}

export function gaugeOf(query: string): object {
  return { thresholdMetric: metric(query) }
}

/**
 * Fields that mean nothing to our alerts, kept as annotations of their tool so that they are not lost: `prefix/path`.
 * Keys that are no annotation's are only reported.
 */
export function kept(source: Source, prefix: string, base: Path, names: string[]): Record<string, string> {
  const annotations: Record<string, string> = {}
  for (const name of names) {
    const path = [...base, ...name.split('.')]
    const value = source.peek(path)
    const entries: [string, unknown][] =
      typeof value === 'object' && value !== null
        ? Object.entries(value).map(([inner, one]) => [`${name}.${inner}`, one])
        : value === undefined
          ? []
          : [[name, value]]
    for (const [field, one] of entries) {
      const at = field === name ? path : [...path, field.slice(name.length + 1)]
      const id = field.replace(/_/g, '-')
      if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,61}[A-Za-z0-9]$/.test(id) && typeof one !== 'object') {
        annotations[`${prefix}/${id}`] = String(one)
        source.report(at, `kept as the annotation ${prefix}/${id}; no rule uses it`)
      } else source.note(at, 'has no equivalent: left out')
    }
  }
  return annotations
}

/** Labels that OpenSLO allows; others are reported. */
export function labelsOf(source: Source, path: Path): [string, string][] {
  return source.texts(path).filter(([name]) => {
    const fits = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/.test(name)
    const what = fits ? 'kept as a label of the spec; no rule carries it' : 'is no label of OpenSLO: left out'
    source.report([...path, name], what)
    return fits
  })
}

/** Text that fits `description`; the rest is reported. */
export function descriptionOf(source: Source, path: Path): { description?: string } {
  const text = source.text(path)?.trim()
  if (!text) return {}
  if (text.length > 1050) source.report(path, 'longer than 1050 characters: cut')
  return { description: text.slice(0, 1050) }
}
