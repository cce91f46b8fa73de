/** Sloth: service files (`version: prometheus/v1`) and the Kubernetes form of the same, `PrometheusServiceLevel`. */
import { ANNOTATIONS } from '../plan/annotations.ts'
import type { Path, SpecDocument as YamlDocument } from '../plan/read-yaml.ts'
import { counters, ofSlice } from './query.ts'
import { Source } from './source.ts'
import {
  type Converted,
  countsOf,
  descriptionOf,
  type ImportOptions,
  kept,
  labelsOf,
  ratioOf,
  service,
  slo,
  slug,
} from './spec.ts'

const PREFIX = 'sloth.slok.dev'

/** Names of the two forms; everything else is the same. */
const FORMS = {
  file: {
    root: [] as Path,
    plugins: 'slo_plugins',
    rawQuery: 'error_ratio_query',
    error: 'error_query',
    total: 'total_query',
    page: 'page_alert',
    ticket: 'ticket_alert',
  },
  kubernetes: {
    root: ['spec'] as Path,
    plugins: 'sloPlugins',
    rawQuery: 'errorRatioQuery',
    error: 'errorQuery',
    total: 'totalQuery',
    page: 'pageAlert',
    ticket: 'ticketAlert',
  },
}
type Form = (typeof FORMS)['file' | 'kubernetes']

export function fromSloth(document: YamlDocument, options: ImportOptions): Converted {
  const source = new Source(document)
  const converted: Converted = { services: [], slos: [], others: [], notes: source.notes }
  const kubernetes =
    source.peek(['kind']) === 'PrometheusServiceLevel' && source.peek(['apiVersion']) === `${PREFIX}/v1`
  if (source.peek(['version']) !== 'prometheus/v1' && !kubernetes) {
    source.report(
      [],
      'is neither version prometheus/v1 nor a PrometheusServiceLevel of sloth.slok.dev/v1: left out',
    )
    return converted
  }
  for (const field of kubernetes ? ['apiVersion', 'kind'] : ['version']) source.take([field])
  const form = FORMS[kubernetes ? 'kubernetes' : 'file']
  const { root } = form
  if (kubernetes) {
    source.note(['metadata'], "is the Kubernetes object's, not the SLO's: left out")
    source.note(['status'], 'is what a controller saw: left out')
  }
  const name = source.text([...root, 'service']) ?? ''
  const named = ['owner', 'team'].map((label) => source.peek([...root, 'labels', label])).find(Boolean)
  const labels = labelsOf(source, [...root, 'labels'])
  const more = labels.length > 0 ? { labels: Object.fromEntries(labels) } : {}
  converted.services.push(
    service(name, named === undefined ? options.owner : slug(String(named)) || options.owner, more),
  )
  source.note([...root, form.plugins], 'plugins have no equivalent: left out')
  for (let index = 0; index < source.length([...root, 'slos']); index++) {
    const document = sloOf(source, [...root, 'slos', index], form, name, options)
    if (document) converted.slos.push({ document, at: source.at([...root, 'slos', index]), source })
  }
  source.reportRest()
  return converted
}

function sloOf(
  source: Source,
  path: Path,
  form: Form,
  serviceName: string,
  { window = '30d' }: ImportOptions,
) {
  const name = source.text([...path, 'name']) ?? ''
  const measured = indicatorOf(source, [...path, 'sli'], form)
  const objective = source.text([...path, 'objective'])
  if (!measured) {
    source.report(path, 'has no SLI that converts: the SLO is left out')
    return undefined
  }
  source.note([...path, 'plugins'], 'plugins have no equivalent: left out')
  const id = `${serviceName}-${name}`
  const spec = {
    ...descriptionOf(source, [...path, 'description']),
    service: slug(serviceName),
    indicator: { metadata: { name: 'indicator' }, spec: measured.indicator },
    timeWindow: [{ duration: window, isRolling: true }],
    budgetingMethod: measured.method,
    objectives: [
      {
        targetPercent: Number(objective),
        ...(measured.method === 'RatioTimeslices' && { timeSliceWindow: '5m' }),
      },
    ],
  }
  const alerting = alertingOf(source, [...path, 'alerting'], form)
  return slo(id, spec, labelsOf(source, [...path, 'labels']), alerting)
}

function indicatorOf(source: Source, path: Path, form: Form) {
  const raw = source.text([...path, 'raw', form.rawQuery])
  if (raw !== undefined) {
    source.report(
      [...path, 'raw', form.rawQuery],
      'a ratio: averaged over slices of five minutes, as Sloth averages it',
    )
    return { indicator: ratioOf('failure', raw), method: 'RatioTimeslices' }
  }
  const error = source.text([...path, 'events', form.error])
  const total = source.text([...path, 'events', form.total])
  if (error === undefined || total === undefined) {
    source.note([...path, 'plugin'], 'is code of a plugin: no equivalent')
    return undefined
  }
  const [bad, all] = [counters(error), counters(total)]
  if (bad !== undefined && all !== undefined)
    return { indicator: countsOf('bad', bad, all), method: 'Occurrences' }
  for (const field of [form.error, form.total])
    source.report(
      [...path, 'events', field],
      'is not made of counters: the ratio of the two is averaged over slices of five minutes, as Sloth averages it',
    )
  const share = `(${ofSlice(error)}) / (${ofSlice(total)})`
  return { indicator: ratioOf('failure', share), method: 'RatioTimeslices' }
}

/** Which severities are left, and what of the alerts' texts is kept without a use. */
function alertingOf(source: Source, path: Path, form: Form): Record<string, string> {
  const [page, ticket] = [form.page, form.ticket].map(
    (name) => source.flag([...path, name, 'disable']) === true,
  )
  const annotations = kept(source, PREFIX, path, [
    'name',
    'labels',
    'annotations',
    `${form.page}.labels`,
    `${form.page}.annotations`,
    `${form.ticket}.labels`,
    `${form.ticket}.annotations`,
  ])
  if (page && ticket) annotations[ANNOTATIONS.alerting.name] = 'none'
  else if (page) annotations[ANNOTATIONS.alerting.name] = 'ticket'
  else if (ticket) annotations[ANNOTATIONS.burnRates.name] = '1d=off, 3d=off'
  return annotations
}
