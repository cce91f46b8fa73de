/** The trace of one run, in W3C Trace Context. With an OpenTelemetry SDK loaded the run is a root span of it. */
import { randomBytes } from 'node:crypto'
import { context, isSpanContextValid, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import type { ProbeResult } from '@plimsoll/instrumentation/envelope'

export type RunTrace = {
  traceId: string
  traceparent: string
  /** Runs `work` with the span as the parent of whatever else is instrumented. */
  within<T>(work: () => Promise<T>): Promise<T>
  end(result: ProbeResult): void
}

export function startTrace(flow: string): RunTrace {
  const span = trace.getTracer('@plimsoll/synthetic').startSpan(`probe ${flow}`, { root: true })
  const { traceId, spanId, traceFlags } = spanContext(span)
  return {
    traceId,
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    within: (work) => context.with(trace.setSpan(context.active(), span), work),
    end(result) {
      span.setAttributes({
        'plimsoll.probe.flow': result.flow,
        'plimsoll.probe.vantage': result.vantage,
        'plimsoll.probe.region': result.region,
        'plimsoll.probe.verdict': result.verdict,
        ...(result.reason ? { 'plimsoll.probe.reason': result.reason } : {}),
        ...(result.failedStep ? { 'plimsoll.probe.step': result.failedStep } : {}),
      })
      if (result.message) span.setStatus({ code: SpanStatusCode.ERROR, message: result.message })
      span.end()
    },
  }
}

/** Without an SDK spans have no ids; the trace is then only the registry's, and its id is ours. */
function spanContext(span: Span) {
  const own = span.spanContext()
  if (isSpanContextValid(own)) return own
  return { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex'), traceFlags: 1 }
}
