/**
 * `node --import @plimsoll/instrumentation/register app.ts`: RED metrics and SERVER spans without a change to the
 * app. Hooks first, then the SDK, which is imported only now: what it loads must find the hooks in place.
 */
import { hookExpress } from './node/hook-express.ts'
import { watchListeners } from './node/watch-listeners.ts'
import { readSettings } from './settings.ts'
import { warnOnce } from './warn.ts'

const settings = readSettings(process.env)
try {
  await hookExpress()
  watchListeners()
} catch (error) {
  warnOnce('HOOKS_FAILED', 'Express could not be hooked: no request will be measured', error)
}
try {
  const { startTracing } = await import('./node/tracing.ts')
  startTracing(settings, process.env)
} catch (error) {
  warnOnce('TRACING_FAILED', 'traces are off: the OpenTelemetry SDK did not start', error)
}
if (settings.metricsPort !== undefined) {
  const { serveMetrics } = await import('./node/serve-metrics.ts')
  serveMetrics(settings.metricsPort)
}
