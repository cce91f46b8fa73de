/** Pyrra: `ServiceLevelObjective` of pyrra.dev/v1alpha1, alone or in a list. */
import { ANNOTATIONS } from '../plan/annotations.ts'
import type { Path, SpecDocument as YamlDocument } from '../plan/read-yaml.ts'
import { rangeOf, SLICE } from './query.ts'
import { Source } from './source.ts'
import {
  type Converted,
  countsOf,
  descriptionOf,
  gaugeOf,
  type ImportOptions,
  kept,
  labelsOf,
  ratioOf,
  service,
  slo,
  slug,
} from './spec.ts'

const PREFIX = 'pyrra.dev'

type Measured = { indicator: object; method: 'Occurrences' | 'RatioTimeslices'; objective?: object }

export function fromPyrra(document: YamlDocument, options: ImportOptions): Converted {
  const source = new Source(document)
  const converted: Converted = { services: [], slos: [], others: [], notes: source.notes }
  const list = Array.isArray(source.peek(['items']))
  const roots: Path[] = list
    ? Array.from({ length: source.length(['items']) }, (_, index): Path => ['items', index])
    : [[]]
  if (list) for (const field of ['apiVersion', 'kind']) source.take([field])
  for (const root of roots) convert(source, root, options, converted)
  source.reportRest()
  return converted
}

function convert(source: Source, root: Path, options: ImportOptions, converted: Converted): void {
  const at = (...path: Path): Path => [...root, ...path]
  if (
    source.peek(at('kind')) !== 'ServiceLevelObjective' ||
    source.peek(at('apiVersion')) !== 'pyrra.dev/v1alpha1'
  ) {
    source.report(root, 'is no ServiceLevelObjective of pyrra.dev/v1alpha1: left out')
    return
  }
  source.take(at('apiVersion'))
  source.take(at('kind'))
  const name = source.text(at('metadata', 'name')) ?? ''
  const namespace = source.text(at('metadata', 'namespace'))
  const team = ['pyrra.dev/team', 'team', 'owner'].map((label) =>
    source.peek(at('metadata', 'labels', label)),
  )
  const named = team.find((one) => typeof one === 'string')
  const serviceName = options.service ?? namespace ?? 'imported'
  if (options.service !== undefined && namespace !== undefined)
    source.report(at('metadata', 'namespace'), `is left out: the service is ${options.service}`)
  const labels = labelsOf(source, at('metadata', 'labels'))
  const annotations = ofOthers(source, at('metadata', 'annotations'))
  source.note(at('status'), 'is what a controller saw: left out')

  const measured = indicatorOf(source, at('spec', 'indicator'))
  const target = source.text(at('spec', 'target'))
  const window = source.text(at('spec', 'window'))
  if (!measured) {
    source.report(at('spec', 'indicator'), 'has no indicator that converts: the SLO is left out')
    return
  }
  const days = daysOf(window ?? '')
  if (days === undefined) {
    source.report(at('spec', 'window'), `${window} is no whole number of days: the SLO is left out`)
    return
  }
  const spec = {
    ...descriptionOf(source, at('spec', 'description')),
    service: slug(serviceName),
    indicator: { metadata: { name: 'indicator' }, spec: measured.indicator },
    timeWindow: [{ duration: `${days}d`, isRolling: true }],
    budgetingMethod: measured.method,
    objectives: [
      {
        targetPercent: Number(target),
        ...(measured.method === 'RatioTimeslices' && { timeSliceWindow: '5m' }),
        ...measured.objective,
      },
    ],
  }
  const alerting = alertingOf(source, at('spec', 'alerting'))
  const owner = named === undefined ? options.owner : slug(named) || options.owner
  converted.services.push(service(serviceName, owner))
  const document = slo(name, spec, labels, { ...annotations, ...alerting })
  converted.slos.push({ document, at: source.at(root), source })
}

function indicatorOf(source: Source, path: Path): Measured | undefined {
  const kinds = ['ratio', 'latency', 'latencyNative', 'bool_gauge']
  for (const kind of kinds)
    source.note(
      [...path, kind, 'grouping'],
      'one SLO of the whole: for regions, annotate plimsoll.dev/regions',
    )
  const metric = (...names: string[]) => source.text([...path, ...names, 'metric'])
  if (source.peek([...path, 'ratio']) !== undefined) {
    const [errors, total] = [metric('ratio', 'errors'), metric('ratio', 'total')]
    if (errors === undefined || total === undefined) return undefined
    return { indicator: countsOf('bad', errors, total), method: 'Occurrences' }
  }
  if (source.peek([...path, 'latency']) !== undefined) {
    const [success, total] = [metric('latency', 'success'), metric('latency', 'total')]
    if (success === undefined || total === undefined) return undefined
    return { indicator: countsOf('good', success, total), method: 'Occurrences' }
  }
  if (source.peek([...path, 'latencyNative']) !== undefined) {
    const total = metric('latencyNative', 'total')
    const seconds = secondsOf(source.text([...path, 'latencyNative', 'latency']) ?? '')
    if (total === undefined || seconds === undefined) return undefined
    const what =
      'a native histogram has no counters of its own: its fraction is averaged over slices of five minutes'
    source.report([...path, 'latencyNative', 'total', 'metric'], what)
    const query = `histogram_fraction(0, ${seconds}, sum(rate(${rangeOf(total, SLICE)})))`
    return { indicator: ratioOf('success', query), method: 'RatioTimeslices' }
  }
  const gauge = metric('bool_gauge')
  if (gauge === undefined) return undefined
  source.report([...path, 'bool_gauge', 'metric'], 'its samples are averaged over slices of five minutes')
  return { indicator: gaugeOf(gauge), method: 'RatioTimeslices', objective: { op: 'gte', value: 1 } }
}

function alertingOf(source: Source, path: Path): Record<string, string> {
  const disabled = source.flag([...path, 'disabled'])
  const burnrates = source.flag([...path, 'burnrates'])
  const off = disabled === true || burnrates === false
  const absent = source.peek([...path, 'absent'])
  if (absent !== undefined)
    source.report(
      [...path, 'absent'],
      off ? 'no alerts at all' : 'SLOBlind always alerts where burn rates do',
    )
  const annotations = kept(source, PREFIX, path, ['name', 'absentName', 'severities'])
  return { ...annotations, ...(off && { [ANNOTATIONS.alerting.name]: 'none' }) }
}

/** Annotations of other tools stay, with their keys; ours and broken ones are reported. */
function ofOthers(source: Source, path: Path): Record<string, string> {
  const fits = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/
  return Object.fromEntries(
    source.texts(path).filter(([name]) => {
      const keeps = fits.test(name) && !name.startsWith('plimsoll.dev/')
      if (!keeps) source.report([...path, name], 'is no annotation that can stay: left out')
      return keeps
    }),
  )
}

const UNITS: Record<string, number> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
}

/** Prometheus's durations: `1w2d`, `200ms`. */
function secondsOf(text: string): number | undefined {
  if (!/^(\d+(ms|[smhdwy]))+$/.test(text)) return undefined
  const parts = [...text.matchAll(/(\d+)(ms|[smhdwy])/g)]
  const milliseconds = parts.reduce(
    (sum, [, count, unit = '']) => sum + Math.round(Number(count) * (UNITS[unit] ?? 0) * 1000),
    0,
  )
  return milliseconds / 1000
}

function daysOf(text: string): number | undefined {
  const days = (secondsOf(text) ?? 0) / 86_400
  return Number.isInteger(days) && days > 0 ? days : undefined
}
