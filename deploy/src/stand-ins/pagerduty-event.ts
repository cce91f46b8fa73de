/**
 * The PagerDuty Events API v2, as far as an alerting system sees it: what an event may be, what is answered, and what
 * an incident is afterwards. Source: PagerDuty developer documentation, "Send an alert event".
 * Stricter in one point: a field that PagerDuty does not know is refused, so that a misspelt one is found here.
 */
import { z } from 'zod'

/** Largest event, bytes: 512 KB. */
export const EVENT_MAX_BYTES = 512 * 1024

const SEVERITIES = ['critical', 'error', 'warning', 'info'] as const

/** PagerDuty's own wording for a key of another length. */
const ROUTING_KEY_FAULT = "Length of 'routing_key' is incorrect (should be 32 characters)"
const webUrl = z.url({ protocol: /^https?$/ })

/** ISO 8601 as PagerDuty's own examples write it, offset without colon: `2015-07-17T08:42:58.315+0000`. */
const isoTime = z
  .string()
  .refine(
    (text) => /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text)),
    'Invalid ISO 8601 time',
  )

const payloadSchema = z.strictObject({
  summary: z.string().min(1).max(1024),
  source: z.string().min(1),
  severity: z.enum(SEVERITIES),
  timestamp: isoTime.optional(),
  component: z.string().optional(),
  group: z.string().optional(),
  class: z.string().optional(),
  custom_details: z.record(z.string(), z.unknown()).optional(),
})

const common = {
  routing_key: z.string().length(32, ROUTING_KEY_FAULT),
  client: z.string().optional(),
  client_url: webUrl.optional(),
  images: z
    .array(z.strictObject({ src: webUrl, href: webUrl.optional(), alt: z.string().optional() }))
    .optional(),
  links: z.array(z.strictObject({ href: webUrl, text: z.string().optional() })).optional(),
}
const dedupKey = z.string().min(1).max(255)

export const pagerDutyEventSchema = z.discriminatedUnion('event_action', [
  z.strictObject({
    ...common,
    event_action: z.literal('trigger'),
    dedup_key: dedupKey.optional(),
    payload: payloadSchema,
  }),
  ...(['acknowledge', 'resolve'] as const).map((action) =>
    z.strictObject({
      ...common,
      event_action: z.literal(action),
      dedup_key: dedupKey,
      payload: payloadSchema.partial().optional(),
    }),
  ),
])
export type PagerDutyEvent = z.infer<typeof pagerDutyEventSchema>

/** An event as it is kept: its key redacted, and always with a dedup key. */
export type ReceivedEvent = PagerDutyEvent & { dedup_key: string; received_at: string }

export type Answer = { status: string; message: string; errors?: string[]; dedup_key?: string }

export const processed = (dedupKey: string): Answer => ({
  status: 'success',
  message: 'Event processed',
  dedup_key: dedupKey,
})

export const invalid = (errors: string[]): Answer => ({
  status: 'invalid event',
  message: 'Event object is invalid',
  errors,
})

export const throttled: Answer = {
  status: 'throttle exceeded',
  message: 'Requests for this service are arriving too quickly. Please retry later.',
}

/** One line for each fault: `'payload.severity': Invalid option …`. */
export function describeEventFaults(error: z.ZodError): string[] {
  return error.issues.map(({ path, message }) =>
    message === ROUTING_KEY_FAULT ? message : `'${path.join('.') || 'event'}': ${message}`,
  )
}

export type Incident = {
  dedup_key: string
  status: 'triggered' | 'acknowledged' | 'resolved'
  summary: string
  severity: (typeof SEVERITIES)[number]
  source: string
  /** Times are when an event arrived, ISO 8601. */
  triggered_at: string
  last_event_at: string
  resolved_at?: string
  /** Trigger events so far: the first opens the incident, those after it only add to it. */
  triggers: number
}

/**
 * Incidents in the order in which they opened. A trigger opens one unless its dedup key has one open;
 * an acknowledgement or resolution without an open incident is of no effect.
 */
export function incidents(events: readonly ReceivedEvent[]): Incident[] {
  const all: Incident[] = []
  const open = new Map<string, Incident>()
  for (const event of events) {
    const incident = open.get(event.dedup_key)
    if (incident) {
      apply(incident, event)
      if (incident.status === 'resolved') open.delete(event.dedup_key)
    } else if (event.event_action === 'trigger') {
      const opened = newIncident(event)
      all.push(opened)
      open.set(event.dedup_key, opened)
    }
  }
  return all
}

function newIncident(event: ReceivedEvent & { event_action: 'trigger' }): Incident {
  const { summary, severity, source } = event.payload
  const at = event.received_at
  return {
    dedup_key: event.dedup_key,
    status: 'triggered',
    summary,
    severity,
    source,
    triggered_at: at,
    last_event_at: at,
    triggers: 1,
  }
}

function apply(incident: Incident, event: ReceivedEvent): void {
  incident.last_event_at = event.received_at
  switch (event.event_action) {
    case 'trigger':
      incident.triggers++
      return
    case 'acknowledge':
      incident.status = 'acknowledged'
      return
    case 'resolve':
      incident.status = 'resolved'
      incident.resolved_at = event.received_at
  }
}
