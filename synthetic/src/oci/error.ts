/** What can go wrong in one exchange with a registry, as data that a verdict can be read from. */
import type { Step } from '../steps.ts'
import { type Digest, formatDigest } from './digest.ts'

export type Failure =
  /** Node's error code, before an answer was complete. */
  | { kind: 'network'; code: string }
  /** An answer with another status than the step expects; `ociCode` as in the distribution-spec's error codes. */
  | { kind: 'status'; status: number; expected: string; ociCode?: string }
  | { kind: 'digest'; expected: Digest; saw: string }
  /** `expectedBytes` is absent when nobody said how long the body is. */
  | { kind: 'truncated'; receivedBytes: number; expectedBytes?: number }
  | { kind: 'protocol'; saw: string; expected: string }
  | { kind: 'still-present' }
  | { kind: 'not-replicated'; afterSeconds: number }
  | { kind: 'deadline' }
  | { kind: 'cancelled' }

/** The registry that a run is about, or the one that a copy should come from. */
export type Side = 'target' | 'source'

/** A failed exchange. The message has no query, no credential and no free text that the server wrote. */
export class OciError extends Error {
  override readonly name = 'OciError'
  readonly step: Step
  readonly failure: Failure
  readonly side: Side

  constructor(step: Step, method: string, url: URL, failure: Failure, side: Side = 'target') {
    super(
      `${side === 'source' ? 'at the source, ' : ''}${step}: ${method} ${redactUrl(url)}: ${describe(failure)}`,
    )
    this.step = step
    this.failure = failure
    this.side = side
  }
}

/** Origin and path: a query may hold upload state or a signature. */
export function redactUrl(url: URL): string {
  return `${url.origin}${url.pathname}`
}

/** The first error code of an OCI error body, if it is one. Only the shape of the specified codes gets through. */
export function ociCodeOf(body: Buffer): string | undefined {
  const [, code] = /"code"\s*:\s*"([A-Z_]{1,40})"/.exec(body.toString('latin1')) ?? []
  return code
}

function describe(failure: Failure): string {
  switch (failure.kind) {
    case 'network':
      return `saw ${failure.code}, expected an answer`
    case 'status':
      return `saw ${failure.status}${failure.ociCode ? ` ${failure.ociCode}` : ''}, expected ${failure.expected}`
    case 'digest':
      return `saw a body of ${failure.saw}, expected ${formatDigest(failure.expected)}`
    case 'truncated':
      return `saw the body end after ${failure.receivedBytes} bytes, expected ${failure.expectedBytes ?? 'more'}`
    case 'protocol':
      return `saw ${failure.saw}, expected ${failure.expected}`
    case 'still-present':
      return 'saw the deleted manifest, expected 404'
    case 'not-replicated':
      return `saw no copy ${failure.afterSeconds.toFixed(1)} s after the source took the push`
    case 'deadline':
      return 'saw no complete answer before the deadline'
    case 'cancelled':
      return 'cancelled: the prober stops'
  }
}
