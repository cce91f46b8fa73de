/**
 * OTLP over HTTP that never keeps the process alive: sockets are unreferenced, and the batch processor is answered
 * at once, because it holds a 30 s timer until it is (measured: a silent collector delayed the exit by 10 s).
 */
import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { diag } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'

/** OTel's default is 10 s, and retries within it use timers that hold the process. Two seconds leave one retry. */
const TIMEOUT_MS = 2000

type SpanExporter = Pick<OTLPTraceExporter, 'export' | 'forceFlush' | 'shutdown'>

export function createDetachedExporter(env: NodeJS.ProcessEnv): SpanExporter {
  const timeoutIsSet = env.OTEL_EXPORTER_OTLP_TRACES_TIMEOUT ?? env.OTEL_EXPORTER_OTLP_TIMEOUT
  const exporter = new OTLPTraceExporter({
    httpAgentOptions: (protocol) => (protocol === 'https:' ? new DetachedTlsAgent() : new DetachedAgent()),
    ...(timeoutIsSet ? {} : { timeoutMillis: TIMEOUT_MS }),
  })
  return {
    export(spans, done) {
      exporter.export(spans, ({ error }) => {
        if (error) diag.error('spans were not exported', error)
      })
      done({ code: 0 }) // ExportResultCode.SUCCESS: handed over; what becomes of it is said above
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  }
}

class DetachedAgent extends http.Agent {
  override createConnection(...parameters: Parameters<http.Agent['createConnection']>) {
    return unreferenced(super.createConnection(...parameters))
  }
  override reuseSocket(socket: Duplex, request: http.ClientRequest) {
    super.reuseSocket(socket, request)
    unreferenced(socket)
  }
}

class DetachedTlsAgent extends https.Agent {
  override createConnection(...parameters: Parameters<https.Agent['createConnection']>) {
    return unreferenced(super.createConnection(...parameters))
  }
  override reuseSocket(socket: Duplex, request: http.ClientRequest) {
    super.reuseSocket(socket, request)
    unreferenced(socket)
  }
}

function unreferenced<Stream extends Duplex | null | undefined>(stream: Stream): Stream {
  ;(stream as Socket | null | undefined)?.unref?.()
  return stream
}
