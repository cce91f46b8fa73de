/** A prober that got no time to look must not say that the registry failed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ProbeResult } from '@plimsoll/instrumentation/envelope'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { ProberConfigInput } from './prober/config.ts'
import { runProbe } from './run.ts'
import { type Fault, type FaultProxy, startProxy } from './testing/proxy.ts'
import { startRegistry, type TestRegistry } from './testing/registry.ts'

let registry: TestRegistry
beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry.stop())

let child: ChildProcess | undefined
const proxies: FaultProxy[] = []
afterEach(async () => {
  // A stopped process takes no other signal.
  child?.kill('SIGKILL')
  child = undefined
  for (const proxy of proxies.splice(0)) await proxy.stop()
})
async function behind(fault: Fault): Promise<string> {
  const proxy = await startProxy(registry.url, fault)
  proxies.push(proxy)
  return proxy.url
}

async function startChild(config: ProberConfigInput): Promise<{ runs: () => Promise<ProbeResult[]> }> {
  const script = fileURLToPath(new URL('./testing/prober-child.ts', import.meta.url))
  child = spawn(process.execPath, [script, JSON.stringify(config)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [url] = await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line')
  return { runs: async () => ((await (await fetch(`${url}/runs`)).json()) as { runs: ProbeResult[] }).runs }
}

const isPush = ({ method, url = '' }: IncomingMessage) => method === 'PUT' && url.includes('/manifests/')

function signal(): { given: Promise<void>; give: () => void; isGiven: boolean } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const signal = {
    given: promise,
    isGiven: false,
    give() {
      signal.isGiven = true
      resolve()
    },
  }
  return signal
}

test('a prober stopped past its deadline, in the middle of runs, blames itself, and goes on as if it had slept', async () => {
  const deadlineSeconds = 2
  const slowRuns = signal()
  const stopped = signal()
  // The first manifest's answer finds the prober asleep, with a run to each target under way.
  const healthy: Fault = async (question, _response, pass) => {
    if (isPush(question) && !stopped.isGiven) {
      await slowRuns.given
      child?.kill('SIGSTOP')
      stopped.give()
    }
    pass()
  }
  const slow: Fault = (question, _response, pass) => {
    if (question.method === 'POST') slowRuns.give()
    setTimeout(pass, 25)
  }
  const { runs } = await startChild({
    vantage: 'us-east',
    listen: { port: 0 },
    deadlineSeconds,
    jitterSeconds: 0,
    intervalSeconds: deadlineSeconds + 2,
    targets: [
      { region: 'healthy', url: await behind(healthy) },
      { region: 'slow', url: await behind(slow) },
    ],
  })
  await stopped.given
  // The deadline is the child's own, in real time: there is no clock to hand it.
  await sleep((deadlineSeconds + 1) * 1000)
  child?.kill('SIGCONT')

  const of = async (region: string) => (await runs()).filter((run) => run.region === region).reverse()
  for (const region of ['healthy', 'slow']) {
    const isOkAgain = async () => expect((await of(region)).at(-1)?.verdict).toBe('ok')
    await vi.waitFor(isOkAgain, { timeout: 30_000, interval: 200 })
    const [starved] = await of(region)
    expect(starved).toMatchObject({ verdict: 'prober_fail', reason: 'prober_overloaded' })
  }
  expect((await runs()).filter(({ verdict }) => verdict === 'target_fail')).toEqual([])
})

test('a prober whose event loop is blocked past its deadline blames itself', async () => {
  const blocking = await behind((question, _response, pass) => {
    // Proxy and prober share this loop.
    const untilMs = performance.now() + (question.method === 'PUT' ? 700 : 0)
    while (performance.now() < untilMs);
    pass()
  })
  expect(await runProbe({ url: blocking }, { deadlineSeconds: 0.5 })).toMatchObject({
    verdict: 'prober_fail',
    reason: 'prober_overloaded',
  })
})
