import { expect, test } from 'vitest'
import { CONTRACT_CODES, type ContractCode, checkExposition } from './contract.ts'

const BOUNDS = [
  '0.005',
  '0.01',
  '0.025',
  '0.05',
  '0.075',
  '0.1',
  '0.25',
  '0.5',
  '0.75',
  '1',
  '2.5',
  '5',
  '7.5',
  '10',
  '+Inf',
]
const NAME = 'http_server_request_duration_seconds'
const LABELS =
  'service_name="hub",http_request_method="GET",http_route="/v2/{name}",http_response_status_code="200",error_type=""'

/** One request of 0.3 s, as any client library would write it. */
function exposition(labels = LABELS): string {
  const buckets = BOUNDS.map((le, index) => `${NAME}_bucket{${labels},le="${le}"} ${index < 7 ? 0 : 1}`)
  return `# HELP ${NAME} x\n# TYPE ${NAME} histogram\n${buckets.join('\n')}\n${NAME}_sum{${labels}} 0.3\n${NAME}_count{${labels}} 1\n`
}
const labelled = (name: string, value: string) =>
  exposition(LABELS.replace(new RegExp(`${name}="[^"]*"`), `${name}="${value}"`))

const kept: { name: string; text: string }[] = [
  { name: 'the contract itself', text: exposition() },
  {
    name: 'no error_type, which is the same as an empty one',
    text: exposition(LABELS.replace(',error_type=""', '')),
  },
  { name: 'canary traffic', text: exposition(`${LABELS},synthetic="true"`) },
  { name: 'an unmatched request', text: labelled('http_route', '_UNMATCHED') },
  { name: 'the root route', text: labelled('http_route', '/') },
  { name: 'a route that is a regular expression', text: labelled('http_route', '/^\\\\/a(\\\\d+)?$/') },
  { name: 'le as Prometheus 3 writes it', text: exposition().replace('le="1"', 'le="1.0"') },
  {
    name: 'exemplars and the end mark of OpenMetrics',
    text: `${exposition().replace('le="0.5"} 1', 'le="0.5"} 1 # {trace_id="0af7"} 0.3 1790000000.1')}# EOF\n`,
  },
  {
    name: 'other metrics beside it',
    text: `${exposition()}# TYPE up gauge\nup NaN\ndown Nan\nother{a="b"} +Inf 1790000000\n`,
  },
]
for (const { name, text } of kept) test(`kept: ${name}`, () => expect(checkExposition(text)).toEqual([]))

const broken: { code: ContractCode; name: string; text: string; saw: string }[] = [
  { code: 'MALFORMED', name: 'a line without a value', text: `${exposition()}nonsense\n`, saw: 'nonsense' },
  { code: 'RED_MISSING', name: 'nothing at all', text: '', saw: 'no HTTP duration at all' },
  {
    code: 'RED_MISSING',
    name: 'the unit left out of the name',
    text: exposition().replaceAll('_seconds', ''),
    saw: 'http_server_request_duration_bucket',
  },
  {
    code: 'RED_TYPE',
    name: 'a summary',
    text: exposition().replace(' histogram', ' summary'),
    saw: 'summary',
  },
  {
    code: 'LABEL_MISSING',
    name: 'no service name',
    text: labelled('service_name', ''),
    saw: 'no service_name',
  },
  {
    code: 'LABEL_FORBIDDEN',
    name: 'a user in a label',
    text: exposition(`${LABELS},user="ann"`),
    saw: 'user',
  },
  {
    code: 'LABEL_FORBIDDEN',
    name: 'a region set by the service',
    text: exposition(`${LABELS},region="us"`),
    saw: 'region',
  },
  {
    code: 'LABEL_VALUE',
    name: 'a method in lower case',
    text: labelled('http_request_method', 'get'),
    saw: 'http_request_method="get"',
  },
  {
    code: 'LABEL_VALUE',
    name: 'a status class',
    text: labelled('http_response_status_code', '2xx'),
    saw: 'http_response_status_code="2xx"',
  },
  {
    code: 'LABEL_VALUE',
    name: 'synthetic="false"',
    text: exposition(`${LABELS},synthetic="false"`),
    saw: 'synthetic="false"',
  },
  ...[
    '/users/42',
    '/v2/app/blobs/sha256:abc',
    '/u/5f0e6a1c-1a7b-4c58-9c8e-0d6a3f1b2c4d',
    '/a%20b',
    '/a?b=c',
    'users',
    '/users/:id',
  ].map((route) => ({
    code: 'ROUTE_NOT_TEMPLATE' as const,
    name: `the route ${route}`,
    text: labelled('http_route', route),
    saw: route,
  })),
  {
    code: 'BUCKET_BOUNDS',
    name: 'a bucket left out',
    text: exposition().replace(/.*le="0.25".*\n/, ''),
    saw: '0.005 0.01 0.025 0.05 0.075 0.1 0.5 0.75 1 2.5 5 7.5 10 Infinity',
  },
  {
    code: 'BUCKET_COUNTS',
    name: 'a count that is not the last bucket',
    text: exposition().replace(/_count(.*) 1/, '_count$1 2'),
    saw: 'buckets 0 0 0 0 0 0 0 1 1 1 1 1 1 1 1, count 2, sum present',
  },
  {
    code: 'BUCKET_COUNTS',
    name: 'no sum',
    text: exposition().replace(/.*_sum.*\n/, ''),
    saw: 'buckets 0 0 0 0 0 0 0 1 1 1 1 1 1 1 1, count 1, sum absent',
  },
]
broken.push({
  code: 'SERIES_TWICE',
  name: 'a sum that is written twice',
  text: exposition().replace(/(.*_sum.*\n)/, '$1$1'),
  saw: 'http_server_request_duration_seconds_sum of /v2/{name} twice',
})
for (const { code, name, text, saw } of broken)
  test(`${code}: ${name}`, () =>
    expect(checkExposition(text)).toEqual([expect.objectContaining({ code, saw })]))

test('every code of the table has a case here', () => {
  expect(new Set(broken.map(({ code }) => code))).toEqual(new Set(Object.keys(CONTRACT_CODES)))
})

test('a fault says where, what, what instead and the next move', () => {
  expect(checkExposition(labelled('http_route', '/users/42'))).toEqual([
    {
      code: 'ROUTE_NOT_TEMPLATE',
      at: 'line 3',
      saw: '/users/42',
      expected: 'a template such as /v2/{name}/manifests/{reference}, or _UNMATCHED',
      fix: 'take the label from the matched route, with {name} for a parameter',
    },
  ])
})
