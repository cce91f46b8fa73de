/**
 * The Alertmanager configuration: who hears of what.
 *
 * PagerDuty's dedup_key follows Alertmanager's group key, which contains the matcher text of the route: rewriting a
 * matcher while an alert fires orphans the open incident. The matchers below are therefore constants; none depends on
 * the plan.
 */
import type { Plan } from '@plimsoll/slo/plan'
import { INHIBIT_RULES } from './inhibition.ts'
import { type PagerdutyOptions, pagerdutyConfig } from './pagerduty.ts'

export type RoutingOptions = PagerdutyOptions & {
  /** Webhook that takes tickets. */
  ticketsUrl: string
  /** Webhook that expects the Watchdog at least once a minute. */
  deadmanUrl: string
}

export function renderAlertmanager(_plan: Plan, options: RoutingOptions): object {
  return {
    route: {
      // What has no severity, or one we do not know, still reaches somebody.
      receiver: 'tickets',
      group_by: ['alertname', 'slo', 'service', 'region'],
      group_wait: '10s',
      group_interval: '30s',
      repeat_interval: '12h',
      routes: [
        {
          matchers: ['alertname="Watchdog"'],
          receiver: 'deadman',
          group_by: ['alertname'],
          group_wait: '0s',
          // A group is sent again when its interval comes round and the repeat has passed: about once a minute.
          group_interval: '1s',
          repeat_interval: '50s',
        },
        {
          // Without alertname: a burn that turns into blindness is one incident.
          matchers: ['severity="page"'],
          receiver: 'pages',
          group_by: ['slo', 'service', 'region'],
          repeat_interval: '4h',
        },
        { matchers: ['severity="ticket"'], receiver: 'tickets' },
      ],
    },
    inhibit_rules: INHIBIT_RULES,
    receivers: [
      { name: 'pages', pagerduty_configs: [pagerdutyConfig(options)] },
      { name: 'tickets', webhook_configs: [{ url: options.ticketsUrl, send_resolved: true }] },
      { name: 'deadman', webhook_configs: [{ url: options.deadmanUrl, send_resolved: false }] },
    ],
  }
}
