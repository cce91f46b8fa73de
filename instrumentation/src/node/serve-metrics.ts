/** `/metrics` on a port of its own, for a service that is not changed at all. It never keeps the process alive. */
import { createServer } from 'node:http'
import { metricsServer } from '../metrics-handler.ts'
import { warnOnce } from '../warn.ts'

export function serveMetrics(port: number): void {
  const serve = metricsServer()
  const server = createServer((request, response) => {
    if (request.url?.split('?')[0] === '/metrics') return serve(request, response)
    response.writeHead(404).end()
  })
  server.on('error', (error) =>
    warnOnce(
      'METRICS_PORT',
      `PLIMSOLL_METRICS_PORT: cannot listen on 127.0.0.1:${port}; choose a free port`,
      error,
    ),
  )
  server.on('connection', (socket) => socket.unref())
  server.listen(port, '127.0.0.1')
  server.unref()
}
