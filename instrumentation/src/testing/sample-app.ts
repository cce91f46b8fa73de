/** An Express app that knows nothing of instrumentation: no import, no handler of ours. */
import type { AddressInfo } from 'node:net'
import { context, propagation, trace } from '@opentelemetry/api'
import express from 'express'

const app = express()
const registry = express.Router()
registry.get('/*name/manifests/:reference', (_request, response) => {
  const passedOn: Record<string, string> = {}
  propagation.inject(context.active(), passedOn)
  response.json({ active: trace.getActiveSpan()?.spanContext(), passedOn })
})
registry.get('/broken', () => {
  throw new TypeError('token=s3cret')
})
app.use('/v2', registry)
app.use(((_error, _request, response, _next) => {
  response.sendStatus(500)
}) as express.ErrorRequestHandler)

const server = app.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
if (process.env.SAMPLE_OWN_SHUTDOWN)
  process.on('SIGTERM', () => {
    server.close()
    server.closeIdleConnections()
  })
