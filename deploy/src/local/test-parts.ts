/** What tests of supervised processes share. Every process and folder is gone when the test ends. */
import { readFileSync } from 'node:fs'
import { onTestFinished } from 'vitest'
import { temporaryFolder } from '../process/test-parts.ts'
import type { ChildSpec } from './child.ts'
import { Supervisor } from './supervisor.ts'

/** Children that sleep for ever, ready at once, unless `more` says otherwise. */
export function sleeper(name: string, more: Partial<ChildSpec> = {}): ChildSpec {
  return { name, command: 'sleep', args: ['infinity'], after: [], isReady: async () => true, ...more }
}

/** A child that runs a shell script. */
export function shell(name: string, script: string, more: Partial<ChildSpec> = {}): ChildSpec {
  return sleeper(name, { command: 'sh', args: ['-c', script], ...more })
}

export function supervised(specs: ChildSpec[]) {
  const logs = temporaryFolder()
  const reports: string[] = []
  const supervisor = new Supervisor(specs, logs, (message) => reports.push(message))
  onTestFinished(() => supervisor.stop())
  return { supervisor, reports, log: (name: string) => readFileSync(`${logs}/${name}.log`, 'utf8') }
}

/** The state letter of proc(5): `S` sleeping, `T` stopped by a signal, …; undefined once the process is gone. */
export function processState(pid: number): string | undefined {
  try {
    // After the name, which is in parentheses and may hold anything. A zombie (`Z`) has ended.
    const letter = /^\d+ \(.*\) (\S)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]
    return letter === 'Z' ? undefined : letter
  } catch {
    return undefined
  }
}
