/**
 * Always firing: its silence, noticed by a receiver outside, says that alerting itself is broken.
 * In a group of its own, so that no rule before it can delay it.
 */
import type { AlertRule } from './alert-rule.ts'
import { type AlertLinks, runbookUrl } from './annotations.ts'
import { ALERT_RUNBOOKS } from './runbooks.ts'

export const WATCHDOG_GROUP = 'plimsoll:watchdog'

export type WatchdogGroup = { name: string; interval: string; rules: AlertRule[] }

export function renderWatchdogGroup(links: AlertLinks): WatchdogGroup {
  return {
    name: WATCHDOG_GROUP,
    interval: '30s',
    rules: [
      {
        alert: 'Watchdog',
        expr: 'vector(1)',
        labels: { severity: 'none' },
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
