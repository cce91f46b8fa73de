import { setTimeout as sleep } from 'node:timers/promises'
import { askStack, StackNotRunning, type StackStatus } from '../local/control.ts'
import { socketPath, stateIn } from '../local/state.ts'
import type { ExitCode, Io } from './io.ts'

/** Exit code: 0 stopped (or nothing was running), 3 it did not stop within 30 s. */
export async function run(
  _: string[],
  options: { state: string; json?: boolean },
  io: Io,
): Promise<ExitCode> {
  const socket = socketPath(stateIn(options.state))
  const say = (stopped: boolean, message: string) =>
    options.json ? io.out(JSON.stringify({ stopped })) : io.out(message)
  try {
    const { pid } = await askStack<StackStatus>(socket, 'POST', '/down')
    for (let tenths = 0; tenths < 300; tenths++) {
      if (!isAlive(pid)) {
        say(true, 'stopped')
        return 0
      }
      await sleep(100)
    }
    io.err(
      `plimsoll: the stack (process ${pid}) did not stop within 30 s; see its logs in ${options.state}/logs`,
    )
    return 3
  } catch (error) {
    if (!(error instanceof StackNotRunning)) throw error
    say(false, 'nothing was running')
    return 0
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
