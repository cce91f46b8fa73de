/** What tests of the processes share: a folder, a server on a free port, a real registry. All is gone afterwards. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { freePort } from './free-port.ts'
import { close, listen } from './serve.ts'

export { freePort }

export const silent = pino({ level: 'silent' })
export const TOKEN = 'a-token-for-tests-only'

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Serves on a free port until the test ends; resolves to the origin. */
export async function served(handler: RequestListener | Server): Promise<string> {
  const server = handler instanceof Server ? handler : createServer(handler)
  const port = await listen(server, 0)
  onTestFinished(() => close(server))
  return `http://127.0.0.1:${port}`
}

/** A file with the token, as settings name it. */
export function secretFile(): string {
  const file = join(temporaryFolder(), 'token')
  writeFileSync(file, `${TOKEN}\n`)
  return file
}

/** A process of the local stack, `main` relative to `deploy/src`, with nothing but `env`; ended with the test. */
export function start(main: string, env: Record<string, string>, flags: string[] = []) {
  const file = fileURLToPath(new URL(`../${main}`, import.meta.url))
  const child = spawn(process.execPath, [...flags, file], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk
  })
  return { child, ended, output }
}

/** `metrics` is host and port of its native metrics, on `/metrics`; `data` the folder of its storage. */
export type RealRegistry = { origin: string; metrics: string; pid: number; data: string }

/** Debian's docker-registry with notifications as the local stack has them; ended when the test ends. */
export async function realRegistry(notify?: { url: string; token: string }): Promise<RealRegistry> {
  const folder = temporaryFolder()
  const port = await freePort()
  const metrics = `127.0.0.1:${await freePort()}`
  const config = join(folder, 'registry.yml')
  writeFileSync(config, JSON.stringify(registryConfig(folder, port, metrics, notify))) // JSON is YAML
  const registry = spawn('docker-registry', ['serve', config], { stdio: 'ignore' })
  const exited = new Promise((resolve) => registry.once('close', resolve))
  onTestFinished(async () => {
    registry.kill('SIGKILL')
    await exited
  })
  const origin = `http://127.0.0.1:${port}`
  await eventually(async () => (await fetch(`${origin}/v2/`)).ok)
  return { origin, metrics, pid: registry.pid ?? 0, data: join(folder, 'data') }
}

function registryConfig(
  folder: string,
  port: number,
  metrics: string,
  notify?: { url: string; token: string },
) {
  const endpoint = notify && {
    name: 'hub',
    url: notify.url,
    headers: { Authorization: [`Bearer ${notify.token}`] },
    timeout: '1s',
    threshold: 5,
    backoff: '100ms',
    ignore: { actions: ['pull'], mediatypes: ['application/octet-stream'] },
  }
  return {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
    http: {
      addr: `127.0.0.1:${port}`,
      secret: 'for-tests',
      debug: { addr: metrics, prometheus: { enabled: true, path: '/metrics' } },
    },
    notifications: { events: { includereferences: true }, endpoints: endpoint ? [endpoint] : [] },
  }
}

/** Asks until it holds. The test's own time limit ends it; an error counts as "not yet". */
export async function eventually(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (
    !(await Promise.resolve()
      .then(holds)
      .catch(() => false))
  )
    await sleep(20)
}
