/** A real docker-registry on a free port, its files in a temporary directory. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitUntilReady } from '../ready.ts'

export type TestRegistry = { url: string; directory: string; stop: () => Promise<void> }

export async function startRegistry(): Promise<TestRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'plimsoll-registry-'))
  const port = await freePort()
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(directory, 'data') }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}`, secret: 'test' },
  }
  const file = join(directory, 'config.yml')
  await writeFile(file, JSON.stringify(config)) // JSON is YAML
  const child = spawn('docker-registry', ['serve', file], { stdio: 'ignore' })
  const exited = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGKILL')
    await exited
    await rm(directory, { recursive: true, force: true })
  }
  const url = `http://127.0.0.1:${port}`
  const ended = new AbortController()
  exited.then(
    () => ended.abort(),
    () => ended.abort(),
  )
  if (await waitUntilReady(new URL(url), { signal: ended.signal })) return { url, directory, stop }
  await stop()
  throw new Error('docker-registry did not start; is the package docker-registry installed?')
}

/** Free a moment ago: a real program takes it next. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address && typeof address === 'object') return address.port
  throw new Error('no port')
}
