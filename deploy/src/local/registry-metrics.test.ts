/** What a real Prometheus stores of a real docker-registry that was pushed to, pulled from and asked for nonsense. */
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkExposition, GO_REGISTRY, goServiceRelabelling } from '@plimsoll/instrumentation'
import { expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { eventually, freePort, realRegistry, temporaryFolder } from '../process/test-parts.ts'
import { push } from '../visitors/push.ts'
import { MANIFEST_TYPE, SAMPLE_IMAGES } from '../visitors/sample-images.ts'

const RED = 'http_server_request_duration_seconds'
const SHARED = '../../../instrumentation/docker-registry.relabel.yaml'

test('the rules that others can take are those that the local stack uses', async () => {
  const header =
    '# docker-registry under the RED contract: for metric_relabel_configs of its scrape. instrumentation/README.md says\n' +
    '# what cannot be known. Written by a test from goServiceRelabelling(GO_REGISTRY); do not edit.\n'
  const rules = stringify({ metric_relabel_configs: goServiceRelabelling(GO_REGISTRY) }, { lineWidth: 0 })
  await expect(header + rules).toMatchFileSnapshot(SHARED)
})

type Sample = { metric: Record<string, string>; value: [number, string] }

/** A Prometheus that scrapes `target` every second, as the shared rules say. */
async function prometheus(target: string) {
  const folder = temporaryFolder()
  const port = await freePort()
  // The file itself, not the rules it was made from: indented, it is the part of a scrape configuration it says it is.
  const shared = readFileSync(join(import.meta.dirname, SHARED), 'utf8').replaceAll(/^/gm, '    ')
  const config = `global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - job_name: registry
    static_configs: [{ targets: ['${target}'], labels: { region: us-east } }]
${shared}`
  writeFileSync(join(folder, 'prometheus.yml'), config)
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  )
  const closed = new Promise((resolve) => child.once('close', resolve))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await closed
  })
  const origin = `http://127.0.0.1:${port}`
  const query = async (expr: string) => {
    const answer = await fetch(`${origin}/api/v1/query?query=${encodeURIComponent(expr)}`)
    return ((await answer.json()) as { data: { result: Sample[] } }).data.result
  }
  return { query, own: async () => (await fetch(`${origin}/metrics`)).text() }
}

test('every request is stored once, under the contract’s names', async () => {
  const { origin, metrics } = await realRegistry()
  const [image] = SAMPLE_IMAGES
  if (!image) throw new Error('no samples')
  await push(origin, image)
  const manifest = `${origin}/v2/${image.repository}/manifests`
  for (const [url, method] of [
    [`${manifest}/1.0.0`, 'GET'],
    [`${manifest}/1.0.0`, 'HEAD'],
    [`${manifest}/none`, 'GET'],
    [`${origin}/v2/`, 'NOTIFY'],
    [`${origin}/v2/`, 'SEARCH'],
  ] as const)
    await (await fetch(url, { method, headers: { accept: MANIFEST_TYPE } })).arrayBuffer()
  const text = async () => (await fetch(`http://${metrics}/metrics`)).text()
  // The registry counts a request just after its answer.
  await eventually(async () => /handler="base",method="unknown"} 1$/m.test(await text()))
  const exposed = await text()
  expect(checkExposition(exposed, GO_REGISTRY)).toEqual([])

  const { query, own } = await prometheus(metrics)
  const counts = `${RED}_count{service_name="registry"}`
  await eventually(async () => (await query(counts)).length > 5)
  const stored = Object.fromEntries(
    (await query(counts)).map(({ metric, value }) => [
      `${metric.http_request_method} ${metric.http_route} ${metric.http_response_status_code}`,
      Number(value[1]),
    ]),
  )
  // One image: two blobs, each asked for, begun and put; one manifest with one tag.
  expect(stored).toEqual({
    'GET /v2/ 200': expect.any(Number), // how often the test asked whether it is up
    '_OTHER /v2/ 200': 1,
    'HEAD /v2/{name}/blobs/{digest} 404': 2,
    'POST /v2/{name}/blobs/uploads/ 202': 2,
    'PUT /v2/{name}/blobs/uploads/{uuid} 201': 2,
    'PUT /v2/{name}/manifests/{reference} 201': 1,
    'GET /v2/{name}/manifests/{reference} 200': 1,
    'HEAD /v2/{name}/manifests/{reference} 200': 1,
    'GET /v2/{name}/manifests/{reference} 404': 1,
  })
  // Durations are counted apart, and as many.
  const timed = await query(
    `sum by (http_request_method, http_route) (${RED}_bucket{le="+Inf"}) == sum by (http_request_method, http_route) (${RED}_count)`,
  )
  expect(timed).toHaveLength(8)
  expect(await query(`{__name__=~"registry_http_request.*"} unless {__name__=~".*size_bytes.*"}`)).toEqual([])
  expect(await query('count(registry_http_in_flight_requests)')).toHaveLength(1)
  expect(await own()).toMatch(/^prometheus_target_scrapes_sample_duplicate_timestamp_total 0$/m)
})
