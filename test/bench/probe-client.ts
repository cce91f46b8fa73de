/**
 * What a probe costs: CPU of the prober's own process and latency of a push-pull run against a real docker-registry,
 * beside a floor: the same requests over bare node:http, with an image made beforehand, and nothing timed or hashed.
 * The two take turns, so that a noisy machine is noisy to both.
 */
import { randomBytes } from 'node:crypto'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { runProbe } from '@plimsoll/synthetic'
import { type Canary, makeCanary } from '../../synthetic/src/canary.ts'
import { formatDigest } from '../../synthetic/src/oci/digest.ts'
import { startRegistry } from '../../synthetic/src/testing/registry.ts'
import type { Benchmark } from './run.ts'

const ROUNDS = 40
const WARM_UP = 10
const SIZES = [65_536, 1_048_576]

const benchmark: Benchmark = {
  name: 'probe',
  description: 'CPU and latency of a push-pull probe against bare node:http without timing and hashing',
  async run() {
    const registry = await startRegistry()
    try {
      for (const sizeBytes of SIZES) await compare(registry.url, sizeBytes)
    } finally {
      await registry.stop()
    }
  },
}
export default benchmark

type Cost = { cpuMs: number; wallMs: number }

async function compare(url: string, sizeBytes: number): Promise<void> {
  const probes: Cost[] = []
  const floors: Cost[] = []
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const canary = makeCanary(sizeBytes, randomBytes)
    const floor = await costOf(() => barePushPull(url, canary, `bench-${round}`))
    const probe = await costOf(async () => {
      const { verdict, message } = await runProbe({ url }, { sizeBytes, deadlineSeconds: 30 })
      if (verdict !== 'ok') throw new Error(message)
    })
    if (round < WARM_UP) continue
    floors.push(floor)
    probes.push(probe)
  }
  const of = (costs: Cost[]) => ({
    cpuMs: median(costs.map(({ cpuMs }) => cpuMs)),
    wallMs: median(costs.map(({ wallMs }) => wallMs)),
  })
  const [probe, floor] = [of(probes), of(floors)]
  console.log(`probe: push-pull of ${sizeBytes / 1024} KiB in three layers, medians of ${ROUNDS}`)
  for (const [name, key] of [
    ['CPU', 'cpuMs'],
    ['latency', 'wallMs'],
  ] as const)
    console.log(
      `  ${name.padEnd(8)} ${probe[key].toFixed(1)} ms; bare node:http ${floor[key].toFixed(1)} ms; ratio ${(probe[key] / floor[key]).toFixed(2)}`,
    )
}

async function costOf(work: () => Promise<void>): Promise<Cost> {
  const startedMs = performance.now()
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return { cpuMs: (user + system) / 1000, wallMs: performance.now() - startedMs }
}

/** The requests of the flow `push-pull`, in its order, over one fresh connection. */
async function barePushPull(url: string, { blobs, manifest }: Canary, tag: string): Promise<void> {
  const agent = new Agent({ keepAlive: true })
  const base = `${url}/v2/plimsoll/bench`
  const type = { 'content-type': manifest.mediaType }
  const accept = { accept: manifest.mediaType }
  const byDigest = `${base}/manifests/${formatDigest(manifest.digest)}`
  await ask(agent, 'GET', `${url}/v2/`)
  for (const blob of blobs) {
    const { location } = await ask(agent, 'POST', `${base}/blobs/uploads/`)
    await ask(agent, 'PUT', `${location}&digest=${formatDigest(blob.digest)}`, {}, blob.bytes)
  }
  await ask(agent, 'PUT', `${base}/manifests/${tag}`, type, manifest.bytes)
  await ask(agent, 'GET', byDigest, accept)
  for (const blob of blobs) await ask(agent, 'GET', `${base}/blobs/${formatDigest(blob.digest)}`)
  await ask(agent, 'GET', `${base}/manifests/${tag}`, accept)
  await ask(agent, 'DELETE', byDigest)
  await ask(agent, 'GET', byDigest, accept)
  agent.destroy()
}

function ask(
  agent: Agent,
  method: string,
  url: string,
  headers = {},
  body?: Buffer,
): Promise<IncomingHttpHeaders> {
  return new Promise((resolve, reject) => {
    const length = body ? { 'content-length': body.length } : {}
    const asked = request(url, { agent, method, headers: { ...headers, ...length } }, (response) => {
      response
        .on('error', reject)
        .on('end', () => resolve(response.headers))
        .resume()
    })
    asked.on('error', reject).end(body)
  })
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
