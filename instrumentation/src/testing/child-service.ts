/** Runs a service as its own process, as users do: `node --import @plimsoll/instrumentation/register app`. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const REGISTER = fileURLToPath(new URL('../register.ts', import.meta.url))

export type ChildService = {
  /** What it printed first: where it listens. */
  url: string
  child: ChildProcess
  stderr(): string
  /** Ends it, by `signal` unless it ends by itself, and tells how it ended. */
  end(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

export async function startService(
  app: string,
  env: Record<string, string> = {},
  nodeOptions: string[] = ['--import', REGISTER],
  cwd?: string,
): Promise<ChildService> {
  const child = spawn(process.execPath, [...nodeOptions, app], {
    env: { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: 'none', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd ? { cwd } : {}),
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const [url] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(() => Promise.reject(new Error(`${app} ended before it listened:\n${stderr}`))),
  ])) as [string]
  return {
    url,
    child,
    stderr: () => stderr,
    async end(signal) {
      if (signal) child.kill(signal)
      const [code, by] = await exited
      return { code, signal: by }
    },
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
