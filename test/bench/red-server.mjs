// A hello-world Express service for the benchmark `red`; its parent asks how much CPU it has used.
import express from 'express'

const app = express()
if (process.env.BENCH_VARIANT === 'prom-client') {
  const { Histogram } = await import('prom-client')
  const histogram = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'by hand',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  })
  app.use((request, response, next) => {
    const start = process.hrtime.bigint()
    response.on('finish', () => {
      const labels = {
        method: request.method,
        route: request.baseUrl + request.route?.path,
        status: response.statusCode,
      }
      histogram.observe(labels, Number(process.hrtime.bigint() - start) / 1e9)
    })
    next()
  })
}
app.get('/hello/:name', (_request, response) => response.send('hello'))
const server = app.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }))
process.on('message', () => process.send?.(process.cpuUsage()))
process.on('disconnect', () => process.exit())
