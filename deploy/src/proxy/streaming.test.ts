import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  eventually,
  freePort,
  realRegistry,
  secretFile,
  start,
  temporaryFolder,
} from '../process/test-parts.ts'

const MIB = 1024 * 1024
const PART = Buffer.alloc(MIB, 'plimsoll')
/** Enough to tell streaming from garbage not yet collected: measured, the peak grows by 62 MiB at 64, 74 at 256. */
const PARTS = 256
const SIZE = PARTS * MIB

test('a blob of 256 MiB goes through in both directions in less memory than half of it', async () => {
  const registry = await realRegistry()
  const port = await freePort()
  const proxy = `http://127.0.0.1:${port}`
  const { child } = start('proxy/main.ts', {
    PORT: `${port}`,
    UPSTREAM: registry.origin,
    STATE_FOLDER: temporaryFolder(),
    FAULTS_TOKEN_FILE: secretFile(),
  })
  await eventually(async () => (await fetch(`${proxy}/v2/`)).ok)
  const before = peakBytes(child.pid)

  const parts = Array.from({ length: PARTS }, () => PART)
  const sent = createHash('sha256')
  for (const part of parts) sent.update(part)
  const digest = `sha256:${sent.digest('hex')}`
  const session = await fetch(`${proxy}/v2/big/blob/blobs/uploads/`, { method: 'POST' })
  const upload = new URL(session.headers.get('location') ?? '')
  upload.searchParams.set('digest', digest)
  const body = ReadableStream.from(parts)
  expect((await fetch(upload, { method: 'PUT', body, duplex: 'half' })).status).toBe(201)

  const pulled = createHash('sha256')
  const answer = await fetch(`${proxy}/v2/big/blob/blobs/${digest}`)
  for await (const chunk of answer.body ?? []) pulled.update(chunk)
  expect(`sha256:${pulled.digest('hex')}`).toBe(digest)
  expect(peakBytes(child.pid) - before).toBeLessThan(SIZE / 2)
})

/** The most memory that the process ever held. Source: proc(5), VmHWM. */
function peakBytes(pid: number | undefined): number {
  const [, kibibytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kibibytes) * 1024
}
