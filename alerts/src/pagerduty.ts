/**
 * What PagerDuty is told. Source: PagerDuty Events API v2; Alertmanager documentation, "pagerduty_config".
 * Alertmanager cuts the summary at 1,024 characters itself. A group may hold alerts whose annotations differ, which
 * empties `.CommonAnnotations`: texts come from one alert, the first that still fires.
 */
export function pagerdutyConfig(url: string, routingKeyFile: string): object {
  return {
    url,
    routing_key_file: routingKeyFile,
    send_resolved: true,
    severity: 'critical',
    description: `[{{ .CommonLabels.service }}/{{ .CommonLabels.region }}] ${annotation('summary')}`,
    source: '{{ .CommonLabels.region }}',
    class: '{{ .CommonLabels.slo }}',
    component: '{{ .CommonLabels.service }}',
    group: '{{ .CommonLabels.region }}',
    client: 'Plimsoll',
    client_url: annotation('console_url'),
    details: {
      slo: '{{ .CommonLabels.slo }}',
      region: '{{ .CommonLabels.region }}',
      owner: '{{ .CommonLabels.owner }}',
      description: annotation('description'),
      burn_rate: annotation('burn_rate'),
      budget_remaining: annotation('budget_remaining'),
      top_route: annotation('top_route'),
      also_affected: annotation('also_affected'),
      dependencies: annotation('dependencies'),
      trace_hint: annotation('trace_hint'),
      runbook: annotation('runbook_url'),
    },
    links: [
      { href: annotation('runbook_url'), text: 'Runbook' },
      { href: annotation('dashboard_url'), text: 'Dashboard' },
      { href: annotation('console_url'), text: 'SLO in the console' },
    ],
  }
}

function annotation(name: string): string {
  return `{{ with .Alerts.Firing }}{{ (index . 0).Annotations.${name} }}{{ else }}{{ (index .Alerts 0).Annotations.${name} }}{{ end }}`
}
