import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { watchLoop } from './loop-watch.ts'

function block(milliseconds: number): void {
  const untilMs = performance.now() + milliseconds
  while (performance.now() < untilMs);
}

test('a loop that was blocked in the middle of a run is known at its end', async () => {
  const loop = watchLoop()
  block(400)
  await sleep(1)
  // A tick of 50 ms was due, so at least 350 ms of the 400 were late.
  expect(loop.stop()).toBeGreaterThanOrEqual(0.3)
})

test('a loop that is blocked to the very end is known as well', () => {
  const loop = watchLoop()
  block(400)
  expect(loop.stop()).toBeGreaterThanOrEqual(0.3)
})
