/** Configuration files of the real parts, derived from ports and state: data in, text out. */
import { join } from 'node:path'
import { GO_REGISTRY, goServiceRelabelling } from '@plimsoll/instrumentation'
import type { ProberConfigInput } from '@plimsoll/synthetic'
import { stringify } from 'yaml'
import { HOST, type Ports, type RegionPorts, url } from './ports.ts'
import { registryStorage, type State } from './state.ts'

/** Seconds. Probers are scraped as often as they run twice, so that a page is not late by a scrape. */
const SCRAPE_INTERVAL = '15s'
const PROBER_SCRAPE_INTERVAL = '5s'

export function prometheusConfig(ports: Ports, state: State): string {
  const job = (name: string, port: number, region: string, more: object = {}) => ({
    job_name: name,
    ...more,
    static_configs: [{ targets: [`${HOST}:${port}`], labels: { region } }],
  })
  return stringify({
    global: { scrape_interval: SCRAPE_INTERVAL, evaluation_interval: '30s' },
    rule_files: [join(state.build, 'prometheus/rules/*.rules.yaml')],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [`${HOST}:${ports.alertmanager}`] }] }] },
    scrape_configs: [
      job('prometheus', ports.prometheus, 'us-east'),
      job('slo-service', ports.console, 'us-east'),
      job('hub-api', ports.hub, 'us-east'),
      job('replicator', ports.replicator, 'us-east'),
      ...ports.regions.flatMap((at) => [
        // A Go service: its own metrics come out under the RED names.
        job(`registry-${at.region}`, at.registryMetrics, at.region, {
          metric_relabel_configs: goServiceRelabelling(GO_REGISTRY),
        }),
        // A prober sets `region` itself: it is the target's, not its own.
        job(`prober-${at.region}`, at.prober, at.region, {
          honor_labels: true,
          scrape_interval: PROBER_SCRAPE_INTERVAL,
        }),
      ]),
    ],
  })
}

/**
 * docker-registry 2.8 of one region. Its webhooks go to the hub and the replicator; `host` is left to the request, so
 * that the Location headers it writes point at the proxy in front of it. No cache of blob descriptors: the one in
 * memory has no limit, canaries would fill it with a new digest every few seconds, and it would not see them swept.
 */
export function registryConfig(
  at: RegionPorts,
  ports: Ports,
  state: State,
  tokens: { notifications: string; http: string },
): string {
  const notify = (name: string, port: number) => ({
    name,
    url: url(port, `/notifications?region=${at.region}`),
    headers: { Authorization: [`Bearer ${tokens.notifications}`] },
    timeout: '1s',
    threshold: 5,
    backoff: '1s',
    ignore: { actions: ['pull'], mediatypes: ['application/octet-stream'] },
  })
  return stringify({
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true }, fields: { service: 'registry', region: at.region } },
    storage: {
      filesystem: { rootdirectory: registryStorage(state, at.region) },
      delete: { enabled: true },
      maintenance: { uploadpurging: { enabled: true, age: '1h', interval: '10m', dryrun: false } },
    },
    http: {
      addr: `${HOST}:${at.registry}`,
      secret: tokens.http,
      debug: { addr: `${HOST}:${at.registryMetrics}`, prometheus: { enabled: true, path: '/metrics' } },
    },
    notifications: {
      // Sizes of layers, not only of manifests.
      events: { includereferences: true },
      endpoints: [notify('hub', ports.hub), notify('replicator', ports.replicator)],
    },
  })
}

/** A prober of one region, which probes every region through its proxy. */
export function proberConfig(at: RegionPorts, ports: Ports, state: State): string {
  const config: ProberConfigInput = {
    vantage: at.region,
    listen: { host: HOST, port: at.prober },
    // A copy takes 0.1 s, and what takes ten is late. Short slots, so that a stop is seen within half a minute.
    flows: { replication: { intervalSeconds: 25, withinSeconds: 10 } },
    targets: ports.regions.map(({ region, proxy }) => ({
      region,
      url: url(proxy),
      flows: region === at.region ? ['push-pull', 'integrity'] : ['push-pull', 'integrity', 'replication'],
    })),
    ledger: {
      url: url(ports.console),
      tokenFile: state.secrets.ledgerToken,
      spoolDirectory: join(state.data, `spool-${at.region}`),
    },
  }
  return `${JSON.stringify(config, null, 2)}\n`
}
