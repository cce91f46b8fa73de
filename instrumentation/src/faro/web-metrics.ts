/** Metrics of browsers, in prom-client's default register. One set per process, whoever receives. */
import { Counter, Histogram } from 'prom-client'
import {
  LABEL,
  UNMATCHED_ROUTE,
  WEB_BATCHES,
  WEB_EXCEPTIONS,
  WEB_VITALS,
  type WebVital,
} from '../vocabulary.ts'

/** What became of a batch. */
export const OUTCOMES = [
  'accepted',
  'duplicate', // sent again: counted once
  'bot', // accepted, and not counted
  'rate_limited',
  'too_large',
  'malformed',
] as const
export type BatchOutcome = (typeof OUTCOMES)[number]

const labelNames = [LABEL.serviceName, LABEL.route] as const

const vitals = new Map(
  Object.entries(WEB_VITALS).map(([vital, { name, buckets }]) => [
    vital,
    new Histogram({ name, help: `${vital.toUpperCase()} of page views`, labelNames, buckets: [...buckets] }),
  ]),
)
const exceptions = new Counter({
  name: WEB_EXCEPTIONS,
  help: 'Exceptions in pages, as browsers report them',
  labelNames: [...labelNames, LABEL.errorType],
})
const batches = new Counter({
  name: WEB_BATCHES,
  help: 'Batches that browsers sent',
  labelNames: [LABEL.serviceName, 'outcome'],
})

/** Every series of an app at 0, so that the first view of a page is an increase, and no view is not "unknown". */
export function announceApp(service: string, pages: readonly string[]): void {
  for (const page of [...pages, UNMATCHED_ROUTE]) {
    const labels = { [LABEL.serviceName]: service, [LABEL.route]: page }
    for (const histogram of vitals.values()) histogram.zero(labels)
  }
  for (const outcome of OUTCOMES) batches.inc({ [LABEL.serviceName]: service, outcome }, 0)
}

export function countVital(service: string, page: string, vital: WebVital, value: number): void {
  vitals.get(vital)?.observe({ [LABEL.serviceName]: service, [LABEL.route]: page }, value)
}

export function countException(service: string, page: string, type: string): void {
  exceptions.inc({ [LABEL.serviceName]: service, [LABEL.route]: page, [LABEL.errorType]: type })
}

export function countBatch(service: string, outcome: BatchOutcome): void {
  batches.inc({ [LABEL.serviceName]: service, outcome })
}
