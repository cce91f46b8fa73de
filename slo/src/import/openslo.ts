/** OpenSLO itself: v1 with what we need added, and v1alpha, which had sources in place and windows by count and unit. */
import { ANNOTATIONS } from '../plan/annotations.ts'
import type { Path, SpecDocument as YamlDocument } from '../plan/read-yaml.ts'
import { counters, ofSlice } from './query.ts'
import { Source } from './source.ts'
import {
  type Converted,
  countsOf,
  descriptionOf,
  gaugeOf,
  type ImportOptions,
  ratioOf,
  type SpecDocument,
  slo,
  slug,
} from './spec.ts'

export function fromOpenslo(document: YamlDocument, options: ImportOptions): Converted {
  const source = new Source(document)
  const converted: Converted = { services: [], slos: [], others: [], notes: source.notes }
  const version = source.peek(['apiVersion'])
  const kind = source.peek(['kind'])
  if (version === 'openslo/v1' && typeof kind === 'string') ofV1(source, kind, options, converted)
  else if (version === 'openslo/v1alpha' && (kind === 'SLO' || kind === 'Service'))
    ofV1alpha(source, kind, options, converted)
  else source.report([], 'is no document of openslo/v1 or openslo/v1alpha: left out')
  source.reportRest()
  return converted
}

/** The document as it is; a validator that knows v1 judges it afterwards. */
function ofV1(source: Source, kind: string, options: ImportOptions, converted: Converted): void {
  const document = structuredClone(source.take([])) as SpecDocument
  if (kind === 'Service') {
    document.metadata.annotations = {
      [ANNOTATIONS.owner.name]: options.owner ?? 'unowned',
      ...document.metadata.annotations,
    }
    converted.services.push(document)
  } else if (kind === 'SLO') {
    document.metadata.annotations = {
      [ANNOTATIONS.runbook.name]: slug(document.metadata.name),
      ...document.metadata.annotations,
    }
    converted.slos.push({ document, at: source.at([]), source })
  } else converted.others.push(document)
}

function ofV1alpha(
  source: Source,
  kind: 'SLO' | 'Service',
  options: ImportOptions,
  converted: Converted,
): void {
  source.take(['apiVersion'])
  source.take(['kind'])
  const name = source.text(['metadata', 'name']) ?? ''
  const displayName = source.text(['metadata', 'displayName'])
  const id = slug(name)
  const title = displayName ?? (id === name ? undefined : name)
  if (kind === 'Service') {
    converted.services.push({
      apiVersion: 'openslo/v1',
      kind,
      metadata: {
        name: id,
        ...(title !== undefined && { displayName: title }),
        annotations: { [ANNOTATIONS.owner.name]: options.owner ?? 'unowned' },
      },
      spec: descriptionOf(source, ['spec', 'description']),
    })
    return
  }
  const objectives = Array.from({ length: source.length(['spec', 'objectives']) }, (_, index) =>
    objectiveOf(source, ['spec', 'objectives', index]),
  )
  const [first] = objectives
  const shared = thresholdOf(source)
  const window = windowOf(source)
  if (!first || !window || objectives.some(({ indicator }) => !indicator && !shared)) {
    const what = window ? 'has no indicator that converts' : 'has no window that converts'
    source.report(['spec'], `${what}: the SLO is left out`)
    return
  }
  const sliced = objectives.some(({ sliced }) => sliced)
  const method = source.text(['spec', 'budgetingMethod'])
  if (sliced && method === 'Occurrences')
    source.report(
      ['spec', 'budgetingMethod'],
      'these ratios are no counts of events: RatioTimeslices of five minutes',
    )
  const composite = objectives.length > 1 && !shared
  const wrap = (spec: object | undefined) => ({ metadata: { name: 'indicator' }, spec })
  const document = slo(
    name,
    {
      ...descriptionOf(source, ['spec', 'description']),
      service: slug(source.text(['spec', 'service']) ?? ''),
      ...(!composite && { indicator: wrap(first.indicator ?? shared) }),
      timeWindow: [window],
      budgetingMethod: sliced && method === 'Occurrences' ? 'RatioTimeslices' : method,
      objectives: objectives.map(({ objective, indicator, sliced }) => ({
        ...objective,
        ...(sliced && { timeSliceWindow: '5m' }),
        ...(composite && { indicator: wrap(indicator) }),
      })),
    },
    [],
    objectives.length > 1
      ? { [ANNOTATIONS.objectiveIds.name]: objectives.map(({ id }) => id).join(', ') }
      : {},
  )
  if (displayName !== undefined) document.metadata.displayName = displayName
  converted.slos.push({ document, at: source.at([]), source })
}

type Alpha = { id: string; objective: object; indicator?: object; sliced: boolean }

function objectiveOf(source: Source, path: Path): Alpha {
  const at = (name: string) => [...path, name]
  const displayName = source.text(at('displayName'))
  const fields = ['op', 'value', 'target', 'timeSliceTarget'].map((name) => [name, source.take(at(name))])
  const objective = {
    ...(displayName !== undefined && { displayName }),
    ...Object.fromEntries(fields.filter(([, value]) => value !== undefined)),
  }
  const id = slug(displayName ?? '') || `objective-${path.at(-1)}`
  const ratio = at('ratioMetrics')
  if (source.peek(ratio) === undefined) return { id, objective, sliced: false }
  const incremental = source.take([...ratio, 'incremental']) !== false
  const [good, total] = [queryOf(source, [...ratio, 'good']), queryOf(source, [...ratio, 'total'])]
  if (good === undefined || total === undefined) return { id, objective, sliced: false }
  const counted = incremental ? [counters(good) ?? good, counters(total) ?? total] : []
  const [goods, totals] = counted
  if (goods !== undefined && totals !== undefined)
    return { id, objective, indicator: countsOf('good', goods, totals), sliced: false }
  source.report(ratio, 'not counters: the ratio is averaged over slices of five minutes')
  return {
    id,
    objective,
    indicator: ratioOf('success', `(${ofSlice(good)}) / (${ofSlice(total)})`),
    sliced: true,
  }
}

function thresholdOf(source: Source): object | undefined {
  const query = queryOf(source, ['spec', 'indicator', 'thresholdMetric'])
  return query === undefined ? undefined : gaugeOf(ofSlice(query))
}

/** PromQL alone is understood. */
function queryOf(source: Source, path: Path): string | undefined {
  const [system, type] = [source.text([...path, 'source']), source.text([...path, 'queryType'])]
  if (system !== undefined && system.toLowerCase() !== 'prometheus') {
    source.report([...path, 'source'], `${system} has no rules here`)
    return undefined
  }
  if (type !== undefined && type !== 'promql') {
    source.report([...path, 'queryType'], `${type} has no rules here`)
    return undefined
  }
  return source.text([...path, 'query'])
}

const UNITS: Record<string, string> = { day: 'd', week: 'w', month: 'M', quarter: 'Q', year: 'Y' }

function windowOf(source: Source): object | undefined {
  const path: Path = ['spec', 'timeWindows', 0]
  const count = source.text([...path, 'count'])
  const unit = UNITS[(source.text([...path, 'unit']) ?? '').toLowerCase()]
  const isRolling = source.take([...path, 'isRolling'])
  const calendar = source.take([...path, 'calendar'])
  if (count === undefined || unit === undefined) return undefined
  const duration = `${count}${unit}`
  return calendar === undefined
    ? { duration, isRolling: isRolling ?? true }
    : { duration, calendar, isRolling: false }
}
