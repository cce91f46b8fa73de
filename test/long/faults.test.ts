/**
 * The fault table, live: each fault breaks a stack of its own, because a burnt hour would hide the next one. What must
 * happen is said by `deploy/src/local/faults.ts` alone. Some of them: `PLIMSOLL_FAULTS=hub-slow,hub-errors npm run test:long`.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProbeResult } from '@plimsoll/instrumentation/envelope'
import { afterAll, describe, expect, test } from 'vitest'
import { FAULTS, type FaultPlan, isFault } from '../../deploy/src/local/faults.ts'
import { eventually, type LocalStack, localStack } from '../end-to-end/local-stack.ts'

const CONSOLE = 0
const PAGERDUTY = 3
const PROBERS = [12, 22]

/** The promise of the table for a total failure of a 99.9 % SLO. */
const PAGE_SECONDS = 180
/** After the page, or where none may come: long enough for a wrong one, which would take as long as a right one. */
const QUIET_SECONDS = 45
const NO_PAGE_SECONDS = 150

type PagerDutyEvent = { event_action: string; payload?: { class: string; group: string; component: string } }
type Webhook = { alerts: { status: string; labels: Record<string, string> }[] }
type SloAnswer = { slo: string; budget: { bad: number } | null }
type Row = { fault: string; probe: string; pages: string; tickets: string; burnt: string }

const wanted = process.env.PLIMSOLL_FAULTS?.split(',') ?? Object.keys(FAULTS)
const unknown = wanted.filter((name) => !isFault(name))
if (unknown.length > 0)
  throw new Error(`PLIMSOLL_FAULTS: saw ${unknown}, expected some of ${Object.keys(FAULTS).join(',')}`)

const rows: Row[] = []
afterAll(() => console.table(rows))

describe.concurrent('each fault pages, burns and opens tickets as the table says', () => {
  wanted.forEach((name, index) => {
    test(name, async () => {
      const fault = FAULTS[name] as FaultPlan
      const stack = await localStack(index % 6)
      try {
        await live(stack, name, fault)
      } finally {
        await stack.remove()
      }
    })
  })
})

async function live(stack: LocalStack, name: string, fault: FaultPlan): Promise<void> {
  const up = await stack.plimsoll('up', '--detach', '--json')
  expect(up, up.err).toMatchObject({ code: 0 })
  await settle(stack)
  expect(await pages(stack), 'pages before the fault').toEqual([])
  const badBefore = await badEvents(stack)

  const broken = await stack.plimsoll('break', name)
  expect(broken, broken.err).toMatchObject({ code: 0 })
  const brokenAt = Date.now()
  const expected = fault.pages.map(({ slo, region }) => `${slo} ${region}`)
  const arrivedAfter = new Map<string, number>()
  const watch = async () => {
    for (const page of await pages(stack))
      if (!arrivedAfter.has(page)) arrivedAfter.set(page, Math.round((Date.now() - brokenAt) / 1000))
  }
  if (expected.length > 0)
    await eventually(PAGE_SECONDS, async () => {
      await watch()
      return expected.every((page) => arrivedAfter.has(page)) ? true : undefined
    })
  await sleep((expected.length > 0 ? QUIET_SECONDS : NO_PAGE_SECONDS) * 1000)
  await watch()
  const seen = fault.probe && (await eventually(60, () => probed(stack, fault.probe, brokenAt)))
  const burnt = name === 'slo-service-down' ? [] : await burning(stack, badBefore)
  const tickets = await openTickets(stack)

  const healed = await stack.plimsoll('heal')
  expect(healed, healed.err).toMatchObject({ code: 0, out: `healed: ${name}\n` })
  await eventually(90, async () => ((await failing(stack)).length === 0 ? true : undefined))
  await eventually(60, () => agree(stack))

  rows.push({
    fault: name,
    probe: seen
      ? `${seen.flow} ${seen.verdict} ${seen.reason} ${seen.failedStep ?? ''}`.trim()
      : 'notices nothing',
    pages: [...arrivedAfter].map(([page, seconds]) => `${page} after ${seconds} s`).join(', ') || 'none',
    tickets: tickets.join(', ') || 'none',
    burnt: burnt.join(', ') || 'none',
  })
  expect([...arrivedAfter.keys()].sort(), 'pages').toEqual(expected.sort())
  expect(fault.burns, 'SLOs with bad events').toEqual(expect.arrayContaining(burnt))
  expect(burnt, 'SLOs with bad events').toEqual(expect.arrayContaining(fault.pages.map(({ slo }) => slo)))
  const slosWithTickets = [...new Set(tickets.map((ticket) => ticket.split(' ')[0]))]
  expect(fault.tickets, 'SLOs with tickets').toEqual(expect.arrayContaining(slosWithTickets))
}

/** Every probe has run well, and half a minute more of users' traffic has been counted. */
async function settle(stack: LocalStack): Promise<void> {
  await eventually(120, async () => {
    const well = (await runs(stack)).filter(({ verdict }) => verdict === 'ok')
    const probes = new Set(well.map(({ flow, vantage, region }) => `${flow} ${vantage} ${region}`))
    // Push-pull and integrity from two vantages to two regions, and replication both ways.
    return probes.size === 10 ? true : undefined
  })
  await sleep(30_000)
}

async function runs(stack: LocalStack): Promise<ProbeResult[]> {
  const each = PROBERS.map((prober) =>
    stack.getJson<{ runs: ProbeResult[] }>(prober, '/runs').catch(() => ({ runs: [] })),
  )
  return (await Promise.all(each)).flatMap((one) => one.runs)
}

/** `slo region` of every trigger. */
async function pages(stack: LocalStack): Promise<string[]> {
  const events = await stack.getJson<PagerDutyEvent[]>(PAGERDUTY, '/events')
  return events.flatMap(({ event_action, payload }) =>
    event_action === 'trigger' && payload ? [`${payload.class} ${payload.group}`] : [],
  )
}

async function openTickets(stack: LocalStack): Promise<string[]> {
  const webhooks = await stack.getJson<Webhook[]>(PAGERDUTY, '/tickets')
  const named = webhooks.flatMap(({ alerts }) =>
    alerts.map(({ labels }) => `${labels.slo} ${labels.region} ${labels.alertname}`),
  )
  return [...new Set(named)].sort()
}

/** Bad events so far. A first request on a busy machine may have been slow before anything was broken. */
async function badEvents(stack: LocalStack): Promise<Map<string, number>> {
  const { slos } = await stack.getJson<{ slos: SloAnswer[] }>(CONSOLE, '/api/v1/slos')
  return new Map(slos.map(({ slo, budget }) => [slo, budget?.bad ?? 0]))
}

async function burning(stack: LocalStack, before: Map<string, number>): Promise<string[]> {
  return [...(await badEvents(stack))]
    .filter(([slo, bad]) => bad > (before.get(slo) ?? 0))
    .map(([slo]) => slo)
}

/** A run that ended after the fault and says what the table says. */
async function probed(stack: LocalStack, said: FaultPlan['probe'], since: number) {
  return (await runs(stack)).find(
    (run) =>
      run.startedAt * 1000 > since &&
      run.flow === said?.flow &&
      run.region === said.region &&
      run.verdict === said.verdict &&
      run.reason === said.reason &&
      (said.step === undefined || run.failedStep === said.step),
  )
}

/** Probes whose newest run is not ok. */
async function failing(stack: LocalStack): Promise<string[]> {
  const newest = new Map<string, ProbeResult>()
  for (const run of await runs(stack)) {
    const probe = `${run.flow} ${run.vantage} ${run.region}`
    if ((newest.get(probe)?.endedAt ?? 0) < run.endedAt) newest.set(probe, run)
  }
  return [...newest].filter(([, { verdict }]) => verdict !== 'ok').map(([probe]) => probe)
}

/** Nothing was lost or counted twice: the ledger has exactly what both probers counted. */
async function agree(stack: LocalStack): Promise<true | undefined> {
  const texts = await Promise.all(PROBERS.map(async (at) => (await fetch(stack.url(at, '/metrics'))).text()))
  const series = /^plimsoll_probe_attempts_total\{.*flow="push-pull".*verdict="(ok|target_fail)".*\} (\d+)$/gm
  const counted = { ok: 0, target_fail: 0 }
  for (const text of texts)
    for (const [, verdict, count] of text.matchAll(series))
      counted[verdict as keyof typeof counted] += Number(count)
  type Counts = { budget: { good: number; bad: number } | null }
  const { budget } = await stack.getJson<Counts>(CONSOLE, '/api/v1/slos/registry-push-pull')
  return budget?.good === counted.ok && budget.bad === counted.target_fail ? true : undefined
}
