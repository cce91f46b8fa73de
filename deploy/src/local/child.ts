/**
 * One supervised process of the local stack. It is restarted with backoff when it dies by itself and stays down
 * when it was broken on purpose. `setpriv --pdeathsig` (util-linux) lets the kernel end it should the supervisor
 * itself be killed, so no child ever outlives the stack.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { rotatingLog } from './rotating-log.ts'

export type ChildSpec = {
  name: string
  command: string
  args: string[]
  env?: Record<string, string>
  /** Children that must be ready before this one starts; they are stopped after it. */
  after: string[]
  /** True when it serves; asked every 100 ms while it starts. */
  isReady: () => Promise<boolean>
}

export type ChildState = 'waiting' | 'starting' | 'ready' | 'backing-off' | 'paused' | 'held-down' | 'stopped'

/** Restart delays, seconds: doubling from the first to the last; a child that ran for a minute begins anew. */
const BACKOFF_FIRST_SECONDS = 0.5
const BACKOFF_LAST_SECONDS = 30
const RAN_WELL_SECONDS = 60
/** Between SIGTERM and SIGKILL. */
const GRACE_SECONDS = 5
/** A starved child runs for a twentieth of the time; its pauses are longer than the deadline of a probe. */
const STARVED_EVERY_MS = 6000
const STARVED_RUNS_MS = 300

export class Child {
  readonly spec: ChildSpec
  state: ChildState = 'waiting'
  restarts = 0
  #process: ChildProcess | undefined
  #exited: Promise<void> = Promise.resolve()
  #backoffSeconds = BACKOFF_FIRST_SECONDS
  #held = false
  #starving: NodeJS.Timeout | undefined
  #stopping = false
  readonly #abort = new AbortController()
  readonly #log: (chunk: Buffer) => void
  readonly #report: (message: string) => void

  constructor(spec: ChildSpec, logFile: string, report: (message: string) => void) {
    this.spec = spec
    this.#log = rotatingLog(logFile)
    this.#report = report
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Starts it and resolves once it is ready; keeps it running from then on. */
  async start(): Promise<void> {
    if (this.#stopping) return
    this.#spawn()
    await this.#becomeReady()
  }

  /** Freezes it where it stands (SIGSTOP): it holds its port and answers nothing. */
  pause(): void {
    this.#held = true
    this.#process?.kill('SIGSTOP')
    this.state = 'paused'
  }

  /** Kills it; it stays down until `resume`. */
  async takeDown(): Promise<void> {
    this.#held = true
    this.#process?.kill('SIGKILL')
    await this.#exited
    this.state = 'held-down'
  }

  /** Lets it run for a moment now and then, as on a machine that has no processor left for it. */
  starve(): void {
    clearInterval(this.#starving)
    this.#process?.kill('SIGSTOP')
    this.#starving = setInterval(() => {
      this.#process?.kill('SIGCONT')
      setTimeout(() => {
        if (this.#starving) this.#process?.kill('SIGSTOP')
      }, STARVED_RUNS_MS).unref()
    }, STARVED_EVERY_MS).unref()
    this.state = 'paused'
  }

  /** Ends what `pause`, `takeDown` or `starve` began; starts it again should it have died meanwhile. */
  async resume(): Promise<void> {
    if (this.#starving) {
      clearInterval(this.#starving)
      this.#starving = undefined
      this.#process?.kill('SIGCONT')
      if (this.#process) this.state = 'ready'
    }
    if (!this.#held) return
    this.#held = false
    if (this.#process) {
      this.#process.kill('SIGCONT')
      this.state = 'ready'
    } else await this.start()
  }

  /** SIGCONT (a stopped process takes no SIGTERM), SIGTERM, and after the grace SIGKILL. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#abort.abort()
    clearInterval(this.#starving)
    this.#starving = undefined
    const running = this.#process
    if (running) {
      running.kill('SIGCONT')
      running.kill('SIGTERM')
      const forced = setTimeout(() => running.kill('SIGKILL'), GRACE_SECONDS * 1000)
      await this.#exited
      clearTimeout(forced)
    }
    this.state = 'stopped'
  }

  #spawn(): void {
    const { command, args, env } = this.spec
    this.state = 'starting'
    const startedAt = Date.now()
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, ...args], {
      // A group of its own: Ctrl-C reaches the supervisor alone, which stops the children in order.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    })
    this.#process = child
    child.stdout.on('data', this.#log)
    child.stderr.on('data', this.#log)
    this.#exited = new Promise((resolve) => {
      const ended = (how: string) => {
        if (this.#process !== child) return
        this.#process = undefined
        resolve()
        this.#onExit(how, (Date.now() - startedAt) / 1000)
      }
      child.once('error', (error) => ended(error.message))
      child.once('exit', (code, signal) =>
        ended(signal ? `was ended by ${signal}` : `exited with code ${code}`),
      )
    })
  }

  #onExit(how: string, ranSeconds: number): void {
    if (this.#stopping) return
    if (this.#held) {
      this.state = 'held-down'
      this.#report(`${this.spec.name} ${how}; it is broken on purpose and stays down until plimsoll heal`)
      return
    }
    if (ranSeconds > RAN_WELL_SECONDS) this.#backoffSeconds = BACKOFF_FIRST_SECONDS
    const delay = this.#backoffSeconds
    this.#backoffSeconds = Math.min(delay * 2, BACKOFF_LAST_SECONDS)
    this.state = 'backing-off'
    this.restarts++
    this.#report(`${this.spec.name} ${how}; starting it again in ${delay} s`)
    void this.#restartAfter(delay)
  }

  async #restartAfter(seconds: number): Promise<void> {
    try {
      await sleep(seconds * 1000, undefined, { signal: this.#abort.signal })
    } catch {
      return
    }
    // A resume may have started it meanwhile.
    if (this.#process || this.#held) return
    await this.start()
    this.#report(`${this.spec.name} is back`)
  }

  async #becomeReady(): Promise<void> {
    while (!this.#stopping) {
      const asked = this.#process
      if (asked && (await this.spec.isReady()) && asked === this.#process) {
        if (!this.#held) this.state = 'ready'
        if (this.#starving) {
          asked.kill('SIGSTOP')
          this.state = 'paused'
        }
        return
      }
      await sleep(100)
    }
  }
}
