/**
 * When a server begins to listen its app has its routes, and none has been asked yet: the moment to announce
 * them, and to look whether Express got past the hooks (loaded before them, bundled, or through a loader of its own).
 */
import diagnostics from 'node:diagnostics_channel'
import { createRequire } from 'node:module'
import { announceRoutes, isInstrumented } from '../express.ts'
import { warnOnce } from '../warn.ts'

export function watchListeners(): void {
  // Published by node:net once a server is bound.
  diagnostics.subscribe('tracing:net.server.listen:asyncEnd', () => {
    announceRoutes()
    warnAboutUnpatchedExpress()
  })
}

function warnAboutUnpatchedExpress(): void {
  for (const [path, loaded] of Object.entries(createRequire(import.meta.url).cache)) {
    if (!/[\\/]express[\\/]lib[\\/]application\.js$/.test(path)) continue
    if (loaded?.loaded && !isInstrumented(loaded.exports))
      warnOnce(
        'EXPRESS_NOT_INSTRUMENTED',
        'Express was loaded past the hooks, its requests are not measured; ' +
          'put --import @plimsoll/instrumentation/register before every other --import, or call instrumentExpress(app)',
      )
  }
}
