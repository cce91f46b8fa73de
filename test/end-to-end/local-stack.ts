/** A local stack for a test: its own state folder and ports, started by the real command. */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isFree } from '../../deploy/src/process/free-port.ts'

export const root = join(import.meta.dirname, '../..')

type Finished = { code: number | null; out: string; err: string }

export type LocalStack = {
  state: string
  portBase: number
  url(offset: number, path?: string): string
  /** Runs `plimsoll …` against this stack. */
  plimsoll(...args: string[]): Promise<Finished>
  /** Runs a line of shell with this stack as the default one. */
  shell(line: string): Promise<Finished>
  getJson<T>(offset: number, path: string): Promise<T>
  /** Instant query; the values by series. */
  query(expr: string): Promise<{ metric: Record<string, string>; value: number }[]>
  /** A file of the built tree. */
  built(path: string): Promise<string>
  remove(): Promise<void>
}

/** `lane`: stacks that run side by side look for their ports in different lanes. */
export async function localStack(lane = 0): Promise<LocalStack> {
  const state = await mkdtemp(join(tmpdir(), 'plimsoll-stack-'))
  const portBase = await freePortBase(24_000 + lane * 1000)
  const env = { ...process.env, PLIMSOLL_STATE: state, PLIMSOLL_PORT_BASE: String(portBase) }
  const url = (offset: number, path = '') => `http://127.0.0.1:${portBase + offset}${path}`
  const getJson = async <T>(offset: number, path: string): Promise<T> => {
    const answer = await fetch(url(offset, path))
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
  }
  const plimsoll = (...args: string[]) => finish('npx', ['plimsoll', ...args], env)
  return {
    state,
    portBase,
    url,
    plimsoll,
    shell: (line) => finish('bash', ['-ec', line], env),
    getJson,
    async query(expr) {
      type Answer = { data: { result: { metric: Record<string, string>; value: [number, string] }[] } }
      const { data } = await getJson<Answer>(1, `/api/v1/query?query=${encodeURIComponent(expr)}`)
      return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }))
    },
    built: (path) => readFile(join(state, 'build', path), 'utf8'),
    async remove() {
      await plimsoll('down')
      await rm(state, { recursive: true, force: true })
    },
  }
}

/** Runs a command in the project to its end. */
function finish(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk) => {
      out += chunk
    })
    child.stderr.on('data', (chunk) => {
      err += chunk
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, out, err }))
  })
}

/** Asks until the answer is one, for at most `seconds`; the last complaint is in the error. */
export async function eventually<T>(seconds: number, ask: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + seconds * 1000
  let last: unknown = 'no answer'
  while (Date.now() < end) {
    try {
      const answer = await ask()
      if (answer !== undefined) return answer
    } catch (error) {
      last = error
    }
    await sleep(500)
  }
  throw new Error(`not within ${seconds} s`, { cause: last })
}

/** A base from which the stack's thirty ports are free. */
async function freePortBase(first: number): Promise<number> {
  for (let base = first; base < first + 1000; base += 50) {
    const free = await Promise.all(Array.from({ length: 30 }, (_, offset) => isFree(base + offset)))
    if (free.every(Boolean)) return base
  }
  throw new Error('no thirty free ports in a row')
}
