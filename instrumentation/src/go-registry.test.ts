import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkExposition } from './contract.ts'
import { parseExposition } from './exposition-text.ts'
import { GO_REGISTRY, goServiceRelabelling } from './go-registry.ts'
import { relabel } from './relabel.ts'

/** What docker-registry 2.8.2 answered after a handful of requests. */
const recorded = readFileSync(join(import.meta.dirname, 'fixtures/docker-registry-2.8.2.txt'), 'utf8')
const NAME = 'http_server_request_duration_seconds'

function stored(text: string) {
  return relabel(parseExposition(text).samples, goServiceRelabelling(GO_REGISTRY))
}

test('what docker-registry exposes keeps the contract once it is relabelled, and not before', () => {
  expect(checkExposition(recorded, GO_REGISTRY)).toEqual([])
  expect(checkExposition(recorded).map(({ code }) => code)).toEqual(['RED_MISSING'])
})

test('each request is counted once, with its status and its route template', () => {
  const counts = stored(recorded).filter(({ name }) => name === `${NAME}_count`)
  // The nine lines of registry_http_requests_total, by hand.
  expect(
    counts.map(({ labels, value }) => [
      labels.http_request_method,
      labels.http_route,
      labels.http_response_status_code,
      value,
    ]),
  ).toEqual([
    ['GET', '/v2/', '200', 1],
    ['_OTHER', '/v2/', '200', 1],
    ['GET', '/v2/{name}/blobs/{digest}', '200', 1],
    ['HEAD', '/v2/{name}/blobs/{digest}', '200', 1],
    ['GET', '/v2/_catalog', '200', 1],
    ['PUT', '/v2/{name}/blobs/uploads/{uuid}', '201', 1],
    ['POST', '/v2/{name}/blobs/uploads/', '202', 1],
    ['GET', '/v2/{name}/manifests/{reference}', '404', 1],
    ['GET', '/v2/{name}/tags/list', '404', 1],
  ])
})

test('durations have no status, and no bound that the contract does not have', () => {
  const buckets = stored(recorded).filter(({ name }) => name === `${NAME}_bucket`)
  const bounds = new Set(buckets.map(({ labels }) => labels.le))
  expect([...bounds]).toEqual([
    '0.005',
    '0.01',
    '0.025',
    '0.05',
    '0.1',
    '0.25',
    '0.5',
    '1',
    '2.5',
    '5',
    '10',
    '+Inf',
  ])
  expect(buckets.filter(({ labels }) => 'http_response_status_code' in labels)).toEqual([])
})

test('a 503 carries its error type, as from any other service', () => {
  const [sample] = stored('registry_http_requests_total{code="503",handler="blob",method="patch"} 4')
  expect(sample).toMatchObject({
    name: `${NAME}_count`,
    labels: {
      service_name: 'registry',
      http_request_method: 'PATCH',
      http_route: '/v2/{name}/blobs/{digest}',
      http_response_status_code: '503',
      error_type: '503',
    },
  })
  expect(Object.keys(sample?.labels ?? {})).toHaveLength(5)
})

test('NOTIFY is dropped: as _OTHER it would be a second series beside that of unknown methods', () => {
  const line = (method: string) =>
    `registry_http_requests_total{code="200",handler="base",method="${method}"} 1\n`
  expect(stored(line('notify') + line('unknown')).map(({ labels }) => labels.http_request_method)).toEqual([
    '_OTHER',
  ])
})

test('other metrics of the target pass untouched, also with labels of the same names', () => {
  const text =
    'promhttp_metric_handler_requests_total{code="200"} 7\nregistry_http_in_flight_requests{handler="blob"} 1\n'
  expect(stored(text)).toEqual(parseExposition(text).samples)
})

const wrong: { code: string; name: string; text?: string; routes?: Record<string, string> }[] = [
  {
    code: 'LABEL_MISSING',
    name: 'a handler without a route template',
    text: recorded.replaceAll('handler="tags"', 'handler="referrers"'),
  },
  {
    code: 'SERIES_TWICE',
    name: 'two handlers of one route',
    routes: { ...GO_REGISTRY.routes, catalog: '/v2/' },
  },
  {
    code: 'BUCKET_BOUNDS',
    name: 'a bound that nobody knew of',
    text: recorded.replace(/^(.*handler="base",method="get",le=)"60"(.*)$/m, '$1"30"$2'),
  },
  {
    code: 'RED_TYPE',
    name: 'a summary',
    text: recorded.replace('duration_seconds histogram', 'duration_seconds summary'),
  },
]
for (const { code, name, text = recorded, routes = GO_REGISTRY.routes } of wrong)
  test(`${code}: ${name}`, () => {
    const faults = checkExposition(text, { ...GO_REGISTRY, routes })
    expect(faults.map((fault) => fault.code)).toContain(code)
  })
