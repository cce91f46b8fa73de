import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openSqliteLedger } from './sqlite.ts'
import { DAY, HOUR } from './time.ts'
import type { CellDelta, Ledger } from './types.ts'

const NOON = 20_000 * DAY + 12 * HOUR
let ledger: Ledger
beforeEach(() => {
  ledger = openSqliteLedger(':memory:')
})
afterEach(() => ledger.close())

const delta = (minute: number, good: number, total: number, more: Partial<CellDelta> = {}): CellDelta => ({
  slo: 'pull',
  region: 'us-east',
  minute,
  good,
  total,
  ...more,
})
const envelope = (sequence: number, epoch = 1) => ({ producer: 'prober/us-east', epoch, sequence })

test('three deltas in two hours add up by hand, wherever the window is cut', async () => {
  await ledger.apply(
    { deltas: [delta(NOON, 9, 10), delta(NOON + 60, 5, 5), delta(NOON + HOUR, 0, 1)] },
    NOON + DAY,
  )
  const total = async (from: number, to: number) => (await ledger.read('pull', from, to)).get('us-east')
  expect(await total(NOON, NOON + 120)).toMatchObject({ good: 14, total: 15, seenMinutes: 2 })
  expect(await total(NOON + 60, NOON + 2 * HOUR)).toMatchObject({ good: 5, total: 6, seenMinutes: 2 })
  expect(await total(NOON - DAY, NOON + DAY)).toMatchObject({ good: 14, total: 16, seenMinutes: 3 })
  expect(await total(NOON + 120, NOON + HOUR)).toBeUndefined()
})

test('Σ minutes = hour and Σ hours = day, for late and out-of-order deltas and repeated flags', async () => {
  const anyDelta = fc.record({
    slo: fc.constantFrom('pull', 'push'),
    region: fc.constantFrom('us-east', 'eu-west'),
    minute: fc.integer({ min: 0, max: 3 * 1440 - 1 }).map((minute) => NOON - 2 * DAY + minute * 60),
    good: fc.nat({ max: 1000 }),
    total: fc.nat({ max: 1000 }),
    smeared: fc.boolean(),
    broken: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(anyDelta, { maxLength: 30 }), { maxLength: 6 }), async (batches) => {
      const one = openSqliteLedger(':memory:')
      for (const deltas of batches) await one.apply({ deltas }, NOON + 5 * DAY)
      const all = batches.flat()
      for (const slo of ['pull', 'push']) {
        const from = NOON - 3 * DAY - 12 * HOUR
        const sumOf = async (tier: 60 | 3600 | 86400, start: number, length: number) => {
          const slices = await one.slices(slo, tier, start, start + length)
          return slices.reduce(
            (sum, { start: _, ...slice }) => sum.map((n, i) => n + (Object.values(slice)[i] as number)),
            [0, 0, 0, 0, 0],
          )
        }
        for (const hour of await one.slices(slo, 3600, from, from + 6 * DAY))
          expect(await sumOf(60, hour.start, HOUR)).toEqual(await sumOf(3600, hour.start, HOUR))
        for (const day of await one.slices(slo, 86_400, from, from + 6 * DAY))
          expect(await sumOf(3600, day.start, DAY)).toEqual(await sumOf(86_400, day.start, DAY))
        const mine = all.filter((cell) => cell.slo === slo)
        const minutes = (cells: CellDelta[]) =>
          new Set(cells.map(({ region, minute }) => region + minute)).size
        expect(await sumOf(86_400, from, 6 * DAY)).toEqual([
          mine.reduce((sum, { good }) => sum + good, 0),
          mine.reduce((sum, { total }) => sum + total, 0),
          minutes(mine),
          minutes(mine.filter(({ smeared }) => smeared)),
          minutes(mine.filter(({ broken }) => broken)),
        ])
      }
      await one.close()
    }),
    { numRuns: 40 },
  )
})

describe('an envelope is applied exactly once', () => {
  const sent = (sequence: number, epoch?: number) => ({
    envelope: envelope(sequence, epoch),
    deltas: [delta(NOON, 1, 1)],
  })
  const total = async () => (await ledger.read('pull', NOON, NOON + 60)).get('us-east')?.total

  test('sent twice, it is acknowledged as a duplicate and counted once', async () => {
    expect((await ledger.apply(sent(0), NOON)).status).toBe('applied')
    expect((await ledger.apply(sent(0), NOON)).status).toBe('duplicate')
    expect(await total()).toBe(1)
  })

  test('a gap is recorded, and closed by the envelope that was missing', async () => {
    for (const sequence of [0, 5]) await ledger.apply(sent(sequence), NOON)
    expect(await ledger.health()).toMatchObject({ missingEnvelopes: 4 })
    expect((await ledger.apply(sent(3), NOON)).status).toBe('applied')
    expect((await ledger.apply(sent(3), NOON)).status).toBe('duplicate')
    expect(await ledger.health()).toMatchObject({ missingEnvelopes: 3 })
    for (const sequence of [4, 2, 1]) await ledger.apply(sent(sequence), NOON)
    expect(await ledger.health()).toMatchObject({ missingEnvelopes: 0 })
    expect(await total()).toBe(6)
  })

  test('in any order, with any repetition', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 12 }), { maxLength: 40 }), async (sequences) => {
        const one = openSqliteLedger(':memory:')
        const seen = new Set<number>()
        for (const sequence of sequences) {
          const { status } = await one.apply(sent(sequence), NOON)
          expect(status).toBe(seen.has(sequence) ? 'duplicate' : 'applied')
          seen.add(sequence)
        }
        const newest = Math.max(-1, ...seen)
        expect(await one.health()).toMatchObject({ missingEnvelopes: newest + 1 - seen.size })
        await one.close()
      }),
    )
  })

  test('a restarted sender starts a new epoch at 0; the old one may still deliver', async () => {
    for (const [sequence, epoch] of [
      [0, 1],
      [0, 2],
      [1, 1],
      [0, 1],
    ] as const)
      await ledger.apply(sent(sequence, epoch), NOON)
    expect(await total()).toBe(3)
  })
})

test('a minute more than five minutes ahead is quarantined, not counted', async () => {
  const deltas = [delta(NOON + 300, 1, 1), delta(NOON + 360, 1, 1)]
  expect(await ledger.apply({ deltas }, NOON)).toEqual({ status: 'applied', quarantined: 1 })
  expect((await ledger.read('pull', NOON, NOON + DAY)).get('us-east')).toMatchObject({ total: 1 })
  expect(await ledger.health()).toMatchObject({ quarantinedCells: 1 })
})

test('a reader that lost the race applies nothing', async () => {
  const position = (expectedReadTo: number | undefined, readTo: number) => ({
    slo: 'pull',
    expectedReadTo,
    readTo,
    cursors: [{ series: 'x', timestampMs: readTo * 1000, value: readTo }],
  })
  const deltas = [delta(NOON, 1, 1)]
  expect((await ledger.apply({ deltas, position: position(undefined, 15) }, NOON)).status).toBe('applied')
  expect((await ledger.apply({ deltas, position: position(undefined, 15) }, NOON)).status).toBe('stale')
  expect((await ledger.apply({ deltas, position: position(15, 30) }, NOON)).status).toBe('applied')
  expect((await ledger.read('pull', NOON, NOON + 60)).get('us-east')?.total).toBe(2)
  expect(await ledger.position('pull')).toEqual({
    readTo: 30,
    cursors: [{ series: 'x', timestampMs: 30_000, value: 30 }],
  })
})

test('a promise that changes starts a revision at the minute it was loaded; the same one again does not', async () => {
  const promise = (revision: string, target: string) => [{ slo: 'pull', revision, target }]
  await ledger.promise(promise('a', '0.99'), NOON + 7)
  await ledger.promise(promise('a', '0.99'), NOON + HOUR)
  await ledger.promise(promise('b', '0.999'), NOON + DAY + 59)
  expect(await ledger.revisions('pull')).toEqual([
    { slo: 'pull', revision: 'a', target: '0.99', effectiveFrom: NOON },
    { slo: 'pull', revision: 'b', target: '0.999', effectiveFrom: NOON + DAY },
  ])
})

test('a promise with a date begins then; one that would replace an earlier one whole is named', async () => {
  const promise = (revision: string, effectiveFromSeconds: number) => [
    { slo: 'pull', revision, target: '0.99', effectiveFromSeconds },
  ]
  expect(await ledger.promise(promise('a', NOON - DAY), NOON)).toEqual([])
  expect(await ledger.promise(promise('b', NOON + DAY), NOON)).toEqual([])
  expect(await ledger.promise(promise('b', NOON - 2 * DAY), NOON + 2 * DAY)).toEqual(['pull'])
  expect((await ledger.revisions('pull')).map(({ effectiveFrom }) => effectiveFrom)).toEqual([
    NOON - DAY,
    NOON + DAY,
  ])
})

test('old minutes go, the hours and days they were counted in stay', async () => {
  await ledger.apply({ deltas: [delta(NOON, 1, 1)] }, NOON)
  await ledger.prune(NOON + 36 * DAY)
  expect(await ledger.slices('pull', 60, NOON, NOON + 60)).toEqual([])
  expect((await ledger.read('pull', NOON, NOON + HOUR)).get('us-east')?.total).toBe(1)
})

test('what an edge of a window cuts outlives its tier, and so do minutes that time slices are derived from', async () => {
  const slices = (slo: string) => ({ ...delta(NOON, 1, 1), slo })
  await ledger.apply(
    { deltas: [delta(NOON, 1, 1), delta(NOON + HOUR, 1, 1), slices('freshness')] },
    NOON + HOUR,
  )
  await ledger.prune(NOON + 36 * DAY, { minutesOf: ['freshness'], edges: [NOON + 90 * 60] })
  const minutesOf = async (slo: string) =>
    (await ledger.slices(slo, 60, NOON, NOON + 2 * HOUR)).map(({ start }) => start - NOON)
  expect(await minutesOf('pull')).toEqual([HOUR])
  expect(await minutesOf('freshness')).toEqual([0])
  await ledger.promise([{ slo: 'pull', revision: 'a', target: '0.99' }], NOON + 90 * 60)
  await ledger.prune(NOON + 36 * DAY)
  expect(await minutesOf('pull')).toEqual([HOUR]) // a promise began in this hour
})

test('the slices of one region are its own', async () => {
  await ledger.apply({ deltas: [delta(NOON, 1, 2), { ...delta(NOON, 5, 5), region: 'eu-west' }] }, NOON)
  const of = async (region?: string) => (await ledger.slices('pull', 60, NOON, NOON + 60, { region }))[0]
  expect(await of('us-east')).toMatchObject({ good: 1, total: 2, seenMinutes: 1 })
  expect(await of()).toMatchObject({ good: 6, total: 7, seenMinutes: 2 })
})

test('failed runs are kept when thousands of good ones came after them', async () => {
  const run = (i: number, verdict: 'ok' | 'target_fail') => ({
    runId: `${i}`,
    flow: 'push-pull',
    vantage: i % 2 === 0 ? 'us-east' : 'eu-west',
    region: 'us-east',
    startedAt: NOON,
    endedAt: NOON + i,
    verdict,
    steps: [],
  })
  const failed = [run(0, 'target_fail'), run(1, 'target_fail')]
  const good = Array.from({ length: 5003 }, (_, i) => run(i + 2, 'ok'))
  await ledger.apply({ deltas: [], probeRuns: [...failed, ...good] }, NOON)
  expect((await ledger.probeRuns({ limit: 10_000 })).length).toBe(5000 + 2)
  expect((await ledger.probeRuns({ verdict: 'target_fail', limit: 5 })).map(({ runId }) => runId)).toEqual([
    '1',
    '0',
  ])
  expect(
    await ledger.probeRuns({ verdict: 'target_fail', vantage: 'us-east', since: NOON + 1, limit: 5 }),
  ).toEqual([])
  expect(await ledger.probePairs()).toEqual(
    ['eu-west', 'us-east'].map((vantage) => ({ flow: 'push-pull', vantage, region: 'us-east' })),
  )
})

test('probe runs come back newest first, as they were sent, once each', async () => {
  const run = (runId: string, endedAt: number, verdict: 'ok' | 'target_fail') => ({
    runId,
    flow: 'push-pull',
    vantage: 'us-east',
    region: 'us-east',
    startedAt: endedAt - 1,
    endedAt,
    verdict,
    steps: [{ step: 'push-blob', durationSeconds: 0.5, phases: { tcp: 0.1 } }],
  })
  const runs = [run('a', NOON + 0.25, 'ok'), run('b', NOON + 10, 'target_fail')]
  await ledger.apply({ deltas: [], probeRuns: [...runs, ...runs] }, NOON)
  expect(await ledger.probeRuns({ limit: 5 })).toEqual([runs[1], runs[0]])
  expect(await ledger.probeRuns({ limit: 5, verdict: 'ok' })).toEqual([runs[0]])
  expect(await ledger.probeRun('b')).toEqual(runs[1])
  expect(await ledger.probeRun('c')).toBeUndefined()
})
