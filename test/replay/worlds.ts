/** Histories to replay: each a spec and what its raw series were, drawn by a generator with a seed. */
import { stringify } from 'yaml'
import type { Sampled, Samples } from './oracle.ts'

export type World = { name: string; spec: string; slos: string[]; hours: number; samples: Samples }

const EVERY_SECONDS = 15
const METRIC = 'http_server_request_duration_seconds_count'

/** The same numbers every time. */
export function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

type Objective = Record<string, unknown>
type SloOptions = {
  name: string
  annotations?: Record<string, string>
  method?: string
  objectives?: Objective[]
  service?: string
  indicator?: object
  policies?: object[]
  window?: string
}

const http = (serviceName: string) => ({
  ratioMetric: {
    rawType: 'success',
    raw: { metricSource: { type: 'Plimsoll/http', spec: { serviceName } } },
  },
})
const gauge = (query: string) => ({
  thresholdMetric: { metricSource: { type: 'Prometheus', spec: { query } } },
})

function specOf(slos: SloOptions[]): string {
  const service = {
    apiVersion: 'openslo/v1',
    kind: 'Service',
    metadata: { name: 'shop', annotations: { 'plimsoll.dev/owner': 'team-shop' } },
    spec: {},
  }
  const documents = slos.map(
    ({
      name,
      annotations,
      method = 'Occurrences',
      objectives = [{ target: 0.999 }],
      indicator = http(name),
      policies,
      window = '28d',
    }) => ({
      apiVersion: 'openslo/v1',
      kind: 'SLO',
      metadata: { name, annotations: { 'plimsoll.dev/runbook': 'hub-api-errors', ...annotations } },
      spec: {
        service: 'shop',
        ...(objectives.some((one) => 'indicator' in one)
          ? {}
          : { indicator: { metadata: { name }, spec: indicator } }),
        timeWindow: [{ duration: window, isRolling: true }],
        budgetingMethod: method,
        objectives,
        ...(policies && { alertPolicies: policies }),
      },
    }),
  )
  return [service, ...documents].map((one) => stringify(one)).join('---\n')
}

/** A process that serves: events each scrape and the share of bad ones, by hour. */
export type Process = {
  service: string
  region?: string
  events: (hour: number) => number
  badShare: (hour: number) => number
  from?: number
  restart?: number
  unseen?: (hour: number) => boolean
}

export function counters(processes: Process[], hours: number, seed: number): Sampled[] {
  const draw = random(seed)
  const scrapes = (hours * 3600) / EVERY_SECONDS
  return processes.flatMap(({ service, region, events, badShare, from = 0, restart, unseen }, instance) => {
    const count = { '200': 0, '500': 0 }
    const values: Record<keyof typeof count, (number | undefined)[]> = { '200': [], '500': [] }
    for (let i = 0; i <= scrapes; i++) {
      const hour = (i * EVERY_SECONDS) / 3600
      if (hour === restart) Object.assign(count, { '200': 0, '500': 0 })
      if (hour >= from && i > 0) {
        const rate = events(hour)
        // Below one a scrape it is a chance.
        const number = rate < 1 ? Number(draw() < rate) : Math.floor(draw() * 2 * rate)
        for (let event = 0; event < number; event++) count[draw() < badShare(hour) ? '500' : '200'] += 1
      }
      const away = hour < from || unseen?.(hour)
      for (const code of ['200', '500'] as const) values[code].push(away ? undefined : count[code])
    }
    const labels = `service_name="${service}",${region ? `region="${region}",` : ''}instance="${instance}"`
    return (['200', '500'] as const).map((code) => ({
      series: `${METRIC}{${labels},http_response_status_code="${code}"}`,
      values: values[code],
    }))
  })
}

export function gauges(
  metric: string,
  of: { labels: string; value: (hour: number, draw: () => number) => number | undefined }[],
  hours: number,
  seed: number,
): Sampled[] {
  const draw = random(seed)
  const scrapes = (hours * 3600) / EVERY_SECONDS
  return of.map(({ labels, value }) => ({
    series: `${metric}{${labels}}`,
    values: Array.from({ length: scrapes + 1 }, (_, i) => value((i * EVERY_SECONDS) / 3600, draw)),
  }))
}

export function openMetrics({ everySeconds, sampled }: Samples, startSeconds: number): string {
  const lines = sampled.flatMap(({ series, values }) =>
    values.flatMap((value, i) =>
      value === undefined ? [] : [`${series} ${value} ${startSeconds + i * everySeconds}`],
    ),
  )
  const metrics = [...new Set(sampled.map(({ series }) => series.slice(0, series.indexOf('{'))))]
  return `${metrics.map((metric) => `# TYPE ${metric} unknown\n`).join('')}${lines.join('\n')}\n# EOF\n`
}

const within = (hour: number, from: number, minutes: number) => hour > from && hour <= from + minutes / 60
const REGIONS = { 'plimsoll.dev/regions': 'us-east, eu-west' }
const steady = (rate: number) => () => rate

function world(name: string, hours: number, slos: SloOptions[], sampled: Sampled[]): World {
  return {
    name,
    spec: specOf(slos),
    slos: slos.map((one) => one.name),
    hours,
    samples: { everySeconds: EVERY_SECONDS, sampled },
  }
}

/** Errors of every size for a while, and of none between. */
function stormy(hour: number): number {
  if (within(hour, 1, 12)) return 0.4
  if (within(hour, 2, 50)) return 0.02
  if (within(hour, 3.5, 3)) return 1
  return 0.0003
}

const day = (hour: number) => 8 * (1 + Math.sin(hour))

const sliced = (
  name: string,
  window: string,
  method = 'Timeslices',
  more: Partial<SloOptions> = {},
): SloOptions => ({
  name,
  method,
  annotations: REGIONS,
  objectives: [
    { target: 0.99, ...(method === 'Timeslices' && { timeSliceTarget: 0.95 }), timeSliceWindow: window },
  ],
  ...more,
})
const regional = (
  service: string,
  badShare: (hour: number) => number,
  more: Partial<Process> = {},
): Process[] => [
  { service, region: 'us-east', events: day, badShare, ...more },
  { service, region: 'eu-west', events: steady(1.5), badShare: (hour) => badShare(hour + 0.3) / 2 },
]

const age = (from: number, minutes: number, late: number) => (hour: number, draw: () => number) =>
  within(hour, from, minutes) ? late + draw() * 30 : 20 * draw()

const flicker = (share: number, from: number) => (hour: number, draw: () => number) =>
  hour > from && draw() < share ? 90 : 5

/** A run every 15 s in two regions; in us-east they fail for a while, and later none ends with a verdict on its target. */
function probes(hours: number, seed: number): Sampled[] {
  const draw = random(seed)
  const scrapes = (hours * 3600) / EVERY_SECONDS
  return ['us-east', 'eu-west'].flatMap((region) => {
    const count = { ok: 0, target_fail: 0, prober_fail: 0 }
    const values = { ok: [] as number[], target_fail: [] as number[], prober_fail: [] as number[] }
    for (let i = 0; i <= scrapes; i++) {
      const hour = (i * EVERY_SECONDS) / 3600
      const lost = region === 'us-east' && within(hour, 2.001, 45)
      const bad = region === 'us-east' && within(hour, 1, 8) ? 0.6 : 0.0005
      if (i > 0) count[lost ? 'prober_fail' : draw() < bad ? 'target_fail' : 'ok'] += 1
      for (const verdict of VERDICTS) values[verdict].push(count[verdict])
    }
    return VERDICTS.map((verdict) => ({
      series: `plimsoll_probe_attempts_total{flow="push-pull",vantage="v",region="${region}",verdict="${verdict}"}`,
      values: values[verdict],
    }))
  })
}
const VERDICTS = ['ok', 'target_fail', 'prober_fail'] as const

export const WORLDS: World[] = [
  world('mixed', 5, [{ name: 'mixed', annotations: REGIONS }], counters(regional('mixed', stormy), 5, 1)),
  world(
    'idle',
    6,
    [{ name: 'idle', annotations: REGIONS }],
    counters(
      [
        {
          service: 'idle',
          region: 'us-east',
          events: (hour) => (within(hour, 1.5, 120) ? 0 : 6),
          badShare: (hour) => (within(hour, 3.6, 15) ? 0.5 : 0.001),
        },
        {
          service: 'idle',
          region: 'eu-west',
          events: (hour) => (hour < 2 ? 0 : 3),
          badShare: (hour) => (hour < 2.1 ? 0.9 : 0),
        },
      ],
      6,
      2,
    ),
  ),
  world(
    'rare',
    8,
    [{ name: 'rare', objectives: [{ target: 0.99 }] }],
    counters(
      [{ service: 'rare', events: steady(0.1), badShare: (hour) => (within(hour, 2, 40) ? 0.5 : 0.01) }],
      8,
      3,
    ),
  ),
  world('slices of five minutes', 8, [sliced('slices', '5m')], counters(regional('slices', stormy), 8, 4)),
  world('slices of a minute', 5, [sliced('minutes', '1m')], counters(regional('minutes', stormy), 5, 5)),
  world(
    'ratio slices',
    6,
    [sliced('shares', '5m', 'RatioTimeslices')],
    counters(
      regional('shares', (hour) => (within(hour, 1, 40) || within(hour, 4, 9) ? 0.8 : 0.003)),
      6,
      6,
    ),
  ),
  world(
    'ratio slices of a minute, without regions, idle between',
    5,
    [sliced('shares', '1m', 'RatioTimeslices', { annotations: {} })],
    counters(
      [{ service: 'shares', events: (hour) => (within(hour, 2.2, 30) ? 0 : 0.4), badShare: stormy }],
      5,
      7,
    ),
  ),
  world(
    'a gauge by region',
    6,
    [
      sliced('age', '5m', 'Timeslices', {
        indicator: gauge('queue_age_seconds'),
        objectives: [{ op: 'lte', value: 60, target: 0.99, timeSliceTarget: 0.9, timeSliceWindow: '5m' }],
      }),
    ],
    gauges(
      'queue_age_seconds',
      [
        { labels: 'region="us-east"', value: age(1, 70, 50) },
        { labels: 'region="eu-west"', value: age(2.5, 25, 70) },
      ],
      6,
      8,
    ),
  ),
  world(
    'a gauge of two queues, minutes, with a gap',
    5,
    [
      sliced('lag', '1m', 'RatioTimeslices', {
        annotations: {},
        indicator: gauge('max(queue_age_seconds)'),
        objectives: [{ op: 'lt', value: 60, target: 0.99, timeSliceWindow: '1m' }],
      }),
    ],
    gauges(
      'queue_age_seconds',
      [
        {
          labels: 'queue="a"',
          value: (hour, draw) => (within(hour, 3.005, 25) ? undefined : age(1, 20, 50)(hour, draw)),
        },
        {
          labels: 'queue="b"',
          value: (hour, draw) => (within(hour, 3.005, 25) ? undefined : age(2, 6, 70)(hour, draw)),
        },
      ],
      5,
      9,
    ),
  ),
  // Its evidence crosses the threshold of tickets from one evaluation to the next.
  world(
    'a gauge that flickers, of a region that comes late and goes',
    6,
    [
      sliced('age', '5m', 'Timeslices', {
        annotations: { 'plimsoll.dev/regions': 'us-east, eu-west, ap-south' },
        indicator: gauge('queue_age_seconds'),
        objectives: [{ op: 'lte', value: 60, target: 0.98, timeSliceTarget: 0.9, timeSliceWindow: '5m' }],
      }),
    ],
    gauges(
      'queue_age_seconds',
      [
        { labels: 'region="us-east"', value: flicker(0.06, 0.5) },
        {
          labels: 'region="eu-west"',
          value: (hour, draw) => {
            if (within(hour, 1.14, 13) || within(hour, 3, 5)) return 90
            return hour > 4 && hour < 4.3 ? undefined : draw()
          },
        },
        {
          labels: 'region="ap-south"',
          value: (hour, draw) => (hour < 0.2 || hour > 5 ? undefined : flicker(0.03, 0)(hour, draw)),
        },
      ],
      6,
      7,
    ),
  ),
  world(
    'rates of its own that have to last, without gate',
    6,
    [
      {
        name: 'policy',
        annotations: { ...REGIONS, 'plimsoll.dev/evidence-gate': 'off' },
        policies: [
          {
            kind: 'AlertPolicy',
            metadata: { name: 'own' },
            spec: {
              alertWhenBreaching: true,
              alertWhenNoData: true,
              conditions: [
                {
                  kind: 'AlertCondition',
                  metadata: { name: 'fast' },
                  spec: {
                    severity: 'page',
                    condition: {
                      kind: 'burnrate',
                      op: 'gte',
                      threshold: 8,
                      lookbackWindow: '30m',
                      alertAfter: '4m',
                    },
                  },
                },
              ],
              notificationTargets: [
                { kind: 'AlertNotificationTarget', metadata: { name: 'us' }, spec: { target: 'pager' } },
              ],
            },
          },
        ],
      },
    ],
    counters(regional('policy', stormy), 6, 10),
  ),
  world(
    'a probe that stops to finish',
    4,
    [
      {
        name: 'probe',
        annotations: REGIONS,
        indicator: {
          ratioMetric: {
            rawType: 'success',
            raw: { metricSource: { type: 'Plimsoll/probe', spec: { flow: 'push-pull' } } },
          },
        },
      },
    ],
    probes(4, 11),
  ),
  world(
    'births, restarts and gaps',
    6,
    [{ name: 'births', annotations: REGIONS, objectives: [{ target: 0.995 }] }],
    counters(
      [
        ...regional('births', (hour) => (within(hour, 3, 12) ? 0.2 : 0.001), {
          restart: 1.25,
          unseen: (hour) => within(hour, 2.005, 22),
        }),
        {
          service: 'births',
          region: 'us-east',
          events: day,
          badShare: (hour) => (hour < 2.9 ? 0.3 : 0),
          from: 2.8,
        },
        {
          service: 'births',
          region: 'ap-south',
          events: steady(2),
          badShare: (hour) => (hour < 4.5 ? 0.3 : 0),
          from: 4.4,
        },
      ],
      6,
      12,
    ),
  ),
  world(
    'what is needed burns, and later its own fault on top',
    6,
    [
      { name: 'auth', annotations: REGIONS },
      {
        name: 'pull',
        annotations: { ...REGIONS, 'plimsoll.dev/depends-on': 'auth' },
        objectives: [{ target: 0.99 }],
      },
    ],
    counters(
      [
        ...regional('auth', (hour) => (within(hour, 1, 90) ? 0.3 : 0)),
        ...regional('pull', (hour) =>
          within(hour, 1, 60) ? 0.3 : within(hour, 2, 30) ? 0.9 : within(hour, 4, 20) ? 0.5 : 0.001,
        ),
      ],
      6,
      13,
    ),
  ),
]
