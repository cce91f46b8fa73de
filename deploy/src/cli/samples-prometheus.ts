/**
 * A real Prometheus with the samples of an OpenMetrics file and nothing else, for as long as somebody asks it: a gauge
 * may be any PromQL, and only Prometheus knows what that means.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '../process/free-port.ts'

/** Unix seconds of the first and the last sample. */
type Loaded = { url: string; fromSeconds: number; toSeconds: number }

/** The file cannot be read as OpenMetrics; the message is promtool's. */
export class UnreadableSamples extends Error {}

const READY_MS = 30_000

/** Undefined when the file has no sample. Throws `UnreadableSamples`, or when promtool or prometheus is missing. */
export async function withPrometheusOf<T>(
  file: string,
  signal: AbortSignal,
  ask: (loaded: Loaded) => Promise<T>,
): Promise<T | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-samples-'))
  try {
    const data = join(folder, 'data')
    // Blocks of two hours, the default, would read the file once for each.
    const args = ['tsdb', 'create-blocks-from', 'openmetrics', '--max-block-duration=720h', file, data]
    await promisify(execFile)('promtool', args, { signal }).catch((error) => {
      if (error.code === 'ENOENT') throw missing('promtool', error)
      throw new UnreadableSamples(lastLine(`${error.stdout}${error.stderr}`), { cause: error })
    })
    const span = await spanOf(data)
    return span && (await serving(folder, data, signal, (url) => ask({ url, ...span })))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function serving<T>(
  folder: string,
  data: string,
  signal: AbortSignal,
  ask: (url: string) => Promise<T>,
): Promise<T> {
  const config = join(folder, 'prometheus.yml')
  await writeFile(config, '{}\n')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${data}`,
    '--storage.tsdb.retention.time=100y',
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=error',
  ]
  const child = spawn('prometheus', args, { stdio: 'ignore' })
  const closed = once(child, 'close').catch((error) => Promise.reject(missing('prometheus', error)))
  try {
    await Promise.race([
      ready(url, signal),
      closed.then(() => Promise.reject(new Error('prometheus: ended'))),
    ])
    return await ask(url)
  } finally {
    child.kill('SIGKILL')
    await closed.catch(() => undefined)
  }
}

async function spanOf(data: string): Promise<Pick<Loaded, 'fromSeconds' | 'toSeconds'> | undefined> {
  const names = await readdir(data, { recursive: true }).catch(() => [])
  const metas = await Promise.all(
    names
      .filter((name) => name.endsWith('meta.json'))
      .map(async (name) => JSON.parse(await readFile(join(data, name), 'utf8'))),
  )
  if (metas.length === 0) return undefined
  return {
    fromSeconds: Math.min(...metas.map(({ minTime }) => minTime)) / 1000,
    toSeconds: Math.max(...metas.map(({ maxTime }) => maxTime)) / 1000,
  }
}

async function ready(url: string, signal: AbortSignal): Promise<void> {
  const until = performance.now() + READY_MS
  for (;;) {
    const answer = await fetch(`${url}/-/ready`, { signal }).catch(() => undefined)
    if (answer?.ok) return
    signal.throwIfAborted()
    if (performance.now() > until) throw new Error(`prometheus: not ready within ${READY_MS / 1000} s`)
    await sleep(50, undefined, { signal })
  }
}

function missing(command: string, cause: Error): Error {
  return new Error(`${command}: saw none on the PATH, expected it; apt-get install prometheus`, { cause })
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
