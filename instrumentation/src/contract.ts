/**
 * Does an exposition keep the RED contract, whatever wrote it? A service in another language passes the same check.
 * The contract: OTel's HTTP server duration in seconds with the recommended buckets, the labels of the vocabulary
 * and no others, route templates and never paths.
 *
 * A Go service keeps it as `goServiceRelabelling` makes it: the rules are applied first. Its `_count` alone has a
 * status, its buckets are those of the bounds that it shares with the contract, and both are never in one series.
 */
import { parseExposition, type Sample } from './exposition-text.ts'
import { GO_DURATION_BUCKETS, type GoService, goServiceRelabelling } from './go-registry.ts'
import { relabel } from './relabel.ts'
import {
  HTTP_DURATION_BUCKETS,
  HTTP_SERVER_DURATION,
  KNOWN_METHODS,
  LABEL,
  OTHER_METHOD,
  OVERFLOW_ROUTE,
  UNMATCHED_ROUTE,
} from './vocabulary.ts'

/** One way in which an exposition breaks the contract. `at` is `line N`, or `exposition` for the whole. */
export type ContractFault = { code: ContractCode; at: string; saw: string; expected: string; fix: string }

/** Every code a fault can have, with what it is about. */
export const CONTRACT_CODES = {
  MALFORMED: 'a line is no sample of the exposition format',
  RED_MISSING: 'the RED histogram is not there, or under another name',
  RED_TYPE: 'the RED metric is not a histogram',
  LABEL_MISSING: 'a label of the contract is absent',
  LABEL_FORBIDDEN: 'a label that the contract does not know, or that the scrape configuration sets',
  LABEL_VALUE: 'a label has a value that its meaning does not allow',
  ROUTE_NOT_TEMPLATE: 'the route is a path, so that every path becomes a series',
  BUCKET_BOUNDS: 'the bounds of the buckets are not the recommended ones',
  BUCKET_COUNTS: 'buckets do not add up to the count',
  SERIES_TWICE: 'two series have the same name and labels, of which Prometheus keeps one',
} as const
export type ContractCode = keyof typeof CONTRACT_CODES

const REQUIRED: readonly string[] = [LABEL.serviceName, LABEL.method, LABEL.route, LABEL.statusCode]
const ALLOWED: ReadonlySet<string> = new Set([...REQUIRED, LABEL.errorType, LABEL.synthetic])
const METHODS: ReadonlySet<string> = new Set([...KNOWN_METHODS, OTHER_METHOD])
const BOUNDS: readonly number[] = [...HTTP_DURATION_BUCKETS, Number.POSITIVE_INFINITY]

/** Every fault of `text`, once per series; none when it keeps the contract. `goService`: what a Go service exposes. */
export function checkExposition(text: string, goService?: GoService): ContractFault[] {
  const { samples: exposed, types, malformed } = parseExposition(text)
  const samples = goService ? relabel(exposed, goServiceRelabelling(goService)) : exposed
  const faults = malformed.map(({ line, text }) =>
    fault(
      'MALFORMED',
      `line ${line}`,
      clip(text),
      'name{label="value"} number',
      'write the Prometheus text format',
    ),
  )
  const red = groupBySeries(samples.filter(({ name }) => isRed(name)))
  if (red.length === 0) return [...faults, missing(samples)]
  const type = types.get(goService?.durations ?? HTTP_SERVER_DURATION) ?? 'no # TYPE line'
  if (type !== 'histogram')
    faults.push(
      fault('RED_TYPE', 'exposition', type, 'histogram', `expose ${HTTP_SERVER_DURATION} as a histogram`),
    )
  faults.push(...checkTwice(red))
  return [...faults, ...red.flatMap((series) => (goService ? checkGoSeries(series) : checkSeries(series)))]
}

function checkSeries(series: RedSeries): ContractFault[] {
  return [...checkLabels(series, REQUIRED), ...checkBuckets(series, BOUNDS)]
}

/** Requests by status, or durations without one: the one thing that a Go service cannot tell. */
function checkGoSeries(series: RedSeries): ContractFault[] {
  if (series.samples.every(({ name }) => name.endsWith('_count'))) return checkLabels(series, REQUIRED)
  const faults = checkLabels(
    series,
    REQUIRED.filter((name) => name !== LABEL.statusCode),
  )
  return [...faults, ...checkBuckets(series, [...GO_DURATION_BUCKETS, Number.POSITIVE_INFINITY], 'apart')]
}

function checkTwice(red: RedSeries[]): ContractFault[] {
  return red.flatMap(({ labels, samples }) => {
    const seen = new Set<string>()
    const twice = samples.find(({ name, labels }) => {
      const key = `${name} ${labels.le ?? ''}`
      return seen.size === seen.add(key).size
    })
    if (!twice) return []
    const saw = `${twice.name} of ${labels[LABEL.route] ?? 'no route'} twice`
    const fix = 'tell them apart by a label of the contract, or drop one'
    return [fault('SERIES_TWICE', `line ${twice.line}`, saw, 'each series once', fix)]
  })
}

type RedSeries = { at: string; labels: Record<string, string>; samples: Sample[] }

function isRed(name: string): boolean {
  return [
    `${HTTP_SERVER_DURATION}_bucket`,
    `${HTTP_SERVER_DURATION}_sum`,
    `${HTTP_SERVER_DURATION}_count`,
  ].includes(name)
}

function groupBySeries(samples: Sample[]): RedSeries[] {
  const series = new Map<string, RedSeries>()
  for (const sample of samples) {
    const { le: _, ...labels } = sample.labels
    const key = JSON.stringify(Object.entries(labels).sort())
    const found = series.get(key)
    if (found) found.samples.push(sample)
    else series.set(key, { at: `line ${sample.line}`, labels, samples: [sample] })
  }
  return [...series.values()]
}

function missing(samples: Sample[]): ContractFault {
  const near = samples.map(({ name }) => name).find((name) => /http.*(duration|latency)/.test(name))
  return fault(
    'RED_MISSING',
    'exposition',
    near ?? 'no HTTP duration at all',
    HTTP_SERVER_DURATION,
    near
      ? `rename it to ${HTTP_SERVER_DURATION}, unit seconds`
      : 'start the service with @plimsoll/instrumentation/register',
  )
}

function checkLabels({ at, labels }: RedSeries, required: readonly string[]): ContractFault[] {
  const faults: ContractFault[] = []
  for (const name of required)
    if (!labels[name])
      faults.push(
        fault('LABEL_MISSING', at, `no ${name}`, required.join(', '), `set ${name} on every series`),
      )
  for (const name of Object.keys(labels)) {
    if (ALLOWED.has(name)) continue
    const fix =
      name === LABEL.region
        ? 'leave it to the scrape configuration'
        : 'remove it: every value of it is a series'
    faults.push(fault('LABEL_FORBIDDEN', at, name, [...ALLOWED].join(', '), fix))
  }
  const value = (name: string, isValid: (value: string) => boolean, expected: string, fix: string) => {
    const saw = labels[name]
    if (saw && !isValid(saw)) faults.push(fault('LABEL_VALUE', at, `${name}="${clip(saw)}"`, expected, fix))
  }
  value(
    LABEL.method,
    (method) => METHODS.has(method),
    [...METHODS].join(', '),
    `write it upper case, or ${OTHER_METHOD}`,
  )
  value(LABEL.statusCode, (code) => /^[1-5]\d\d$/.test(code), '100 to 599', 'write the status code in digits')
  value(LABEL.synthetic, (flag) => flag === 'true', 'true, or no label', 'leave it out on user traffic')
  const route = labels[LABEL.route]
  if (route && !isTemplate(route))
    faults.push(
      fault(
        'ROUTE_NOT_TEMPLATE',
        at,
        clip(route),
        `a template such as /v2/{name}/manifests/{reference}, or ${UNMATCHED_ROUTE}`,
        'take the label from the matched route, with {name} for a parameter',
      ),
    )
  return faults
}

/** A segment that looks like an id, a digest or an encoded value was never written by the author of a route. */
function isTemplate(route: string): boolean {
  if (route === UNMATCHED_ROUTE || route === OVERFLOW_ROUTE) return true
  if (!route.startsWith('/') || /[?#\s]/.test(route.replace(/^\/\^.*\/[a-z]*$/, '/'))) return false
  return !route
    .split('/')
    .some((segment) => /^(\d+|:.*|.*%[0-9a-f]{2}.*|sha(256|512):.*|[0-9a-f-]{16,}|.{65,})$/i.test(segment))
}

/** `counted` is `apart` when requests are counted in series of their own, and the last bucket counts the durations. */
function checkBuckets(
  { at, labels, samples }: RedSeries,
  expected: readonly number[],
  counted: 'here' | 'apart' = 'here',
): ContractFault[] {
  const faults: ContractFault[] = []
  const buckets = samples.filter(({ name }) => name.endsWith('_bucket'))
  const bounds = buckets.map(({ labels: { le = '' } }) =>
    le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le),
  )
  if (bounds.join() !== expected.join())
    faults.push(
      fault(
        'BUCKET_BOUNDS',
        at,
        bounds.join(' ') || 'no buckets',
        expected.join(' '),
        `use OTel's bounds for ${labels[LABEL.route] ?? 'every route'}`,
      ),
    )
  const count = samples.find(({ name }) => name.endsWith('_count'))?.value
  const hasSum = samples.some(({ name }) => name.endsWith('_sum'))
  const rises = buckets.every(({ value }, index) => value >= (buckets[index - 1]?.value ?? 0))
  const addsUp = counted === 'apart' ? count === undefined : buckets.at(-1)?.value === count
  if (!hasSum || !rises || !addsUp)
    faults.push(
      fault(
        'BUCKET_COUNTS',
        at,
        `buckets ${buckets.map(({ value }) => value).join(' ')}, count ${count ?? 'absent'}, sum ${hasSum ? 'present' : 'absent'}`,
        counted === 'here'
          ? 'rising buckets, the last one equal to _count, and a _sum'
          : 'rising buckets and a _sum, and no _count beside that of the requests',
        counted === 'here' ? 'let one library write the whole histogram' : 'drop the _count of the durations',
      ),
    )
  return faults
}

function fault(code: ContractCode, at: string, saw: string, expected: string, fix: string): ContractFault {
  return { code, at, saw, expected, fix }
}

function clip(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
