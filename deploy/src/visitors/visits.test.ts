import { execFileSync } from 'node:child_process'
import { expect, onTestFinished, test } from 'vitest'
import { eventually, realRegistry, served, silent } from '../process/test-parts.ts'
import { pull, pullAndPush } from './pulls.ts'
import { push } from './push.ts'
import { SAMPLE_IMAGES } from './sample-images.ts'
import { nextPath, visit } from './visits.ts'

test('sample images pushed to a real registry are there, and a second push changes nothing', async () => {
  const { origin } = await realRegistry()
  for (const image of [...SAMPLE_IMAGES, ...SAMPLE_IMAGES]) await push(origin, image)
  const { repositories } = (await (await fetch(`${origin}/v2/_catalog`)).json()) as { repositories: string[] }
  expect(repositories).toEqual(['samples/batch', 'samples/web', 'samples/worker'])
  const accept = { accept: 'application/vnd.oci.image.manifest.v1+json' }
  const latest = await fetch(`${origin}/v2/samples/web/manifests/latest`, { headers: accept })
  expect(latest.headers.get('docker-content-digest')).toBe(SAMPLE_IMAGES[1]?.manifest.digest)
})

test('simulated users pull whole images in every region, and push the same bytes again', async () => {
  const regions = await Promise.all([realRegistry(), realRegistry()])
  const [image] = SAMPLE_IMAGES
  if (!image) throw new Error('no samples')
  expect(await pull(regions[0].origin, image)).toBe(false) // nothing there yet
  for (const { origin } of regions) for (const one of SAMPLE_IMAGES) await push(origin, one)
  expect(await pull(regions[0].origin, image)).toBe(true)
  const stopping = new AbortController()
  onTestFinished(() => stopping.abort())
  const registries = regions.map(({ origin }) => origin)
  const using = pullAndPush({ registries, perSecond: 200, random: Math.random, log: silent }, stopping.signal)
  for (const { metrics } of regions) {
    await eventually(async () => {
      const text = await (await fetch(`http://${metrics}/metrics`)).text()
      const count = (line: string) => Number(text.split(`${line} `)[1]?.split('\n')[0])
      const blobs = count('registry_http_requests_total{code="200",handler="blob",method="get"}')
      // Four images of two blobs were uploaded at first, so a ninth is one pushed again.
      return (
        blobs > 8 &&
        count('registry_http_requests_total{code="201",handler="blob_upload_chunk",method="put"}') > 8
      )
    })
  }
  stopping.abort()
  await using
})

test('the layer of a sample image is a tar archive that tar reads', () => {
  const layer = SAMPLE_IMAGES[0]?.blobs[0]?.bytes
  expect(execFileSync('tar', ['-xOf', '-', 'README'], { input: layer, encoding: 'utf8' })).toBe(
    'a web server that answers hello\n',
  )
})

test('simulated users say who they are, carry a trace, and are not marked as canaries', async () => {
  const seen: { url: string; headers: NodeJS.Dict<string | string[]> }[] = []
  const hub = await served((request, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers })
    response.writeHead(500).end()
  })
  const stopping = new AbortController()
  onTestFinished(() => stopping.abort())
  const visits = visit({ hub, perSecond: 100, random: Math.random, log: silent }, stopping.signal)
  await eventually(() => seen.length >= 5)
  stopping.abort()
  await visits
  for (const { url, headers } of seen) {
    expect(url).toMatch(/^\/api\/v1\/(repositories|search)/)
    expect(headers['user-agent']).toBe('plimsoll-visitors')
    expect(headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    expect(headers).not.toHaveProperty('x-plimsoll-synthetic')
  }
})

const choices: { choice: number; path: string }[] = [
  { choice: 0.39, path: '/api/v1/repositories' },
  { choice: 0.69, path: '/api/v1/repositories/samples/web' },
  { choice: 0.89, path: '/api/v1/repositories/samples/web/tags' },
  { choice: 0.9, path: '/api/v1/search?q=web' },
]
for (const { choice, path } of choices) {
  test(`a draw of ${choice} asks for ${path}`, () => {
    const draws = [0, choice]
    expect(nextPath(() => draws.shift() ?? 0)).toBe(path)
  })
}
