import { askStack, type StackStatus } from '../local/control.ts'
import { FAULTS, isFault } from '../local/faults.ts'
import { socketPath, stateIn } from '../local/state.ts'
import type { ExitCode, Io } from './io.ts'

/** Exit code: 0 injected, 2 no such fault (the list is printed), 3 no stack is running. */
export async function run(
  [name]: [string],
  options: { state: string; json?: boolean },
  io: Io,
): Promise<ExitCode> {
  if (!isFault(name)) {
    io.err(`plimsoll break: saw ${name}, expected one of:`)
    for (const [fault, { does }] of Object.entries(FAULTS)) io.err(`  ${fault.padEnd(24)} ${does}`)
    return 2
  }
  const status = await askStack<StackStatus>(socketPath(stateIn(options.state)), 'POST', '/faults', {
    fault: name,
  })
  if (options.json) io.out(JSON.stringify({ faults: status.faults }))
  else {
    io.out(`broken: ${name}: ${FAULTS[name]?.does}`)
    io.out(`watch:  ${status.endpoints.console} and ${status.endpoints.pagerduty}   undo: npx plimsoll heal`)
  }
  return 0
}
