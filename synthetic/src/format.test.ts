import type { ProbeResult } from '@plimsoll/instrumentation/envelope'
import { expect, test } from 'vitest'
import { formatProbe } from './format.ts'

test('a failed probe is a table of its steps, its verdict, what was seen and its trace', () => {
  const result: ProbeResult = {
    runId: '0011223344556677',
    flow: 'push-pull',
    vantage: 'eu-west',
    region: 'us-east',
    startedAt: 1_795_500_000,
    endedAt: 1_795_500_001.25,
    verdict: 'target_fail',
    reason: 'server_error',
    failedStep: 'start-upload',
    message: 'start-upload: POST https://r.example/v2/a/blobs/uploads/: saw 503, expected 202',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    steps: [
      {
        step: 'ping',
        durationSeconds: 0.0415,
        statusCode: 200,
        connection: 'new',
        phases: { dns: 0.001, tcp: 0.0102, tls: 0.0203, first_byte: 0.009, transfer: 0.001 },
        bytes: 2,
      },
      {
        step: 'start-upload',
        durationSeconds: 1.2,
        statusCode: 503,
        connection: 'reused',
        phases: { first_byte: 1.1999, transfer: 0.0001 },
        bytes: 0,
      },
    ],
  }
  expect(formatProbe(result).split('\n')).toEqual([
    'step          status    conn      ms  dns   tcp   tls  first_byte  transfer  bytes',
    'ping             200     new    41.5  1.0  10.2  20.3         9.0       1.0      2',
    'start-upload     503  reused  1200.0    -     -     -      1199.9       0.1      0',
    '',
    'target_fail (server_error at start-upload): push-pull from eu-west to us-east in 1.250 s',
    'start-upload: POST https://r.example/v2/a/blobs/uploads/: saw 503, expected 202',
    'trace 4bf92f3577b34da6a3ce929d0e0e4736',
  ])
})

test('a run of replication says how long the copy took', () => {
  const result: ProbeResult = {
    runId: '0011223344556677',
    flow: 'replication',
    vantage: 'us-east',
    region: 'eu-west',
    startedAt: 1_795_500_000,
    endedAt: 1_795_500_000.5,
    verdict: 'ok',
    replicationLagSeconds: 0.081,
    steps: [],
  }
  expect(formatProbe(result)).toContain('\nthe copy was there after 0.081 s')
  const late = {
    ...result,
    verdict: 'target_fail',
    failedStep: 'find-copy',
    replicationLagSeconds: 30.02,
  } as const
  expect(formatProbe(late)).toContain('\nno copy after 30.020 s')
})
