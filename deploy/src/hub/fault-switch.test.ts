import { expect, test, vi } from 'vitest'
import { temporaryFolder } from '../process/test-parts.ts'
import { FaultSwitch } from './fault-switch.ts'

test('errors 0.25 breaks the draws below a quarter and no other', async () => {
  let drawn = 0.24
  const faults = new FaultSwitch(temporaryFolder(), () => drawn)
  faults.set({ errors: 0.25, delaySeconds: 0 })
  const next = vi.fn()
  await expect(faults.misbehave(null, null, next)).rejects.toThrow('on purpose')
  drawn = 0.25
  await faults.misbehave(null, null, next)
  expect(next).toHaveBeenCalledOnce()
})

test('a delay holds the request for that long', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  const faults = new FaultSwitch(temporaryFolder(), () => 0.5)
  faults.set({ errors: 0, delaySeconds: 3 })
  const next = vi.fn()
  const answered = faults.misbehave(null, null, next)
  await vi.advanceTimersByTimeAsync(2999)
  expect(next).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  await answered
  expect(next).toHaveBeenCalledOnce()
  vi.useRealTimers()
})
