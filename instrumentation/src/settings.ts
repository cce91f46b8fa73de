/**
 * What the environment asks of instrumentation. Standard OTEL_* variables keep their standard meaning
 * (OpenTelemetry, "Environment Variable Specification"); a value that makes no sense is warned about and ignored.
 */
import { warnOnce } from './warn.ts'

export type Settings = {
  /** Value of the `service_name` label and of the resource attribute `service.name`. */
  serviceName: string
  resourceAttributes: Record<string, string>
  /** RED series (each one a histogram) that one process keeps before it counts in overflow series. */
  maxSeries: number
  /** Where `/register` serves `/metrics` by itself; absent when the app does so. */
  metricsPort?: number
}

export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const resourceAttributes = parseResourceAttributes(env.OTEL_RESOURCE_ATTRIBUTES ?? '')
  const serviceName = env.OTEL_SERVICE_NAME || resourceAttributes['service.name'] || 'unknown_service:node' // OTel's own default
  const metricsPort = wholeNumber(env, 'PLIMSOLL_METRICS_PORT', 0, 65_535)
  return {
    serviceName,
    resourceAttributes: { ...resourceAttributes, 'service.name': serviceName },
    maxSeries: wholeNumber(env, 'PLIMSOLL_MAX_SERIES', 1, 100_000) ?? 2000,
    ...(metricsPort === undefined ? {} : { metricsPort }),
  }
}

/** `key=value,key=value`, percent-encoded (OTel resource SDK). An entry that is not so is left out. */
function parseResourceAttributes(text: string): Record<string, string> {
  const attributes: Record<string, string> = {}
  for (const entry of text.split(',')) {
    const equals = entry.indexOf('=')
    if (equals < 1) continue
    try {
      attributes[entry.slice(0, equals).trim()] = decodeURIComponent(entry.slice(equals + 1).trim())
    } catch {
      warnOnce(
        'BAD_RESOURCE_ATTRIBUTE',
        'OTEL_RESOURCE_ATTRIBUTES: saw an entry that is not percent-encoded; left out',
      )
    }
  }
  return attributes
}

function wholeNumber(env: NodeJS.ProcessEnv, name: string, min: number, max: number): number | undefined {
  const text = env[name]
  if (text === undefined || text === '') return undefined
  const value = Number(text)
  if (Number.isInteger(value) && value >= min && value <= max) return value
  warnOnce(
    `BAD_${name}`,
    `${name}: saw ${text.slice(0, 40)}, expected a whole number from ${min} to ${max}; ignored`,
  )
  return undefined
}
