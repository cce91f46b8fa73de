/**
 * What measuring and tracing cost a request: CPU time of the service's own process, per request, in rounds that
 * visit every variant in turn, so that a noisy machine is noisy to all of them. Then the pieces by themselves.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Histogram, Registry } from 'prom-client'
import { renderRed } from '../../instrumentation/src/exposition.ts'
import { RedMeter } from '../../instrumentation/src/red-meter.ts'

const REGISTER = ['--import', '@plimsoll/instrumentation/register']
const ROUNDS = 9
const REQUESTS = 3000
const CONNECTIONS = 16

type Variant = { name: string; nodeOptions: string[]; env: Record<string, string> }
const variants: Variant[] = [
  { name: 'bare Express', nodeOptions: [], env: {} },
  { name: 'prom-client by hand', nodeOptions: [], env: { BENCH_VARIANT: 'prom-client' } },
  { name: 'RED', nodeOptions: REGISTER, env: { OTEL_SDK_DISABLED: 'true' } },
  ...['0.01', '1'].map((ratio) => ({
    name: `RED + trace, ${Number(ratio) * 100} % sampled`,
    nodeOptions: REGISTER,
    env: { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: ratio },
  })),
]

export default {
  name: 'red',
  description:
    'RED metrics and traces per request against bare Express and prom-client, and a scrape of 10,000 series',
  async run(): Promise<void> {
    await requests()
    record()
    await scrape()
  },
}

async function requests(): Promise<void> {
  const collector = createServer((request, response) => request.resume().on('end', () => response.end('{}')))
  await once(collector.listen(0, '127.0.0.1'), 'listening')
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
  const services = await Promise.all(variants.map((variant) => start(variant, endpoint)))
  try {
    const micros: number[][] = services.map(() => [])
    for (
      let round = -2;
      round < ROUNDS;
      round++ // two to warm up
    )
      for (const [index, service] of services.entries()) {
        const used = await cpuMicrosPerRequest(service)
        if (round >= 0) micros[index]?.push(used)
      }
    const bare = micros[0] ?? []
    console.log(
      `red: CPU of the service per request, median of ${ROUNDS} rounds of ${REQUESTS} requests, paired with bare`,
    )
    for (const [index, { name }] of variants.entries()) {
      const own = micros[index] ?? []
      const ratio = median(own.map((value, round) => value / (bare[round] ?? 0)))
      const extra = median(own.map((value, round) => value - (bare[round] ?? 0)))
      console.log(`  ${name.padEnd(28)} ×${ratio.toFixed(2)}   ${extra.toFixed(1).padStart(5)} µs more`)
    }
  } finally {
    for (const { child } of services) child.disconnect()
    await Promise.all(services.map(({ child }) => once(child, 'exit')))
    collector.close()
    collector.closeAllConnections()
  }
}

type Service = { child: ChildProcess; port: number }

async function start({ nodeOptions, env }: Variant, endpoint: string): Promise<Service> {
  const child = fork(fileURLToPath(new URL('red-server.mjs', import.meta.url)), {
    execArgv: nodeOptions,
    env: { PATH: process.env.PATH, NODE_ENV: 'production', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...env },
  })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return { child, port }
}

async function cpuMicrosPerRequest({ child, port }: Service): Promise<number> {
  const before = await cpuMicros(child)
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  let left = REQUESTS
  const client = async () => {
    while (left-- > 0)
      await new Promise<void>((resolve, reject) => {
        get({ agent, host: '127.0.0.1', port, path: '/hello/x' }, (response) =>
          response.resume().on('end', resolve),
        ).on('error', reject)
      })
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, client))
  agent.destroy()
  return ((await cpuMicros(child)) - before) / REQUESTS
}

async function cpuMicros(child: ChildProcess): Promise<number> {
  child.send('cpu')
  const [{ user, system }] = (await once(child, 'message')) as [NodeJS.CpuUsage]
  return user + system
}

function record(): void {
  const meter = new RedMeter('bench', 100)
  const route = meter.route('/hello/{name}')
  const histogram = new Histogram({
    name: 'bench',
    help: 'x',
    labelNames: ['method', 'route', 'status'],
    registers: [],
  })
  const ours = nanoseconds((i) =>
    meter.record(route, {
      method: 'GET',
      statusCode: 200,
      errorType: '',
      synthetic: false,
      durationSeconds: (i % 100) / 1e4,
    }),
  )
  const theirs = nanoseconds((i) =>
    histogram.observe({ method: 'GET', route: '/hello/{name}', status: 200 }, (i % 100) / 1e4),
  )
  console.log(
    `red: one record ${ours.toFixed(0)} ns; prom-client's observe ${theirs.toFixed(0)} ns (×${(theirs / ours).toFixed(1)})`,
  )
}

function nanoseconds(work: (i: number) => void, count = 1_000_000): number {
  for (let i = 0; i < count / 10; i++) work(i)
  const start = performance.now()
  for (let i = 0; i < count; i++) work(i)
  return ((performance.now() - start) * 1e6) / count
}

/** 10,000 lines of histograms, then 10,000 whole histograms: how long the loop is held, longest piece and total. */
async function scrape(): Promise<void> {
  for (const histograms of [588, 10_000]) {
    const meter = new RedMeter('bench', histograms)
    const registry = new Registry()
    const histogram = new Histogram({
      name: 'bench_seconds',
      help: 'x',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
      registers: [registry],
    })
    for (let i = 0; i < histograms; i++) {
      meter.record(meter.route(`/r${i}`), {
        method: 'GET',
        statusCode: 200,
        errorType: '',
        synthetic: false,
        durationSeconds: 0.02,
      })
      histogram.observe({ method: 'GET', route: `/r${i}`, status: 200 }, 0.02)
    }
    const first = longestAndTotal(meter)
    const later = Array.from({ length: 7 }, () => longestAndTotal(meter))
    const start = performance.now()
    await registry.metrics()
    const theirs = performance.now() - start
    const total = median(later.map((one) => one.total))
    console.log(
      `red: scrape of ${histograms} histograms (${histograms * 17} lines): ${total.toFixed(1)} ms in all, ` +
        `longest piece ${median(later.map((one) => one.longest)).toFixed(2)} ms (first scrape ${first.longest.toFixed(2)} ms); ` +
        `prom-client ${theirs.toFixed(1)} ms in one block (×${(theirs / total).toFixed(1)})`,
    )
  }
}

function longestAndTotal(meter: RedMeter): { longest: number; total: number } {
  let longest = 0
  let total = 0
  let last = performance.now()
  for (const piece of renderRed(meter, 'text')) {
    Buffer.byteLength(piece) // what writing it does first: a joined string is made flat
    const took = performance.now() - last
    longest = Math.max(longest, took)
    total += took
    last = performance.now()
  }
  return { longest, total }
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
