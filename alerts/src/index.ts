export type { AlertRule } from './alert-rule.ts'
export { renderAlertRules } from './alert-rules.ts'
export { alertRunsBySlo } from './alert-runs.ts'
export type { AlertLinks } from './annotations.ts'
export { compositeAlertRules } from './composite-rules.ts'
export {
  alertChecks,
  alertTestFiles,
  renderAlertTests,
  type TestFile,
} from './proof/alert-tests.ts'
export type { AlertCheck } from './proof/case.ts'
export { type RoutingOptions, renderAlertmanager } from './routing.ts'
export { ALERT_RUNBOOKS } from './runbooks.ts'
export { renderWatchdogGroup, type WatchdogGroup } from './watchdog.ts'
