import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import type { ProbeResult } from '@plimsoll/instrumentation/envelope'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Delivery, deliverPending, keepDelivering } from './deliver.ts'
import { Spool } from './spool.ts'

let directory: string
let server: Server
/** Answers the ledger gives in turn, the last one for ever. */
let answers: number[]
let received: { sequence: number; authorization: string | undefined; path: string | undefined }[]
let problems: string[]
let delivery: Delivery

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plimsoll-deliver-'))
  received = []
  problems = []
  server = createServer(async (request, response) => {
    const { sequence } = (await json(request)) as { sequence: number }
    received.push({ sequence, authorization: request.headers.authorization, path: request.url })
    response.writeHead(answers.length > 1 ? (answers.shift() ?? 200) : (answers[0] ?? 200), {
      location: '/elsewhere',
    })
    response.end('{"status":"applied"}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const tokenFile = join(directory, 'token')
  await writeFile(tokenFile, 'ledger-s3cret\n')
  const spool = await Spool.open({
    directory: join(directory, 'spool'),
    producer: 'p',
    maxBytes: 1e6,
    nowMs: 1_795_500_000_000,
    onDropped: () => {},
  })
  delivery = {
    spool,
    ledgerUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokenFile,
    clock: { nowMs: () => 0, sleep: async () => {} },
    random: () => 0,
    onAttempt: () => {},
    onProblem: (message) => problems.push(message),
  }
  for (const runId of ['r0', 'r1', 'r2']) await spool.append(result(runId))
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await rm(directory, { recursive: true, force: true })
})

const result = (runId: string): ProbeResult => ({
  runId,
  flow: 'push-pull',
  vantage: 'a',
  region: 'b',
  startedAt: 1,
  endedAt: 2,
  verdict: 'ok',
  steps: [],
})
const never = new AbortController().signal
const sequences = () => received.map(({ sequence }) => sequence)

test('everything is sent in order, with the token from its file', async () => {
  answers = [200]
  expect(await deliverPending(delivery, never)).toBe(true)
  expect(received.map((each) => ({ ...each }))).toEqual(
    [0, 1, 2].map((sequence) => ({
      sequence,
      authorization: 'Bearer ledger-s3cret',
      path: '/api/v1/envelopes',
    })),
  )
  expect(delivery.spool.pending).toBe(0)
})

for (const status of [401, 403, 404, 429, 500, 503, 302])
  test(`after ${status} the envelope waits, and is sent again before those behind it`, async () => {
    answers = [200, status, 200]
    expect(await deliverPending(delivery, never)).toBe(false)
    expect(delivery.spool.pending).toBe(2)
    expect(await deliverPending(delivery, never)).toBe(true)
    expect(sequences()).toEqual([0, 1, 1, 2])
  })

for (const status of [400, 422])
  test(`after ${status} the envelope is set aside with a word, and the rest goes on`, async () => {
    answers = [status, 200]
    expect(await deliverPending(delivery, never)).toBe(true)
    expect(sequences()).toEqual([0, 1, 2])
    const file = '1795500000000-0000000000.json'
    expect(await readdir(join(directory, 'spool/refused'))).toEqual([file])
    expect(problems).toEqual([
      `the ledger refused an envelope with ${status}: set aside as ${join(directory, 'spool/refused', file)}`,
    ])
  })

test('a ledger that comes back gets everything once more from where it stood', async () => {
  answers = [503, 503, 200]
  const stop = new AbortController()
  const attempts: boolean[] = []
  const onAttempt = (delivered: boolean) => {
    attempts.push(delivered)
    if (delivered) stop.abort()
  }
  await keepDelivering({ ...delivery, onAttempt }, stop.signal)
  expect(attempts).toEqual([false, false, true])
  expect(sequences()).toEqual([0, 0, 0, 1, 2])
})

test('a ledger that is not there, and a token that is none, are told without the secret', async () => {
  await writeFile(delivery.tokenFile, 'ledger-s3cret\ninjected: header')
  expect(await deliverPending(delivery, never)).toBe(false)
  await writeFile(delivery.tokenFile, 'ledger-s3cret')
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
  expect(await deliverPending(delivery, never)).toBe(false)
  expect(problems).toEqual([
    'the ledger was not reached (TypeError): 3 envelopes wait',
    'the ledger was not reached (ECONNREFUSED): 3 envelopes wait',
  ])
})
