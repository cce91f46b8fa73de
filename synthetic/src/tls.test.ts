/** TLS phases and certificate faults, against a real TLS server with a certificate made for this run. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runProbe } from './run.ts'

let directory: string
let server: Server
let url: string
const trusted = getCACertificates('default')

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plimsoll-tls-'))
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key.pem']
  await promisify(execFile)('openssl', ['req', '-x509', ...key, '-out', 'cert.pem', ...subject], {
    cwd: directory,
  })
  const certificate = await readFile(join(directory, 'cert.pem'))
  server = createServer(
    { key: await readFile(join(directory, 'key.pem')), cert: certificate },
    (_request, response) => {
      response.writeHead(503).end()
    },
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  url = `https://localhost:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  setDefaultCACertificates(trusted)
  server.closeAllConnections()
  server.close()
  await rm(directory, { recursive: true, force: true })
})

test('a certificate that nobody vouches for is tls_error, and no request is sent', async () => {
  const result = await runProbe({ url })
  expect(result).toMatchObject({ verdict: 'target_fail', reason: 'tls_error', failedStep: 'ping' })
  expect(result.steps[0]?.phases).not.toHaveProperty('first_byte')
})

test('over TLS every phase is seen', async () => {
  setDefaultCACertificates([...trusted, await readFile(join(directory, 'cert.pem'), 'utf8')])
  const result = await runProbe({ url })
  expect(result).toMatchObject({ reason: 'server_error', failedStep: 'ping' })
  expect(Object.keys(result.steps[0]?.phases ?? {})).toEqual(['dns', 'tcp', 'tls', 'first_byte', 'transfer'])
})
