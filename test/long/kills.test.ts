/**
 * Any process of the stack is killed, one after the other, and at last the supervisor: each comes back by itself, and the
 * ledger has every run that a prober had told of, none twice.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProbeResult } from '@plimsoll/instrumentation/envelope'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askStack, type StackStatus } from '../../deploy/src/local/control.ts'
import { eventually, type LocalStack, localStack } from '../end-to-end/local-stack.ts'

const CONSOLE = 0
const PAGERDUTY = 3
const HUB = 4
const PROBERS = [12, 22]

/** A process that died once starts again after half a second, and needs some seconds to be ready. */
const BACK_SECONDS = 90
/** Long enough for a scrape, an evaluation and a boundary of the ledger to fall into the gap. */
const GAP_SECONDS = 150
/** Results that were on disk, but not yet read here when their prober was killed; and runs still under way. */
const UNREAD_RUNS = 6

type Slo = {
  budget: { good: number; bad: number; total: number } | null
  coverage: { ratio: number | null; promisedMinutes: number; seenMinutes: number; smearedMinutes: number }
}

let stack: LocalStack
/** Runs of push-pull that count, by id, as the probers told of them. */
const seen = new Set<string>()
let reading = true
let reader: Promise<void>

beforeAll(async () => {
  stack = await localStack(6)
  const up = await stack.plimsoll('up', '--detach', '--json')
  expect(up, up.err).toMatchObject({ code: 0 })
  reader = readRuns()
  await eventually(60, async () => (seen.size >= 8 ? true : undefined))
})
afterAll(async () => {
  reading = false
  await reader
  await stack.remove()
})

async function readRuns(): Promise<void> {
  for (; reading; await sleep(500))
    for (const prober of PROBERS) {
      const { runs } = await stack
        .getJson<{ runs: ProbeResult[] }>(prober, '/runs')
        .catch(() => ({ runs: [] as ProbeResult[] }))
      for (const { flow, verdict, runId } of runs)
        if (flow === 'push-pull' && (verdict === 'ok' || verdict === 'target_fail')) seen.add(runId)
    }
}

const status = () => askStack<StackStatus>(`${stack.state}/control.sock`, 'GET', '/status')
const slo = (id: string) => stack.getJson<Slo>(CONSOLE, `/api/v1/slos/${id}`)

/** The ledger's runs: none less than were seen, and no more than could be unread. */
async function nothingLost(): Promise<void> {
  await eventually(60, async () => {
    const { budget } = await slo('registry-push-pull')
    const total = budget?.total ?? 0
    expect(total).toBeGreaterThanOrEqual(seen.size)
    expect(total).toBeLessThanOrEqual(seen.size + UNREAD_RUNS)
    return true
  })
}

test('every process that is killed comes back by itself, and no run is lost or counted twice', async () => {
  const { children } = await status()
  expect(children.length).toBeGreaterThanOrEqual(14)
  for (const { name, pid } of children) {
    process.kill(pid ?? Number.NaN, 'SIGKILL')
    await eventually(BACK_SECONDS, async () => {
      const now = (await status()).children.find((child) => child.name === name)
      return now?.state === 'ready' && now.pid !== pid ? true : undefined
    }).catch((error) => {
      throw new Error(`${name} did not come back`, { cause: error })
    })
  }
  await nothingLost()
  for (const { restarts } of (await status()).children) expect(restarts).toBe(1)
})

test('nobody is paged for a process that was away for a moment', async () => {
  await sleep(60_000)
  type PagerDutyEvent = { event_action: string; payload?: { summary: string } }
  const events = await stack.getJson<PagerDutyEvent[]>(PAGERDUTY, '/events')
  expect(events.map(({ payload }) => payload?.summary)).toEqual([])
})

test('requests that came while Prometheus was away are in the ledger, and coverage says what was not seen', async () => {
  const before = { hub: await hubRequests(), ...(await slo('hub-api-availability')) }
  expect(await stack.plimsoll('break', 'prometheus-down')).toMatchObject({ code: 0 })
  await sleep(GAP_SECONDS * 1000)
  expect(await stack.plimsoll('heal')).toMatchObject({ code: 0 })
  const missed = (await hubRequests()) - before.hub
  expect(missed).toBeGreaterThan(GAP_SECONDS)
  await eventually(300, async () => {
    const now = await slo('hub-api-availability')
    const counted = (now.budget?.total ?? 0) - (before.budget?.total ?? 0)
    if (counted < missed) throw new Error(`the ledger has ${counted} of ${missed} requests`)
    const { promisedMinutes, seenMinutes, smearedMinutes } = now.coverage
    expect(promisedMinutes - seenMinutes + smearedMinutes).toBeGreaterThanOrEqual(1)
    return true
  })
})

test('a page comes while the SLO service is away, and its ledger catches up', async () => {
  expect(await stack.plimsoll('break', 'slo-service-down')).toMatchObject({ code: 0 })
  expect(await stack.plimsoll('break', 'registry-errors:eu-west')).toMatchObject({ code: 0 })
  type PagerDutyEvent = { payload?: { class: string; group: string } }
  const named = async () =>
    (await stack.getJson<PagerDutyEvent[]>(PAGERDUTY, '/events')).map(
      ({ payload }) => `${payload?.class} ${payload?.group}`,
    )
  await eventually(180, async () => ((await named()).length > 0 ? true : undefined))
  expect([...new Set(await named())]).toEqual(['registry-push-pull eu-west'])
  expect(await stack.plimsoll('heal')).toMatchObject({ code: 0 })
  await nothingLost()
})

test('the supervisor is killed: no process outlives it, and the next start has every run', async () => {
  const { pid, children } = await status()
  expect(await stack.plimsoll('break', 'registry-errors:eu-west')).toMatchObject({ code: 0 })
  process.kill(pid, 'SIGKILL')
  await eventually(15, async () => (children.every((child) => !isAlive(child.pid)) ? true : undefined))
  const up = await stack.plimsoll('up', '--detach', '--json')
  expect(up, up.err).toMatchObject({ code: 0 })
  // What was broken before is healed by a start.
  const probe = await stack.plimsoll('probe', stack.url(23), '--json')
  expect(JSON.parse(probe.out)).toMatchObject({ verdict: 'ok' })
  await nothingLost()
})

/** Valid requests of users that the hub itself counted since it started. */
async function hubRequests(): Promise<number> {
  const text = await (await fetch(stack.url(HUB, '/metrics'))).text()
  return [...text.matchAll(/^http_server_request_duration_seconds_count\{(.*)\} (\d+)$/gm)]
    .filter(([, labels = '']) => labels.includes('status_code="2') && !labels.includes('synthetic="true"'))
    .reduce((sum, [, , count]) => sum + Number(count), 0)
}

function isAlive(pid: number | undefined): boolean {
  try {
    process.kill(pid ?? Number.NaN, 0)
    return true
  } catch {
    return false
  }
}
