/** Annotations `plimsoll.dev/*`: what OpenSLO has no field for. `slo/README.md` has the same table for readers. */
import type { Located } from './check-shape.ts'
import { fault, show } from './fault.ts'
import type { Documents } from './schema.ts'
import type { Fault } from './types.ts'

type Annotation = {
  name: string
  on: 'Service' | 'SLO'
  required: boolean
  pattern: RegExp
  expected: string
}

/** What RFC 1123 allows in a name, in lower case; an SLO's id may be a name, a dash and the id of an objective. */
const SLUG = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const SLO_ID = '[a-z0-9](?:[a-z0-9-]{0,125}[a-z0-9])?'
const list = (item: string) => new RegExp(`^\\s*${item}\\s*(?:,\\s*${item}\\s*)*$`)

export const ANNOTATIONS = {
  owner: {
    name: 'plimsoll.dev/owner',
    on: 'Service',
    required: true,
    pattern: new RegExp(`^${SLUG}$`),
    expected: 'the team that is paged, such as team-registry',
  },
  runbook: {
    name: 'plimsoll.dev/runbook',
    on: 'SLO',
    required: true,
    pattern: new RegExp(`^${SLUG}$`),
    expected: 'the slug of a runbook, such as hub-api-errors',
  },
  regions: {
    name: 'plimsoll.dev/regions',
    on: 'SLO',
    required: false,
    // `all` is the region of what is counted over all of them.
    pattern: list(`(?!all\\s*(?:,|$))${SLUG}`),
    expected: 'the regions expected to have traffic, such as us-east, eu-west',
  },
  source: {
    name: 'plimsoll.dev/source',
    on: 'SLO',
    required: false,
    pattern: /^(prometheus|deltas)$/,
    expected: "prometheus or deltas: the ledger's one source of counts",
  },
  alerting: {
    name: 'plimsoll.dev/alerting',
    on: 'SLO',
    required: false,
    pattern: /^(page|ticket|none)$/,
    expected: 'page, ticket or none: the highest severity that may interrupt',
  },
  alertOn: {
    name: 'plimsoll.dev/alert-on',
    on: 'SLO',
    required: false,
    pattern: /^(burn-rate|any-bad-event)$/,
    expected: 'burn-rate, or any-bad-event where one bad event is too many and no budget may be spent',
  },
  evidenceGate: {
    name: 'plimsoll.dev/evidence-gate',
    on: 'SLO',
    required: false,
    pattern: /^(on|off)$/,
    expected: 'on or off: whether a burn must be more than chance explains before it alerts',
  },
  burnRates: {
    name: 'plimsoll.dev/burn-rates',
    on: 'SLO',
    required: false,
    pattern: list('(?:1h|6h|1d|3d)=(?:off|[1-9]\\d{0,5}(?:\\.\\d{1,6})?)'),
    expected: 'burn rates of at least 1 by long window, or off, such as 1h=10, 6h=off',
  },
  objectiveIds: {
    name: 'plimsoll.dev/objective-ids',
    on: 'SLO',
    required: false,
    pattern: list(SLUG),
    expected: 'one id for each of several objectives, in their order, such as fast, acceptable',
  },
  dependsOn: {
    name: 'plimsoll.dev/depends-on',
    on: 'SLO',
    required: false,
    pattern: list(`${SLO_ID}(?::(?:1|0\\.\\d{1,6}))?`),
    expected: 'SLOs that every event needs, or a share of the events, such as token-availability, search:0.2',
  },
  guards: {
    name: 'plimsoll.dev/guards',
    on: 'SLO',
    required: false,
    pattern: list(`[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*=${SLO_ID}`),
    expected:
      'what is not counted here, and the SLO that sees it, such as 401=token-known-good, rest=pull-probe',
  },
  eventsPerHour: {
    name: 'plimsoll.dev/expected-events-per-hour',
    on: 'SLO',
    required: false,
    pattern: /^[1-9]\d{0,11}$/,
    expected: 'a whole number of valid events in a quiet hour, in each region where there are regions',
  },
  effectiveFrom: {
    name: 'plimsoll.dev/effective-from',
    on: 'SLO',
    required: false,
    pattern: /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$/,
    expected: 'when this promise begins, a UTC date or RFC 3339 time, such as 2026-12-01',
  },
  calendars: {
    name: 'plimsoll.dev/report-windows',
    on: 'SLO',
    required: false,
    pattern: list('[1-9]\\d?[dwMQY] [A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*'),
    expected: 'calendar windows of reports, each with its time zone, such as 1M Europe/Berlin, 1Q UTC',
  },
} as const satisfies Record<string, Annotation>

const PREFIX = 'plimsoll.dev/'
const ALL: readonly Annotation[] = Object.values(ANNOTATIONS)
const KNOWN = { Service: ALL.filter(({ on }) => on === 'Service'), SLO: ALL.filter(({ on }) => on === 'SLO') }

/** Items of a list annotation, trimmed; none when it is absent. */
export function listOf(annotation: string | undefined): string[] {
  return annotation === undefined ? [] : annotation.split(',').map((item) => item.trim())
}

/** Faults of the annotations of one document. */
export function checkAnnotations({ value, locate }: Located<Documents['Service' | 'SLO']>): Fault[] {
  const annotations = value.metadata.annotations ?? {}
  const known = KNOWN[value.kind]
  const at = (name: string) => locate(['metadata', 'annotations', name])
  const unknown = Object.keys(annotations)
    .filter((name) => name.startsWith(PREFIX) && !known.some((one) => one.name === name))
    .map((name) => {
      const expected = `one of ${known.map((one) => one.name).join(', ')} on ${value.kind}`
      return fault('SPEC_ANNOTATION_UNKNOWN', at(name), name, expected, 'correct or remove it')
    })
  const wrong = known.flatMap(({ name, required, pattern, expected }) => {
    const seen = annotations[name]
    if (seen !== undefined && pattern.test(seen)) return []
    if (seen !== undefined) {
      return [
        fault('SPEC_ANNOTATION_VALUE', at(name), `${name}: ${show(seen)}`, expected, 'correct the value'),
      ]
    }
    return required
      ? [fault('SPEC_ANNOTATION_MISSING', at(name), `no ${name}`, expected, 'add the annotation')]
      : []
  })
  return [...unknown, ...wrong]
}
