/** What users install: the packed tarball in a JavaScript project that has never seen this repository. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { checkExposition } from './contract.ts'
import { type ChildService, freePort, startService } from './testing/child-service.ts'

const project = mkdtempSync(join(tmpdir(), 'plimsoll-packed-'))
let service: ChildService | undefined
afterAll(async () => {
  await service?.end('SIGKILL')
  rmSync(project, { recursive: true })
})

const APP = `import express from 'express'
const app = express()
app.get('/v2/*name/manifests/:reference', (request, response) => response.send('ok'))
const server = app.listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port))
`
const USES_EVERY_EXPORT = `import { metricsHandler, instrumentExpress, checkExposition } from '@plimsoll/instrumentation'
import { envelopeSchema } from '@plimsoll/instrumentation/envelope'
import { faroReceiver } from '@plimsoll/instrumentation/faro'
console.log([metricsHandler, instrumentExpress, checkExposition, envelopeSchema.parse, faroReceiver].map((one) => typeof one).join())
`

test('the packed package measures a plain Express app outside the repository', async () => {
  const pack = fileURLToPath(new URL('../pack.mjs', import.meta.url))
  const tarball =
    execFileSync(process.execPath, [pack, project], { encoding: 'utf8' }).trim().split('\n').at(-1) ?? ''
  writeFileSync(join(project, 'package.json'), '{ "name": "outside", "private": true, "type": "module" }')
  writeFileSync(join(project, 'app.mjs'), APP)
  writeFileSync(join(project, 'exports.mjs'), USES_EVERY_EXPORT)
  // `npm test` tells its children where *its* project is: this one is another.
  const { npm_config_local_prefix: _, ...env } = process.env
  const quietly = [
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--no-package-lock',
    '--loglevel=error',
  ]
  execFileSync('npm', ['install', ...quietly, tarball, 'express@5.3.0'], { cwd: project, env })

  const port = await freePort()
  service = await startService(
    join(project, 'app.mjs'),
    { PLIMSOLL_METRICS_PORT: String(port), OTEL_SERVICE_NAME: 'outside' },
    ['--import', '@plimsoll/instrumentation/register'],
    project,
  )
  await fetch(`${service.url}/v2/library/ubuntu/manifests/latest`)
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  expect(text).toContain(
    'http_server_request_duration_seconds_count{service_name="outside",http_request_method="GET",http_route="/v2/{name}/manifests/{reference}",http_response_status_code="200",error_type=""} 1\n',
  )
  expect(checkExposition(text)).toEqual([])
  expect(service.stderr()).toBe('')
  const exported = execFileSync(process.execPath, ['exports.mjs'], { cwd: project, encoding: 'utf8' })
  expect(exported).toBe('function,function,function,function,function\n')
}, 120_000)

test('the packed browser client is compiled, with declarations, and names Faro as what it needs', () => {
  const pack = fileURLToPath(new URL('../pack.mjs', import.meta.url))
  const tarball =
    execFileSync(process.execPath, [pack, project, 'web'], { encoding: 'utf8' }).trim().split('\n').at(-1) ??
    ''
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n')
  for (const file of ['index.js', 'index.d.ts', 'auto.js', 'README.md', 'LICENSE'])
    expect(files).toContain(`package/${file}`)
  const manifest = JSON.parse(
    execFileSync('tar', ['-xOzf', tarball, 'package/package.json'], { encoding: 'utf8' }),
  )
  expect(manifest.exports['./auto']).toEqual({ types: './auto.d.ts', default: './auto.js' })
  expect(Object.keys(manifest.dependencies)).toEqual(['@grafana/faro-web-sdk'])
}, 60_000)
