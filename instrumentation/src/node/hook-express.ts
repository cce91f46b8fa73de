/**
 * Patches `express` when the app loads it. ESM needs a loader hook: synchronous ones start in 0.7 s where the
 * threaded ones need 2 s (measured), but only newer Node has them right. `require` is caught where it is called.
 */
import Module, { register as registerThreadedHooks } from 'node:module'
import { createAddHookMessageChannel, Hook } from 'import-in-the-middle'
import { register as registerSyncHooks, supportsSyncHooks } from 'import-in-the-middle/register-hooks.mjs'
import { instrumentEveryApp } from '../express.ts'

export async function hookExpress(): Promise<void> {
  const channel = supportsSyncHooks() ? undefined : createAddHookMessageChannel()
  if (channel)
    registerThreadedHooks('import-in-the-middle/hook.mjs', import.meta.url, channel.registerOptions)
  else registerSyncHooks({ include: ['express'] })
  new Hook(['express'], (exported) => patch(exported.default))
  await channel?.waitForAllMessagesAcknowledged()

  const { require } = Module.prototype
  Module.prototype.require = function (this: Module, id: string) {
    const exported = require.call(this, id)
    if (id === 'express') patch(exported)
    return exported
  } as typeof require
}

function patch(express: { application?: object } | undefined): void {
  if (express?.application) instrumentEveryApp(express.application)
}
