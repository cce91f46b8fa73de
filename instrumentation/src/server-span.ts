/**
 * One SERVER span per request, with OTel's HTTP semantic conventions. The SDK's sampler decides first: an unsampled
 * request costs an id and a context, and app code still finds a valid traceparent to pass on.
 * Never on the span: the query string (it carries tokens and signatures) and exception messages.
 */
import type { IncomingMessage } from 'node:http'
import {
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_SERVER_ADDRESS,
  ATTR_USER_AGENT_ORIGINAL,
} from '@opentelemetry/semantic-conventions'
import type { Outcome } from './red-meter.ts'
import { KNOWN_METHODS, OTHER_METHOD, UNMATCHED_ROUTE } from './vocabulary.ts'

export type ServerSpan = { span: Span; context: Context }

const tracer = trace.getTracer('@plimsoll/instrumentation')
const KNOWN: ReadonlySet<string> = new Set(KNOWN_METHODS)

export function startServerSpan(request: IncomingMessage): ServerSpan {
  const method = request.method ?? ''
  const known = KNOWN.has(method)
  const parent = propagation.extract(context.active(), request.headers)
  const span = tracer.startSpan(
    known ? method : 'HTTP',
    {
      kind: SpanKind.SERVER,
      // What a sampler may decide by. Names in full: computed keys cost a third of the hot path (measured).
      attributes: {
        'http.request.method': known ? method : OTHER_METHOD,
        'url.path': pathname(request.url),
        'url.scheme': 'encrypted' in request.socket ? 'https' : 'http',
      },
    },
    parent,
  )
  if (span.isRecording()) {
    span.setAttribute(ATTR_NETWORK_PROTOCOL_VERSION, request.httpVersion)
    const { host, 'user-agent': userAgent } = request.headers
    if (host) span.setAttribute(ATTR_SERVER_ADDRESS, host.replace(/:\d+$/, ''))
    if (userAgent) span.setAttribute(ATTR_USER_AGENT_ORIGINAL, userAgent.slice(0, 256))
    if (!known) span.setAttribute(ATTR_HTTP_REQUEST_METHOD_ORIGINAL, method)
  }
  return { span, context: trace.setSpan(parent, span) }
}

export function endServerSpan({ span }: ServerSpan, template: string, outcome: Outcome): void {
  if (span.isRecording()) {
    if (template !== UNMATCHED_ROUTE) {
      span.setAttribute(ATTR_HTTP_ROUTE, template)
      span.updateName(`${KNOWN.has(outcome.method) ? outcome.method : 'HTTP'} ${template}`)
    }
    span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, outcome.statusCode)
    if (outcome.errorType !== '') span.setAttribute(ATTR_ERROR_TYPE, outcome.errorType)
    if (outcome.synthetic) span.setAttribute('plimsoll.synthetic', true)
    // OTel: a server span is an error from 500 on; a 4xx is the client's.
    if (outcome.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end()
}

/** The trace id for an exemplar: only a sampled trace can be looked up. */
export function sampledTraceId({ span }: ServerSpan): string | undefined {
  const { traceId, traceFlags } = span.spanContext()
  return (traceFlags & 1) === 1 ? traceId : undefined
}

function pathname(url = '/'): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}
