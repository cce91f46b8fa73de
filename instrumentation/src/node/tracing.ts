/**
 * The OpenTelemetry SDK, for spans only. Everything standard (endpoint, headers, sampler, batch sizes,
 * propagators) is read from OTEL_* by the SDK itself; a trouble of it is said once and never reaches a request.
 */
import { randomUUID } from 'node:crypto'
import { DiagLogLevel, diag, type ProxyTracerProvider, trace } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'
import type { Settings } from '../settings.ts'
import { warnOnce } from '../warn.ts'
import { createDetachedExporter } from './detached-exporter.ts'
import { flushAtEnd } from './flush-at-end.ts'

export function startTracing(settings: Settings, env: NodeJS.ProcessEnv): void {
  if (env.OTEL_LOG_LEVEL === undefined) diag.setLogger(onceLogger, { logLevel: DiagLogLevel.ERROR })
  const attributes = { 'service.instance.id': randomUUID(), ...settings.resourceAttributes }
  const exporter = usesOtlpJson(env) ? createDetachedExporter(env) : undefined
  new NodeSDK({
    // The SDK's process detector would put the command line, and what is secret in it, on every span.
    resourceDetectors: [{ detect: () => ({ attributes }) }],
    metricReaders: [],
    logRecordProcessors: [],
    ...(exporter ? { traceExporter: exporter } : {}),
  }).start()
  const provider = (trace.getTracerProvider() as ProxyTracerProvider).getDelegate()
  flushAtEnd(async () => {
    if ('forceFlush' in provider) await (provider.forceFlush as () => Promise<void>)()
    await exporter?.forceFlush()
  })
}

/** OTLP as JSON is our default; another exporter or protocol that OTEL_* asks for is the SDK's to create. */
function usesOtlpJson(env: NodeJS.ProcessEnv): boolean {
  const exporter = env.OTEL_TRACES_EXPORTER || 'otlp'
  const protocol = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL || 'http/json'
  return exporter === 'otlp' && protocol === 'http/json'
}

const onceLogger = {
  error: (message: string, ...details: unknown[]) =>
    warnOnce('TRACING', 'traces are not exported; see OTEL_EXPORTER_OTLP_ENDPOINT', details[0] ?? message),
  warn() {},
  info() {},
  debug() {},
  verbose() {},
}
