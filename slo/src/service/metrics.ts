/** The service's own metrics. One set per process, in prom-client's registry, which `/metrics` serves. */
import { Counter, Gauge } from 'prom-client'

export const metrics = {
  readings: new Counter({
    name: 'plimsoll_ledger_readings_total',
    help: 'Rounds of reading Prometheus into the ledger, by outcome',
    labelNames: ['outcome'] as const, // ok | failed
  }),
  readTo: new Gauge({
    name: 'plimsoll_ledger_source_read_to_timestamp_seconds',
    help: 'Up to when Prometheus has been read for every SLO; its lag is time() minus this',
  }),
  envelopes: new Counter({
    name: 'plimsoll_ledger_envelopes_total',
    help: 'Envelopes received, by outcome',
    labelNames: ['outcome'] as const, // applied | duplicate | unauthorized | invalid
  }),
  quarantined: new Counter({
    name: 'plimsoll_ledger_quarantined_total',
    help: 'Counts kept aside because their minute was in the future',
  }),
  refused: new Counter({
    name: 'plimsoll_ledger_refused_total',
    help: 'Counts refused because the SLO counts from another source',
  }),
  missingEnvelopes: new Gauge({
    name: 'plimsoll_ledger_missing_envelopes',
    help: 'Envelopes that senders numbered and that never came',
  }),
}
for (const outcome of ['ok', 'failed'] as const) metrics.readings.inc({ outcome }, 0)
for (const outcome of ['applied', 'duplicate', 'unauthorized', 'invalid'] as const)
  metrics.envelopes.inc({ outcome }, 0)
