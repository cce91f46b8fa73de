/**
 * What the ledger holds and how it is asked, whatever stores it. Counts are integers of good and total (valid)
 * events; bad = total − good. Minutes are UTC, in Unix seconds.
 */
import type { ProbeResult } from '@plimsoll/instrumentation/envelope'
import type { Decimal } from '../plan/types.ts'
import type { Tier } from './time.ts'

export type Counts = { good: number; total: number }

/** Sums of cells. */
export type CellSum = Counts & {
  /** Minutes in which the source reported. */
  seenMinutes: number
  /** Seen minutes that also hold events of unseen minutes before them: exact in total, not by minute. */
  smearedMinutes: number
  /** Seen minutes in which a counter restarted or turned up with a past: what no scrape saw is missing. */
  brokenMinutes: number
}

/** To be added to one cell. A delta of 0 and 0 says that the minute was seen. May be negative: a correction. */
export type CellDelta = Counts & {
  slo: string
  region: string
  minute: number
  smeared?: boolean
  broken?: boolean
}

export type Revision = {
  slo: string
  /** Hash of the promise: indicator, target, window. */
  revision: string
  target: Decimal
  /** Unix seconds, a whole minute. */
  effectiveFrom: number
}

/** A promise as the plan states it. The date is Unix seconds, a whole minute, and may lie ahead. */
export type Promised = Omit<Revision, 'effectiveFrom'> & { effectiveFromSeconds?: number | undefined }

/** The last sample of a raw counter series that is in the counts. */
export type Cursor = { series: string; timestampMs: number; value: number }

/** Applied whole or not at all. */
export type Batch = {
  deltas: CellDelta[]
  /** Who sent it, exactly once: applied only if this key was never applied. */
  envelope?: { producer: string; epoch: number; sequence: number }
  probeRuns?: ProbeResult[]
  /** Where a reader of Prometheus stands after these deltas. `expectedReadTo` is where it stood before. */
  position?: { slo: string; expectedReadTo: number | undefined; readTo: number; cursors: Cursor[] }
}

/** `stale`: another reader has moved the position since it was read; nothing was applied. */
export type Applied = { status: 'applied' | 'duplicate' | 'stale'; quarantined: number }

export type ProbeRunFilter = {
  flow?: string
  vantage?: string
  region?: string
  verdict?: string
  /** Runs that ended then or later, Unix seconds. */
  since?: number
  limit: number
}

/** Who asked whom what. */
export type ProbePair = { flow: string; vantage: string; region: string }

/**
 * Slices of time instead of events: each slice with a valid event is good when at least `goodRatio` of its events were;
 * without `goodRatio` it is as bad as its share of bad events. A slice without an event is neither good nor bad.
 */
export type TimeSlices = { seconds: number; goodRatio?: Decimal | undefined }

/** Which counts are summed. */
export type Selection = { region?: string | undefined; timeSlices?: TimeSlices | undefined }

/** What outlives its tier's retention. */
export type Keep = {
  /** SLOs whose minutes are kept as long as hours: their time slices are derived from minutes. */
  minutesOf: string[]
  /** Edges of windows, Unix seconds: the slices that one cuts stay, so that the window stays exact. */
  edges: number[]
}

/** Asynchronous, so that a store across a network can be one. */
export type Ledger = {
  /**
   * Starts a revision for each promise that differs from the SLO's latest one, when it says or at `nowSeconds`.
   * Returns the SLOs whose date was refused (see `revise`).
   */
  promise(promises: Promised[], nowSeconds: number): Promise<string[]>
  /** Oldest first. */
  revisions(slo: string): Promise<Revision[]>
  apply(batch: Batch, nowSeconds: number): Promise<Applied>
  /**
   * Sums over [from, to), whole minutes, by region. A region without any cell there is absent. With time slices, both
   * edges move down to the start of a slice, and counts are slices in units of `sliceUnit`.
   */
  read(slo: string, from: number, to: number, timeSlices?: TimeSlices): Promise<Map<string, CellSum>>
  /** Sums by slice of a tier, oldest first; slices without a cell are absent. `from` is a slice's start. */
  slices(slo: string, tier: Tier, from: number, to: number, selection?: Selection): Promise<Slice[]>
  /** The newest minute that was seen, by region. */
  lastSeen(slo: string): Promise<Map<string, number>>
  position(slo: string): Promise<{ readTo: number; cursors: Cursor[] } | undefined>
  /** Newest first. */
  probeRuns(filter: ProbeRunFilter): Promise<ProbeResult[]>
  probeRun(runId: string): Promise<ProbeResult | undefined>
  /** Every pair that has a run. */
  probePairs(): Promise<ProbePair[]>
  health(): Promise<LedgerHealth>
  /** Drops what is past its retention. */
  prune(nowSeconds: number, keep?: Keep): Promise<void>
  close(): Promise<void>
}

export type Slice = CellSum & { start: number }

export type LedgerHealth = {
  /** Envelopes that senders numbered and that never came. */
  missingEnvelopes: number
  quarantinedCells: number
}
