import { readFile } from 'node:fs/promises'
import { REASONS, VERDICTS } from '@plimsoll/instrumentation'
import { expect, test } from 'vitest'
import { digestOf } from './oci/digest.ts'
import { type Failure, OciError, type Side } from './oci/error.ts'
import { STEPS, type Step } from './steps.ts'
import { type Ending, judge, type Remembered } from './verdict.ts'

const AT = new URL('http://registry.example/v2/')
const network = (code: string): Failure => ({ kind: 'network', code })
const status = (status: number): Failure => ({ kind: 'status', status, expected: '200' })

function ending(failure: Failure, step: Step = 'pull-blob', more: Partial<Ending> = {}, side?: Side): Ending {
  const error = new OciError(step, 'GET', AT, failure, side)
  return {
    error,
    hasCredentials: false,
    loopLateSeconds: 0,
    deadlineSeconds: 5,
    memory: new Set<Remembered>(),
    ...more,
  }
}

const cases: { name: string; ending: Ending; expected: string }[] = [
  {
    name: 'nobody listens',
    ending: ending(network('ECONNREFUSED')),
    expected: 'target_fail connection_refused',
  },
  {
    name: 'the peer resets',
    ending: ending(network('ECONNRESET')),
    expected: 'target_fail connection_reset',
  },
  {
    name: 'the peer closed before we wrote',
    ending: ending(network('EPIPE')),
    expected: 'target_fail connection_reset',
  },
  { name: 'TCP gives up', ending: ending(network('ETIMEDOUT')), expected: 'target_fail timeout' },
  { name: 'no answer in time', ending: ending({ kind: 'deadline' }), expected: 'target_fail timeout' },
  {
    name: 'an expired certificate',
    ending: ending(network('CERT_HAS_EXPIRED')),
    expected: 'target_fail tls_error',
  },
  {
    name: 'an unknown issuer',
    ending: ending(network('UNABLE_TO_VERIFY_LEAF_SIGNATURE')),
    expected: 'target_fail tls_error',
  },
  {
    name: 'no TLS at all',
    ending: ending(network('ERR_SSL_WRONG_VERSION_NUMBER')),
    expected: 'target_fail tls_error',
  },
  {
    name: 'a body that is not HTTP',
    ending: ending(network('HPE_INVALID_CONSTANT')),
    expected: 'target_fail protocol_error',
  },
  { name: '500', ending: ending(status(500)), expected: 'target_fail server_error' },
  { name: '429', ending: ending(status(429)), expected: 'target_fail throttled' },
  {
    name: '401 with credentials',
    ending: ending(status(401), 'ping', { hasCredentials: true }),
    expected: 'target_fail unauthorized',
  },
  {
    name: '401 without credentials',
    ending: ending(status(401), 'ping'),
    expected: 'indeterminate unauthorized',
  },
  { name: '400', ending: ending(status(400), 'push-manifest'), expected: 'target_fail unexpected_status' },
  {
    name: '404 for the API itself',
    ending: ending(status(404), 'ping'),
    expected: 'target_fail unexpected_status',
  },
  { name: '404 for what was pushed', ending: ending(status(404)), expected: 'target_fail not_found' },
  {
    name: 'a push to a registry that never took one',
    ending: ending(status(405), 'start-upload'),
    expected: 'skipped unsupported',
  },
  {
    name: 'a push to a registry that took one before',
    ending: ending(status(405), 'start-upload', { memory: new Set(['takes-pushes'] as const) }),
    expected: 'target_fail unexpected_status',
  },
  {
    name: 'a pull that is not allowed',
    ending: ending(status(405)),
    expected: 'target_fail unexpected_status',
  },
  {
    name: 'no retained canary yet',
    ending: ending(status(404), 'find-canary'),
    expected: 'indeterminate not_found',
  },
  {
    name: 'the retained canary gone',
    ending: ending(status(404), 'find-canary', { memory: new Set(['holds-canary'] as const) }),
    expected: 'target_fail not_found',
  },
  {
    name: 'other bytes',
    ending: ending({ kind: 'digest', expected: digestOf(Buffer.from('a')), saw: '1 byte' }),
    expected: 'target_fail digest_mismatch',
  },
  {
    name: 'half a body',
    ending: ending({ kind: 'truncated', receivedBytes: 5 }),
    expected: 'target_fail truncated',
  },
  {
    name: 'no Location',
    ending: ending({ kind: 'protocol', saw: 'a', expected: 'b' }),
    expected: 'target_fail protocol_error',
  },
  {
    name: 'deleted and there',
    ending: ending({ kind: 'still-present' }, 'verify-deleted'),
    expected: 'target_fail still_present',
  },
  { name: 'an unknown name', ending: ending(network('ENOTFOUND')), expected: 'prober_fail dns_error' },
  { name: 'no name server', ending: ending(network('EAI_AGAIN')), expected: 'prober_fail dns_error' },
  {
    name: 'no file descriptor left',
    ending: ending(network('EMFILE')),
    expected: 'prober_fail internal_error',
  },
  {
    name: 'an error of our own',
    ending: { ...ending(status(500)), error: new Error('x') },
    expected: 'prober_fail internal_error',
  },
  { name: 'the prober stops', ending: ending({ kind: 'cancelled' }), expected: 'prober_fail cancelled' },
  { name: 'no route', ending: ending(network('ENETUNREACH')), expected: 'indeterminate network_unreachable' },
  {
    name: 'no host there',
    ending: ending(network('EHOSTUNREACH')),
    expected: 'indeterminate network_unreachable',
  },
  {
    name: 'silence while the event loop was late',
    ending: ending({ kind: 'deadline' }, 'ping', { loopLateSeconds: 0.6 }),
    expected: 'prober_fail prober_overloaded',
  },
  {
    name: 'a reset while the event loop was late',
    ending: ending(network('ECONNRESET'), 'ping', { loopLateSeconds: 0.6 }),
    expected: 'prober_fail prober_overloaded',
  },
  {
    name: 'a body cut short while the event loop was late',
    ending: ending({ kind: 'truncated', receivedBytes: 5 }, 'pull-blob', { loopLateSeconds: 0.6 }),
    expected: 'prober_fail prober_overloaded',
  },
  {
    name: 'a server that waited too long for a late request',
    ending: ending(status(408), 'push-blob', { loopLateSeconds: 0.6 }),
    expected: 'prober_fail prober_overloaded',
  },
  {
    name: 'silence in a long run while the event loop was late by a little of it',
    ending: ending({ kind: 'deadline' }, 'find-copy', { loopLateSeconds: 0.6, deadlineSeconds: 40 }),
    expected: 'target_fail timeout',
  },
  {
    name: 'no copy',
    ending: ending({ kind: 'not-replicated', afterSeconds: 30 }, 'find-copy'),
    expected: 'target_fail not_replicated',
  },
  {
    name: 'no copy, asked for late',
    ending: ending({ kind: 'not-replicated', afterSeconds: 90 }, 'find-copy', { loopLateSeconds: 60 }),
    expected: 'target_fail not_replicated',
  },
  {
    name: 'a source that is down',
    ending: ending(network('ECONNREFUSED'), 'ping', {}, 'source'),
    expected: 'indeterminate source_failed',
  },
  {
    name: 'a source that refuses the push',
    ending: ending(status(403), 'start-upload', {}, 'source'),
    expected: 'indeterminate source_failed',
  },
  {
    name: 'a source with an unknown name',
    ending: ending(network('ENOTFOUND'), 'ping', {}, 'source'),
    expected: 'prober_fail dns_error',
  },
  {
    name: 'a plain answer of 500 while the event loop was late',
    ending: ending(status(500), 'ping', { loopLateSeconds: 0.6 }),
    expected: 'target_fail server_error',
  },
]

for (const { name, ending, expected } of cases)
  test(`${name}: ${expected}`, () => {
    const judged = judge(ending)
    if (judged.verdict === 'ok') throw new Error('ok')
    expect(`${judged.verdict} ${judged.reason}`).toBe(expected)
  })

test('a run that threw nothing is ok, and has neither reason nor message', () => {
  expect(judge({ hasCredentials: false, loopLateSeconds: 9, deadlineSeconds: 5, memory: new Set() })).toEqual(
    { verdict: 'ok' },
  )
})

test('an error of our own does not repeat its message, which may hold a secret', () => {
  const error = Object.assign(new Error('hunter2'), { code: 'ERR_INVALID_CHAR' })
  const judged = judge({
    error,
    hasCredentials: true,
    loopLateSeconds: 0,
    deadlineSeconds: 5,
    memory: new Set(),
  })
  expect(judged).toMatchObject({ message: 'saw Error ERR_INVALID_CHAR in the prober itself' })
})

test('every status at every step gets a verdict and a reason of the vocabulary', () => {
  for (const step of STEPS)
    for (let code = 100; code < 600; code++) {
      const judged = judge(ending(status(code), step))
      if (judged.verdict === 'ok') throw new Error(`${code} at ${step} is ok`)
      expect(VERDICTS).toContain(judged.verdict)
      expect(REASONS).toContain(judged.reason)
    }
})

test("the README's table names every reason once, with exactly the verdicts that the cases above show", async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const documented = [...readme.matchAll(/^\| `([a-z_]+)` \| ([^|]+) \| [^|]+ \| [^|]+ \|$/gm)].map(
    ([, reason, verdicts = '']) => [
      reason,
      [...verdicts.matchAll(/`([a-z_]+)`/g)].map(([, verdict]) => verdict).sort(),
    ],
  )
  const shown = REASONS.map((reason) => [
    reason,
    VERDICTS.filter((verdict) =>
      cases.some(({ expected }) => expected === `${verdict} ${reason}`),
    ).toSorted(),
  ])
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(shown))
  expect(documented).toHaveLength(REASONS.length)
})
