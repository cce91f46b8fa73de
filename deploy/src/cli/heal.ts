import { askStack } from '../local/control.ts'
import { socketPath, stateIn } from '../local/state.ts'
import type { ExitCode, Io } from './io.ts'

/** Exit code: 0 healed (or nothing was broken), 3 no stack is running. */
export async function run(
  _: string[],
  options: { state: string; json?: boolean },
  io: Io,
): Promise<ExitCode> {
  const { healed } = await askStack<{ healed: string[] }>(
    socketPath(stateIn(options.state)),
    'DELETE',
    '/faults',
  )
  if (options.json) io.out(JSON.stringify({ healed }))
  else io.out(healed.length === 0 ? 'nothing was broken' : `healed: ${healed.join(', ')}`)
  return 0
}
