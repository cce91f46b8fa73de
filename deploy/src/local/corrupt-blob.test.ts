/** Rot on the disk of a real registry, as the integrity probe sees it. */
import { mkdirSync, symlinkSync } from 'node:fs'
import { runProbe } from '@plimsoll/synthetic'
import { expect, test } from 'vitest'
import { realRegistry, temporaryFolder } from '../process/test-parts.ts'
import { corruptBlob, restoreBlob } from './corrupt-blob.ts'
import { registryStorage, stateIn } from './state.ts'

test('one flipped bit is seen by the probe, however often it is asked for, until it is flipped back', async () => {
  const { origin, data } = await realRegistry()
  const state = stateIn(temporaryFolder())
  mkdirSync(state.data)
  symlinkSync(data, registryStorage(state, 'us-east'))
  const memory: Parameters<typeof runProbe>[1] = { flow: 'integrity', memory: new Set() }
  const probe = async () => {
    const { verdict, reason, failedStep } = await runProbe({ url: origin }, memory)
    return [verdict, reason, failedStep]
  }
  await expect(corruptBlob(state, 'us-east')).rejects.toThrow(
    'the us-east registry holds no plimsoll/canary-retained yet; try again in ten seconds',
  )
  await probe() // pushes it
  expect(await probe()).toEqual(['ok', undefined, undefined])
  for (let n = 0; n < 2; n++) {
    await corruptBlob(state, 'us-east')
    expect(await probe()).toEqual(['target_fail', 'digest_mismatch', 'pull-blob'])
  }
  // Twice: what is whole stays so.
  for (let n = 0; n < 2; n++) {
    await restoreBlob(state, 'us-east')
    expect(await probe()).toEqual(['ok', undefined, undefined])
  }
})
