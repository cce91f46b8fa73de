import { expect, test } from 'vitest'
import { type Clock, repeat, type Schedule } from './schedule.ts'

/** A clock that only sleeping and working move. */
function fakeClock(): Clock & { advance: (milliseconds: number) => void } {
  let nowMs = 1_000_000
  return {
    nowMs: () => nowMs,
    advance: (milliseconds) => {
      nowMs += milliseconds
    },
    async sleep(milliseconds) {
      nowMs += milliseconds
    },
  }
}

/** Seconds after the start at which runs began, when each takes as long as listed. */
async function starts(
  durationsSeconds: number[],
  schedule: Pick<Schedule, 'jitterSeconds' | 'random'>,
): Promise<number[]> {
  const clock = fakeClock()
  const originMs = clock.nowMs()
  const stop = new AbortController()
  const begun: number[] = []
  const work = async () => {
    begun.push((clock.nowMs() - originMs) / 1000)
    clock.advance((durationsSeconds[begun.length - 1] ?? 0) * 1000)
    if (begun.length === durationsSeconds.length) stop.abort()
  }
  await repeat(work, { intervalSeconds: 10, clock, ...schedule }, stop.signal)
  return begun
}

test('runs keep to the grid however long each takes', async () => {
  expect(await starts([0.1, 4.9, 2, 0], { jitterSeconds: 0, random: () => 0 })).toEqual([0, 10, 20, 30])
})

test('jitter moves a run within its slot and does not add up', async () => {
  const draws = [0.5, 0, 0.9, 0.1]
  const begun = await starts([1, 1, 1, 1], { jitterSeconds: 2, random: () => draws.shift() ?? 0 })
  expect(begun).toEqual([1, 10, 21.8, 30.2])
})

test('a run that is longer than its slot makes the next slot wait for its turn, and none is made up for', async () => {
  expect(await starts([1, 25, 1, 1], { jitterSeconds: 0, random: () => 0 })).toEqual([0, 10, 40, 50])
})

test('stopped before the first slot, nothing runs', async () => {
  const stop = AbortSignal.abort()
  const schedule = { intervalSeconds: 10, jitterSeconds: 0, clock: fakeClock(), random: () => 0 }
  await repeat(() => Promise.reject(new Error('ran')), schedule, stop)
})
