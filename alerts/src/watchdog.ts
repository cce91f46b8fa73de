/**
 * Always firing: its silence, noticed by a receiver outside, says that alerting itself is broken.
 *
 * Alertmanager takes an alert as firing until the end that Prometheus gave it, four minutes after it was last sent: it
 * would go on repeating the Watchdog of a dead Prometheus. So it never repeats this one. The label `beat` changes with
 * each evaluation, which makes another alert of the same group, and only that is news worth sending: each heartbeat is
 * an evaluation, and the one after the last is missing.
 *
 * In a group of its own, so that no rule before it can delay it.
 */
import type { AlertRule } from './alert-rule.ts'
import { type AlertLinks, runbookUrl } from './annotations.ts'
import { ALERT_RUNBOOKS } from './runbooks.ts'

export const WATCHDOG_GROUP = 'plimsoll:watchdog'
/** Between heartbeats, as long as evaluations keep up. */
export const HEARTBEAT_SECONDS = 30

export type WatchdogGroup = { name: string; interval: string; rules: AlertRule[] }

export function renderWatchdogGroup(links: AlertLinks): WatchdogGroup {
  return {
    name: WATCHDOG_GROUP,
    interval: `${HEARTBEAT_SECONDS}s`,
    rules: [
      {
        alert: 'Watchdog',
        // 0 and 1 by turns. Evaluations are a whole interval apart, whenever in it they begin.
        expr: `floor(vector(time()) / ${HEARTBEAT_SECONDS}) % 2`,
        labels: { severity: 'none', beat: '{{ $value }}' },
        annotations: {
          summary: 'The alerting pipeline works',
          description:
            'Always firing. When the receiver stops hearing it, rules are not evaluated or alerts not delivered.',
          runbook_url: runbookUrl(ALERT_RUNBOOKS.Watchdog, links),
        },
      },
    ],
  }
}
