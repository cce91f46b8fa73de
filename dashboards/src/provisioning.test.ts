import { expect, test } from 'vitest'
import { renderProvisioning } from './provisioning.ts'

const files = renderProvisioning({
  prometheusUrl: 'http://127.0.0.1:4701',
  tracesUrl: 'http://127.0.0.1:3200',
})

function file(path: string) {
  return JSON.parse(files.get(path) ?? '')
}

test('exemplars of the Prometheus data source lead to the traces data source', () => {
  const [prometheus, traces] = file('datasources/plimsoll.yaml').datasources
  expect(prometheus).toMatchObject({ type: 'prometheus', url: 'http://127.0.0.1:4701', isDefault: true })
  expect(prometheus.jsonData.exemplarTraceIdDestinations).toEqual([
    { name: 'trace_id', datasourceUid: traces.uid },
  ])
  expect(traces).toMatchObject({ type: 'tempo', url: 'http://127.0.0.1:3200' })
})

test('without traces there is no link that leads nowhere', () => {
  const text = renderProvisioning({ prometheusUrl: 'http://127.0.0.1:4701' }).get('datasources/plimsoll.yaml')
  expect(text).not.toContain('exemplarTraceIdDestinations')
  expect(text).not.toContain('tempo')
})

test('dashboards are read from one folder and cannot be edited in the browser', () => {
  const [provider] = file('dashboards/plimsoll.yaml').providers
  expect(provider).toMatchObject({ type: 'file', allowUiUpdates: false })
  expect(provider.options.path).toBe('/var/lib/grafana/dashboards/plimsoll')
})
