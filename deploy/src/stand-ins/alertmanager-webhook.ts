/** What Alertmanager sends to a webhook receiver, version 4. Source: Prometheus documentation, "webhook_config". */
import { z } from 'zod'

/** A group of many alerts with their annotations; more than Alertmanager sends from one machine. Bytes. */
export const WEBHOOK_MAX_BYTES = 1_048_576

const texts = z.record(z.string(), z.string())
const status = z.enum(['firing', 'resolved'])
const time = z.iso.datetime({ offset: true })

export const webhookSchema = z.object({
  version: z.literal('4'),
  groupKey: z.string().min(1),
  truncatedAlerts: z.number().int().min(0).default(0),
  status,
  receiver: z.string().min(1),
  groupLabels: texts,
  commonLabels: texts,
  commonAnnotations: texts,
  externalURL: z.string(),
  alerts: z
    .array(
      z.object({
        status,
        labels: texts,
        annotations: texts,
        startsAt: time,
        endsAt: time,
        generatorURL: z.string(),
        fingerprint: z.string().min(1),
      }),
    )
    .min(1),
})
type Webhook = z.infer<typeof webhookSchema>
export type ReceivedWebhook = Webhook & { received_at: string }
