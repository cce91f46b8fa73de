import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { askStack, StackNotRunning, type StackStatus, serveControl } from '../local/control.ts'
import { isFault } from '../local/faults.ts'
import { DEFAULT_PORT_BASE, portsFrom } from '../local/ports.ts'
import { prepareStack, takenPorts } from '../local/stack.ts'
import { type State, socketPath, stateIn } from '../local/state.ts'
import { run as listFaults } from './break.ts'
import { compileOrReport } from './compile.ts'
import type { ExitCode, Io } from './io.ts'

type Options = { state: string; specs: string; detach?: boolean; json?: boolean; break?: string }

/** How long a detached start may take before it is given up. */
const DETACHED_START_SECONDS = 60

/** Exit code: 0 ran and was stopped (or is ready, detached), 1 faulty specs, 2 wrong usage, 3 it could not start. */
export async function run(_: string[], options: Options, io: Io): Promise<ExitCode> {
  if (options.break !== undefined && !isFault(options.break)) return listFaults([options.break], options, io)
  const portBase = parsePortBase(process.env.PLIMSOLL_PORT_BASE)
  if (portBase === undefined) {
    io.err(
      `plimsoll up: PLIMSOLL_PORT_BASE: saw ${process.env.PLIMSOLL_PORT_BASE}, expected a number from 1024 to 65000`,
    )
    return 2
  }
  const state = stateIn(options.state)
  const running = await askRunning(state)
  if (running) {
    io.err(
      `plimsoll up: a stack is running here already (process ${running.pid}); stop it with npx plimsoll down`,
    )
    return 3
  }
  return options.detach ? detach(options, state, io) : foreground(options, portBase, state, io)
}

async function foreground(options: Options, portBase: number, state: State, io: Io): Promise<ExitCode> {
  const ports = portsFrom(portBase)
  const plan = await compileOrReport([options.specs], io)
  if (!plan) return 1
  const taken = await takenPorts(ports)
  if (taken.length > 0) {
    const list = taken.map(({ name, port }) => `${port} (${name})`).join(', ')
    io.err(`plimsoll up: taken by another program: port ${list}`)
    io.err('Stop that program, or move all ports together: PLIMSOLL_PORT_BASE=5700 npm start')
    return 3
  }
  const down = new AbortController()
  const ended = AbortSignal.any([io.signal, down.signal])
  const report = (message: string) => io.out(`${new Date().toISOString()} ${message}`)
  const stack = await prepareStack(plan, ports, state, report, () => down.abort())
  const control = await serveControl(stack, socketPath(state))
  const over = new Promise<void>((resolve) =>
    ended.addEventListener('abort', () => resolve(), { once: true }),
  )
  try {
    await Promise.race([stack.start(), over])
    if (!ended.aborted) {
      if (options.break) await stack.breakWith(options.break)
      announce(stack.status(), options, io)
    }
    await over
  } finally {
    await stack.stop()
    control.closeAllConnections()
    control.close()
  }
  return 0
}

function announce(status: StackStatus, options: Options, io: Io): void {
  if (options.json) {
    io.out(JSON.stringify(status))
    return
  }
  io.out('Plimsoll is up. Open:')
  for (const [name, url] of Object.entries(status.endpoints)) io.out(`  ${name.padEnd(18)} ${url}`)
  io.out('Break something:  npx plimsoll break registry-down:us-east   and watch the page arrive.')
  io.out(`Ctrl-C (or npx plimsoll down) stops it; logs are in ${options.state}/logs.`)
}

/** Starts the same command in the background, its output in the state folder, and waits until it is ready. */
async function detach(options: Options, state: State, io: Io): Promise<ExitCode> {
  mkdirSync(state.logs, { recursive: true })
  const log = join(state.logs, 'supervisor.log')
  const file = openSync(log, 'w')
  const args = ['up', '--state', options.state, '--specs', options.specs]
  if (options.break) args.push('--break', options.break)
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const child = spawn(process.execPath, [main, ...args], { detached: true, stdio: ['ignore', file, file] })
  closeSync(file)
  let exitCode: number | null | undefined
  child.once('exit', (code) => {
    exitCode = code
  })
  for (let tenths = 0; tenths < DETACHED_START_SECONDS * 10 && exitCode === undefined; tenths++) {
    const status = await askRunning(state)
    if (status?.ready && (!options.break || status.faults.includes(options.break))) {
      child.unref()
      announce(status, options, io)
      return 0
    }
    await sleep(100)
  }
  if (exitCode === undefined) child.kill('SIGTERM')
  io.err(`plimsoll up: the stack did not become ready; it says in ${log}:`)
  io.err((await readFile(log, 'utf8')).slice(-4000).trimEnd())
  return exitCode === 1 || exitCode === 2 ? exitCode : 3
}

async function askRunning(state: State): Promise<StackStatus | undefined> {
  try {
    return await askStack<StackStatus>(socketPath(state), 'GET', '/status')
  } catch (error) {
    if (error instanceof StackNotRunning) return undefined
    throw error
  }
}

function parsePortBase(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return DEFAULT_PORT_BASE
  const base = Number(text)
  return Number.isInteger(base) && base >= 1024 && base <= 65_000 ? base : undefined
}
