/** Ports of the local stack. All move together with the base; all are bound to 127.0.0.1 only. */

export const DEFAULT_PORT_BASE = 4700
export const HOST = '127.0.0.1'

/** Regions of the local stack, each with ten ports of its own from `base + offset`. */
export const REGIONS = [
  { region: 'us-east', offset: 10 },
  { region: 'eu-west', offset: 20 },
] as const
export type Region = (typeof REGIONS)[number]['region']

export type RegionPorts = {
  region: Region
  registry: number
  registryMetrics: number
  prober: number
  proxy: number
}

export type Ports = {
  console: number
  prometheus: number
  alertmanager: number
  pagerduty: number
  hub: number
  otlp: number
  replicator: number
  regions: RegionPorts[]
}

export function portsFrom(base: number): Ports {
  return {
    console: base,
    prometheus: base + 1,
    alertmanager: base + 2,
    pagerduty: base + 3,
    hub: base + 4,
    otlp: base + 5,
    replicator: base + 6,
    regions: REGIONS.map(({ region, offset }) => ({
      region,
      registry: base + offset,
      registryMetrics: base + offset + 1,
      prober: base + offset + 2,
      proxy: base + offset + 3,
    })),
  }
}

/** Every port by the name of what listens there, to say which one is taken. */
export function namedPorts(ports: Ports): { name: string; port: number }[] {
  const { regions, ...single } = ports
  return [
    ...Object.entries(single).map(([name, port]) => ({ name, port })),
    ...regions.flatMap(({ region, ...own }) =>
      Object.entries(own).map(([name, port]) => ({ name: `${name} ${region}`, port })),
    ),
  ]
}

export function url(port: number, path = ''): string {
  return `http://${HOST}:${port}${path}`
}
