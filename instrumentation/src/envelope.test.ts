import { expect, test } from 'vitest'
import { type Envelope, envelopeSchema } from './envelope.ts'

const deltas: Envelope = {
  schema: 'plimsoll/envelope/1',
  producer: 'hub-api-0',
  epoch: 1_790_000_000_000,
  sequence: 0,
  kind: 'deltas',
  deltas: [{ slo: 'hub-api-availability', region: 'us-east', minute: 1_790_000_040, good: 59, total: 60 }],
}
const results: Envelope = {
  schema: 'plimsoll/envelope/1',
  producer: 'prober-us-east',
  epoch: 1_790_000_000_000,
  sequence: 7,
  kind: 'probe-results',
  results: [
    {
      runId: 'run-1',
      flow: 'push-pull',
      vantage: 'us-east',
      region: 'eu-west',
      startedAt: 1_790_000_001.25,
      endedAt: 1_790_000_002.5,
      verdict: 'target_fail',
      reason: 'server_error',
      failedStep: 'push-blob',
      message: 'PUT answered 503',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      steps: [
        {
          step: 'push-blob',
          durationSeconds: 0.3,
          statusCode: 503,
          connection: 'new',
          phases: { dns: 0.01, tcp: 0.02, first_byte: 0.27 },
          bytes: 1024,
        },
      ],
    },
  ],
}

for (const envelope of [deltas, results])
  test(`an envelope of ${envelope.kind} is the same after a journey as JSON`, () => {
    expect(envelopeSchema.parse(JSON.parse(JSON.stringify(envelope)))).toEqual(envelope)
  })

/** A copy with the value at `path` ("deltas.0.good") replaced; undefined removes it. */
function having(envelope: Envelope, path: string, value: unknown): unknown {
  const copy = structuredClone(envelope)
  const keys = path.split('.')
  const last = keys.pop() ?? ''
  let at = copy as unknown as Record<string, unknown>
  for (const key of keys) at = at[key] as Record<string, unknown>
  if (value === undefined) delete at[last]
  else at[last] = value
  return copy
}

const many = <Item>(count: number, item: Item) => Array.from({ length: count }, () => item)
const [delta] = deltas.kind === 'deltas' ? deltas.deltas : []
const [result] = results.kind === 'probe-results' ? results.results : []
const [step] = result?.steps ?? []

const refusals: {
  why: string
  from: Envelope
  path: string
  value: unknown
  message: string
  at?: string
}[] = [
  {
    why: 'another version',
    from: deltas,
    path: 'schema',
    value: 'plimsoll/envelope/2',
    message: 'Invalid input: expected "plimsoll/envelope/1"',
  },
  {
    why: 'a kind nobody knows',
    from: deltas,
    path: 'kind',
    value: 'gossip',
    message: "Invalid discriminator value. Expected 'probe-results' | 'deltas'",
  },
  {
    why: 'no producer',
    from: deltas,
    path: 'producer',
    value: undefined,
    message: 'Invalid input: expected string, received undefined',
  },
  {
    why: 'a producer without a name',
    from: deltas,
    path: 'producer',
    value: '',
    message: 'Too small: expected string to have >=1 characters',
  },
  {
    why: 'a negative sequence',
    from: deltas,
    path: 'sequence',
    value: -1,
    message: 'Too small: expected number to be >=0',
  },
  {
    why: 'half an epoch',
    from: deltas,
    path: 'epoch',
    value: 0.5,
    message: 'Invalid input: expected int, received number',
  },
  {
    why: 'a count past 2^53',
    from: deltas,
    path: 'deltas.0.total',
    value: 2 ** 53,
    message: 'Too big: expected int to be <=9007199254740991',
  },
  {
    why: 'a field nobody knows',
    from: deltas,
    path: 'extra',
    value: 1,
    message: 'Unrecognized key: "extra"',
    at: '',
  },
  {
    why: 'no deltas',
    from: deltas,
    path: 'deltas',
    value: [],
    message: 'Too small: expected array to have >=1 items',
  },
  {
    why: '2001 deltas',
    from: deltas,
    path: 'deltas',
    value: many(2001, delta),
    message: 'Too big: expected array to have <=2000 items',
  },
  {
    why: 'more good than total',
    from: deltas,
    path: 'deltas.0.good',
    value: 61,
    message: 'good must not exceed total',
    at: 'deltas.0',
  },
  {
    why: 'a negative count',
    from: deltas,
    path: 'deltas.0.good',
    value: -1,
    message: 'Too small: expected number to be >=0',
  },
  {
    why: 'a minute that is not one',
    from: deltas,
    path: 'deltas.0.minute',
    value: 1_790_000_041,
    message: 'Invalid number: must be a multiple of 60',
  },
  {
    why: 'an SLO id in capitals',
    from: deltas,
    path: 'deltas.0.slo',
    value: 'Hub',
    message: 'Invalid string: must match pattern /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/',
  },
  {
    why: 'a region of 65 characters',
    from: deltas,
    path: 'deltas.0.region',
    value: 'a'.repeat(65),
    message: 'Too big: expected string to have <=64 characters',
  },
  {
    why: 'no results',
    from: results,
    path: 'results',
    value: [],
    message: 'Too small: expected array to have >=1 items',
  },
  {
    why: '501 results',
    from: results,
    path: 'results',
    value: many(501, result),
    message: 'Too big: expected array to have <=500 items',
  },
  {
    why: 'a verdict nobody knows',
    from: results,
    path: 'results.0.verdict',
    value: 'fine',
    message: 'Invalid option: expected one of "ok"|"target_fail"|"prober_fail"|"indeterminate"|"skipped"',
  },
  {
    why: 'a reason nobody knows',
    from: results,
    path: 'results.0.reason',
    value: 'gremlins',
    message: 'Invalid option: expected one of "connection_refused"',
  },
  {
    why: 'a trace id in capitals',
    from: results,
    path: 'results.0.traceId',
    value: '0AF7651916CD43DD8448EB211C80319C',
    message: 'Invalid string: must match pattern /^[0-9a-f]{32}$/',
  },
  {
    why: 'a message of 501 characters',
    from: results,
    path: 'results.0.message',
    value: 'x'.repeat(501),
    message: 'Too big: expected string to have <=500 characters',
  },
  {
    why: 'a time past the year 2100',
    from: results,
    path: 'results.0.endedAt',
    value: 4_102_444_801,
    message: 'Too big: expected number to be <=4102444800',
  },
  {
    why: '65 steps',
    from: results,
    path: 'results.0.steps',
    value: many(65, step),
    message: 'Too big: expected array to have <=64 items',
  },
  {
    why: 'a status code of 99',
    from: results,
    path: 'results.0.steps.0.statusCode',
    value: 99,
    message: 'Too small: expected number to be >=100',
  },
  {
    why: 'a step of more than a day',
    from: results,
    path: 'results.0.steps.0.durationSeconds',
    value: 86_401,
    message: 'Too big: expected number to be <=86400',
  },
  {
    why: 'a connection neither new nor reused',
    from: results,
    path: 'results.0.steps.0.connection',
    value: 'old',
    message: 'Invalid option: expected one of "new"|"reused"',
  },
  {
    why: 'a phase nobody knows',
    from: results,
    path: 'results.0.steps.0.phases',
    value: { lunch: 1 },
    message: 'Unrecognized key: "lunch"',
  },
]
for (const { why, from, path, value, message, at = path } of refusals)
  test(`${why} is refused`, () => {
    const issues = envelopeSchema.safeParse(having(from, path, value)).error?.issues ?? []
    expect(new Set(issues.map((issue) => issue.path.join('.')))).toEqual(new Set([at]))
    expect(issues[0]?.message).toContain(message)
  })
