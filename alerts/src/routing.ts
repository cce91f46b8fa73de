/**
 * The Alertmanager configuration: who hears of what.
 *
 * PagerDuty's dedup_key follows Alertmanager's group key, which contains the matcher text of the routes: rewriting a
 * matcher while an alert fires orphans the open incident. The matchers below are therefore constants; only an owner
 * who gets a routing key of their own gets a new one.
 */
import type { Plan } from '@plimsoll/slo/plan'
import { EXPLAINED } from './explained-rule.ts'
import { inhibitRules } from './inhibition.ts'
import { pagerdutyConfig } from './pagerduty.ts'

/** Secrets by file name only; Alertmanager reads the files. */
export type RoutingOptions = {
  /** PagerDuty Events API v2. */
  pagerdutyUrl: string
  routingKeyFile: string
  /** Owners with a PagerDuty service of their own; the others' pages use `routingKeyFile`. */
  routingKeyFileByOwner?: Record<string, string>
  /** Webhook that takes tickets. */
  ticketsUrl: string
  /** Webhook that expects the Watchdog every half minute; a receiver that counts may take two minutes as silence. */
  deadmanUrl: string
}

export function renderAlertmanager(plan: Plan, options: RoutingOptions): object {
  const keyFiles = options.routingKeyFileByOwner ?? {}
  const owners = [...new Set(plan.slos.map(({ owner }) => owner))].sort().filter((owner) => keyFiles[owner])
  const pages = (name: string, routingKeyFile = options.routingKeyFile) => ({
    name,
    pagerduty_configs: [pagerdutyConfig(options.pagerdutyUrl, routingKeyFile)],
  })
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
          // A new beat is sent at once; the last one of a dead Prometheus ends after four minutes, before it is repeated.
          group_interval: '1s',
          repeat_interval: '1h',
        },
        // It only makes others redundant.
        { matchers: [`alertname="${EXPLAINED}"`], receiver: 'nobody' },
        {
          matchers: ['severity="page"'],
          receiver: 'pages',
          // Without alertname: a burn that turns into blindness is one incident.
          group_by: ['slo', 'service', 'region'],
          repeat_interval: '4h',
          ...(owners.length > 0 && {
            routes: owners.map((owner) => ({ matchers: [`owner="${owner}"`], receiver: `pages-${owner}` })),
          }),
        },
        { matchers: ['severity="ticket"'], receiver: 'tickets' },
      ],
    },
    inhibit_rules: inhibitRules(plan),
    receivers: [
      pages('pages'),
      ...owners.map((owner) => pages(`pages-${owner}`, keyFiles[owner])),
      { name: 'tickets', webhook_configs: [{ url: options.ticketsUrl, send_resolved: true }] },
      { name: 'nobody' },
      { name: 'deadman', webhook_configs: [{ url: options.deadmanUrl, send_resolved: false }] },
    ],
  }
}
