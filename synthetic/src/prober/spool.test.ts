import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { envelopeSchema, type ProbeResult } from '@plimsoll/instrumentation/envelope'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Spool, type SpoolOptions } from './spool.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plimsoll-spool-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const NOW_MS = 1_795_500_000_000
let dropped = 0
const open = (more: Partial<SpoolOptions> = {}) => {
  dropped = 0
  const onDropped = () => {
    dropped++
  }
  return Spool.open({ directory, producer: 'prober-a', maxBytes: 1e6, nowMs: NOW_MS, onDropped, ...more })
}
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

/** Everything in the spool in the order of sending: epoch, sequence and run. */
async function drain(spool: Spool): Promise<string[]> {
  const sent: string[] = []
  for (let entry = await spool.oldest(); entry; entry = await spool.oldest()) {
    const envelope = envelopeSchema.parse(JSON.parse(entry.body))
    if (envelope.kind !== 'probe-results') throw new Error(envelope.kind)
    sent.push(`${envelope.epoch} ${envelope.sequence} ${envelope.results[0]?.runId}`)
    await spool.acknowledge(entry.name)
  }
  return sent
}

test('results appended at once keep their order, numbered from 0', async () => {
  const spool = await open()
  await Promise.all(['r0', 'r1', 'r2'].map((runId) => spool.append(result(runId))))
  expect(await drain(spool)).toEqual([`${NOW_MS} 0 r0`, `${NOW_MS} 1 r1`, `${NOW_MS} 2 r2`])
  expect(await readdir(directory)).toEqual(['epoch', 'refused'])
})

test('what an earlier process left is sent first, under its own epoch', async () => {
  const before = await open()
  await before.append(result('old'))
  const after = await open({ nowMs: NOW_MS + 5 })
  await after.append(result('new'))
  expect(await drain(after)).toEqual([`${NOW_MS} 0 old`, `${NOW_MS + 5} 0 new`])
})

test('an epoch is later than the one before although the clock went back', async () => {
  await open()
  expect((await open({ nowMs: NOW_MS - 60_000 })).epoch).toBe(NOW_MS + 1)
})

test('an epoch is later than any that left results, even when the record of epochs is lost', async () => {
  await (await open()).append(result('old'))
  await rm(join(directory, 'epoch'))
  expect((await open({ nowMs: 5 })).epoch).toBe(NOW_MS + 1)
})

test('an envelope is the same bytes each time it is sent', async () => {
  const spool = await open()
  await spool.append(result('r0'))
  const first = await spool.oldest()
  expect(await spool.oldest()).toEqual(first)
  expect(await (await open({ nowMs: NOW_MS + 1 })).oldest()).toEqual(first)
})

test('a full spool gives up its oldest results and says how many', async () => {
  const size = JSON.stringify({
    schema: 'plimsoll/envelope/1',
    producer: 'prober-a',
    epoch: NOW_MS,
    sequence: 0,
    kind: 'probe-results',
    results: [result('r0')],
  }).length
  const spool = await open({ maxBytes: 2 * size })
  for (const runId of ['r0', 'r1', 'r2', 'r3']) await spool.append(result(runId))
  expect(dropped).toBe(2)
  expect(await drain(spool)).toEqual([`${NOW_MS} 2 r2`, `${NOW_MS} 3 r3`])
})

test('an envelope that is being sent is not given up: the ledger may have it already', async () => {
  const spool = await open({ maxBytes: 1 })
  await spool.append(result('r0')) // alone too large, and given up
  expect(dropped).toBe(1)
  const roomy = await open({ nowMs: NOW_MS + 9, maxBytes: 1e6 })
  await roomy.append(result('r1'))
  const tight = await open({ nowMs: NOW_MS + 10, maxBytes: 1 })
  const sending = await tight.oldest()
  await tight.append(result('r2'))
  expect((await tight.oldest())?.name).toBe(sending?.name)
  expect(dropped).toBe(1)
})

test('refused envelopes are set aside, and only the newest hundred are kept', async () => {
  const spool = await open()
  for (let run = 0; run < 102; run++) {
    await spool.append(result(`r${run}`))
    const entry = await spool.oldest()
    await spool.refuse(entry?.name ?? '')
  }
  const names = (await readdir(join(directory, 'refused'))).sort()
  expect(names).toHaveLength(100)
  expect(names[0]).toBe(`${NOW_MS}-0000000002.json`)
  expect(spool.pending).toBe(0)
})

test('half-written files of a crash are removed, and files of others are let be', async () => {
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, `${NOW_MS}-0000000000.json.tmp`), '{"half')
  await writeFile(join(directory, 'notes.txt'), 'mine')
  const spool = await open()
  expect(spool.pending).toBe(0)
  expect(await readdir(directory)).toEqual(['epoch', 'notes.txt', 'refused'])
})

test('an append that the disk refuses rejects, and the next one has a number of its own', async () => {
  const spool = await open()
  const aside = join(directory, 'aside')
  await rm(directory, { recursive: true })
  await expect(spool.append(result('lost'))).rejects.toThrow('ENOENT')
  await mkdir(aside, { recursive: true })
  await spool.append(result('kept'))
  expect(await drain(spool)).toEqual([`${NOW_MS} 1 kept`])
})

test('the record of the epoch is text', async () => {
  await open()
  expect(await readFile(join(directory, 'epoch'), 'utf8')).toBe(String(NOW_MS))
})
