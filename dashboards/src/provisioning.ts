/**
 * Grafana's provisioning files: where the metrics and traces are, and where the dashboards lie.
 * Source: Grafana documentation, "Provision Grafana". JSON is YAML, so the files need no YAML printer.
 */

export type ProvisioningOptions = {
  /** Prometheus, or what answers like it, as Grafana reaches it. */
  prometheusUrl: string
  /** Seconds between scrapes: Grafana derives `$__rate_interval` from it. 15 unless given. */
  scrapeIntervalSeconds?: number
  /** Tempo, or what answers like it. Without it exemplars lead nowhere. */
  tracesUrl?: string
  /** Folder on Grafana's machine that holds the dashboards' JSON files. */
  dashboardsPath?: string
}

/** Files by path below Grafana's provisioning folder. */
export function renderProvisioning(options: ProvisioningOptions): Map<string, string> {
  return new Map([
    ['datasources/plimsoll.yaml', print({ apiVersion: 1, datasources: datasources(options) })],
    ['dashboards/plimsoll.yaml', print({ apiVersion: 1, providers: [dashboardProvider(options)] })],
  ])
}

function datasources(options: ProvisioningOptions): object[] {
  const prometheus = {
    name: 'Prometheus',
    type: 'prometheus',
    uid: 'plimsoll-prometheus',
    access: 'proxy',
    url: options.prometheusUrl,
    isDefault: true,
    jsonData: {
      httpMethod: 'POST',
      timeInterval: `${options.scrapeIntervalSeconds ?? 15}s`,
      ...(options.tracesUrl && {
        // Exemplars carry `trace_id` (OpenMetrics); the link is set here because dashboards cannot hold it.
        exemplarTraceIdDestinations: [{ name: 'trace_id', datasourceUid: 'plimsoll-traces' }],
      }),
    },
  }
  if (!options.tracesUrl) return [prometheus]
  const traces = {
    name: 'Traces',
    type: 'tempo',
    uid: 'plimsoll-traces',
    access: 'proxy',
    url: options.tracesUrl,
  }
  return [prometheus, traces]
}

function dashboardProvider(options: ProvisioningOptions): object {
  return {
    name: 'plimsoll',
    type: 'file',
    folder: 'Plimsoll',
    folderUid: 'plimsoll',
    allowUiUpdates: false,
    disableDeletion: false,
    updateIntervalSeconds: 30,
    options: {
      path: options.dashboardsPath ?? '/var/lib/grafana/dashboards/plimsoll',
      foldersFromFilesStructure: false,
    },
  }
}

function print(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`
}
