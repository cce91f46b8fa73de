/** The `plimsoll` command as a real process. Its state is a folder of the test's: never that of a running stack. */
import { type ChildProcess, spawn } from 'node:child_process'
import { access, constants, symlink } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { temporaryFolder } from '../process/test-parts.ts'

const main = fileURLToPath(new URL('main.ts', import.meta.url))

export type Ended = { code: number | null; stdout: string; stderr: string }

export function spawnPlimsoll(args: string[], env: Record<string, string> = {}) {
  const child: ChildProcess = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH, PLIMSOLL_STATE: temporaryFolder(), COLUMNS: '200', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream]?.setEncoding('utf8').on('data', (chunk: string) => {
      output[stream] += chunk
    })
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...output })))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, output, ended }
}

export function plimsoll(args: string[], env?: Record<string, string>): Promise<Ended> {
  return spawnPlimsoll(args, env).ended
}

/** A folder for the PATH that has these commands, where the machine has them, and nothing else. */
export async function pathWith(commands: string[]): Promise<string> {
  const folder = temporaryFolder()
  for (const command of commands) {
    const found = await find(command)
    if (found) await symlink(found, join(folder, command))
  }
  return folder
}

async function find(command: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, command)
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file
  }
  return undefined
}
