import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { served, silent, temporaryFolder } from '../process/test-parts.ts'
import resolve from './fixtures/alertmanager-0.25-resolve.json' with { type: 'json' }
import trigger from './fixtures/alertmanager-0.25-trigger.json' with { type: 'json' }
import { pagerDutyApp } from './pagerduty-app.ts'
import { EVENT_MAX_BYTES } from './pagerduty-event.ts'

const NOW = '2026-11-24T10:00:00.000Z'

function standIn(stateFolder = temporaryFolder()): Promise<string> {
  return served(pagerDutyApp({ stateFolder, log: silent, now: () => new Date(NOW) }))
}

function post(url: string, body: unknown): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: text })
}

const json = async (url: string) => (await fetch(url)).json()

test('what a real Alertmanager sent is processed: one incident, opened and resolved', async () => {
  const origin = await standIn()
  const answer = await post(`${origin}/v2/enqueue`, trigger)
  expect(answer.status).toBe(202)
  expect(await answer.json()).toEqual({
    status: 'success',
    message: 'Event processed',
    dedup_key: trigger.dedup_key,
  })
  expect(await json(`${origin}/incidents`)).toMatchObject([{ status: 'triggered', severity: 'critical' }])
  await post(`${origin}/v2/enqueue`, resolve)
  expect(await json(`${origin}/incidents`)).toMatchObject([
    { status: 'resolved', dedup_key: trigger.dedup_key },
  ])
})

test('events are given back as received, with their time and without their routing key', async () => {
  const folder = temporaryFolder()
  const origin = await standIn(folder)
  await post(`${origin}/v2/enqueue`, trigger)
  expect(await json(`${origin}/events`)).toEqual([{ ...trigger, routing_key: 'redacted', received_at: NOW }])
  for (const file of readdirSync(folder)) {
    expect(readFileSync(join(folder, file), 'utf8')).not.toContain(trigger.routing_key)
  }
})

test('a trigger without dedup key is given one', async () => {
  const origin = await standIn()
  const { dedup_key: _, ...event } = trigger
  const answer = (await (await post(`${origin}/v2/enqueue`, event)).json()) as { dedup_key: string }
  expect(answer.dedup_key).toMatch(/^[0-9a-f]{32}$/)
  expect(await json(`${origin}/events`)).toMatchObject([{ dedup_key: answer.dedup_key }])
})

test('events outlive a restart', async () => {
  const folder = temporaryFolder()
  await post(`${await standIn(folder)}/v2/enqueue`, trigger)
  expect(await json(`${await standIn(folder)}/incidents`)).toHaveLength(1)
})

test('an invalid event is refused in the form of PagerDuty and not kept', async () => {
  const origin = await standIn()
  const answer = await post(`${origin}/v2/enqueue`, { ...trigger, routing_key: 'short' })
  expect(answer.status).toBe(400)
  expect(await answer.json()).toEqual({
    status: 'invalid event',
    message: 'Event object is invalid',
    errors: ["Length of 'routing_key' is incorrect (should be 32 characters)"],
  })
  expect(await json(`${origin}/events`)).toEqual([])
})

const unreadable = [
  { name: 'no JSON', status: 400, body: '{' },
  { name: 'more than 512 KB', status: 413, body: JSON.stringify(trigger).padEnd(EVENT_MAX_BYTES + 1) },
]
for (const { name, status, body } of unreadable) {
  test(`a body that is ${name} is answered ${status}`, async () => {
    const answer = await post(`${await standIn()}/v2/enqueue`, body)
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ status: 'invalid event' })
  })
}

test('when told to it answers 429 so many times, and then takes the event', async () => {
  const origin = await standIn()
  const headers = { 'content-type': 'application/json' }
  await fetch(`${origin}/throttle`, { method: 'PUT', headers, body: '{"requests":1}' })
  expect((await post(`${origin}/v2/enqueue`, trigger)).status).toBe(429)
  expect((await post(`${origin}/v2/enqueue`, trigger)).status).toBe(202)
})

/** Source: Prometheus documentation, "webhook_config", example values ours. */
const webhook = {
  version: '4',
  groupKey: '{}:{alertname="Watchdog"}',
  truncatedAlerts: 0,
  status: 'firing',
  receiver: 'deadman',
  groupLabels: { alertname: 'Watchdog' },
  commonLabels: { alertname: 'Watchdog' },
  commonAnnotations: { summary: 'The alerting pipeline <works>' },
  externalURL: 'http://127.0.0.1:9093',
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'Watchdog' },
      annotations: { summary: 'The alerting pipeline <works>' },
      startsAt: '2026-11-24T09:00:00.123Z',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'http://127.0.0.1:9090/graph',
      fingerprint: '7c2b1b7e4b1d0f5a',
    },
  ],
}

for (const path of ['/tickets', '/deadman']) {
  test(`${path} takes Alertmanager's webhook and gives it back`, async () => {
    const origin = await standIn()
    expect((await post(origin + path, webhook)).status).toBe(202)
    expect(await json(origin + path)).toEqual([{ ...webhook, received_at: NOW }])
    expect((await post(origin + path, { ...webhook, version: '3' })).status).toBe(400)
  })
}

test('the page shows what came, and no text of an alert becomes markup', async () => {
  const origin = await standIn()
  const summary = '<img src=x> pull burns'
  await post(`${origin}/v2/enqueue`, { ...trigger, payload: { ...trigger.payload, summary } })
  await post(`${origin}/tickets`, webhook)
  const html = await (await fetch(origin)).text()
  expect(html).toContain('&#60;img src=x&#62; pull burns')
  expect(html).toContain('The alerting pipeline &#60;works&#62;')
  expect(html).not.toContain('<img')
})
