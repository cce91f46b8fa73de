import { expect, test } from 'vitest'
import trigger from './fixtures/alertmanager-0.25-trigger.json' with { type: 'json' }
import {
  describeEventFaults,
  incidents,
  type PagerDutyEvent,
  pagerDutyEventSchema,
  type ReceivedEvent,
} from './pagerduty-event.ts'

/** Source: PagerDuty developer documentation, the example of "Send an alert event", shortened. */
const documented = {
  payload: {
    summary: 'DISK at 99% on machine prod-datapipe03.example.com',
    timestamp: '2015-07-17T08:42:58.315+0000',
    severity: 'critical',
    source: 'prod-datapipe03.example.com',
    component: 'mysql',
    group: 'prod-datapipe',
    class: 'disk',
    custom_details: { 'free space': '1%', 'ping time': '1500ms', 'load avg': 0.75 },
  },
  routing_key: 'samplekeyheresamplekeyheresample',
  dedup_key: 'samplekeyhere',
  event_action: 'trigger',
  client: 'Sample Monitoring Service',
  client_url: 'https://monitoring.service.com',
  links: [{ href: 'http://pagerduty.example.com', text: 'An example link.' }],
  images: [
    { src: 'https://chart.googleapis.com/chart?cht=lc', href: 'https://google.com', alt: 'An example link' },
  ],
}

test("PagerDuty's own example is a valid event", () => {
  expect(pagerDutyEventSchema.parse(documented)).toEqual(documented)
})

const refused: { name: string; event: unknown; faults: string[] }[] = [
  {
    name: 'a routing key of another length',
    event: { ...trigger, routing_key: 'short' },
    faults: ["Length of 'routing_key' is incorrect (should be 32 characters)"],
  },
  {
    name: 'an action that is none',
    event: { ...trigger, event_action: 'open' },
    faults: ["'event_action': Invalid discriminator value. Expected 'trigger' | 'acknowledge' | 'resolve'"],
  },
  {
    name: 'a trigger without payload',
    event: { ...trigger, payload: undefined },
    faults: ["'payload': Invalid input: expected object, received undefined"],
  },
  {
    name: 'a summary over 1024 characters',
    event: { ...trigger, payload: { ...trigger.payload, summary: 'x'.repeat(1025) } },
    faults: ["'payload.summary': Too big: expected string to have <=1024 characters"],
  },
  {
    name: 'a severity of another system',
    event: { ...trigger, payload: { ...trigger.payload, severity: 'page' } },
    faults: [`'payload.severity': Invalid option: expected one of "critical"|"error"|"warning"|"info"`],
  },
  {
    name: 'a dedup key over 255 characters',
    event: { ...trigger, dedup_key: 'x'.repeat(256) },
    faults: ["'dedup_key': Too big: expected string to have <=255 characters"],
  },
  {
    name: 'a resolution without dedup key',
    event: { ...trigger, event_action: 'resolve', dedup_key: undefined },
    faults: ["'dedup_key': Invalid input: expected string, received undefined"],
  },
  {
    name: 'a link that is no URL',
    event: { ...trigger, links: [{ href: 'runbook', text: 'Runbook' }] },
    faults: ["'links.0.href': Invalid URL"],
  },
  {
    name: 'a time that is none',
    event: { ...trigger, payload: { ...trigger.payload, timestamp: 'now' } },
    faults: ["'payload.timestamp': Invalid ISO 8601 time"],
  },
  {
    name: 'a misspelt field',
    event: { ...trigger, dedupKey: 'x' },
    faults: [`'event': Unrecognized key: "dedupKey"`],
  },
]
for (const { name, event, faults } of refused) {
  test(`${name} is refused`, () => {
    const parsed = pagerDutyEventSchema.safeParse(event)
    expect(parsed.error && describeEventFaults(parsed.error)).toEqual(faults)
  })
}

/** Events of one dedup key, a minute apart. */
function received(...actions: PagerDutyEvent['event_action'][]): ReceivedEvent[] {
  return actions.map((event_action, minute) => ({
    ...pagerDutyEventSchema.parse({ ...trigger, event_action }),
    dedup_key: 'k',
    received_at: `2026-11-24T10:0${minute}:00.000Z`,
  }))
}
const statuses = (...actions: PagerDutyEvent['event_action'][]) =>
  incidents(received(...actions)).map(({ status, triggers }) => `${status} after ${triggers}`)

test('a trigger opens an incident and one more only adds to it', () => {
  expect(statuses('trigger', 'trigger')).toEqual(['triggered after 2'])
})

test('a resolution closes it, and the next trigger opens another', () => {
  expect(statuses('trigger', 'acknowledge', 'resolve', 'trigger')).toEqual([
    'resolved after 1',
    'triggered after 1',
  ])
  expect(incidents(received('trigger', 'resolve'))[0]).toMatchObject({
    triggered_at: '2026-11-24T10:00:00.000Z',
    resolved_at: '2026-11-24T10:01:00.000Z',
  })
})

test('without an open incident neither acknowledgement nor resolution has an effect', () => {
  expect(statuses('acknowledge', 'resolve')).toEqual([])
})
