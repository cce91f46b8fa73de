/** The faults that `plimsoll break` injects into the running stack, for real, and what each is expected to cause. */
import { readFile } from 'node:fs/promises'
import type { Reason, Verdict } from '@plimsoll/instrumentation'
import { type Ports, url } from './ports.ts'
import type { State } from './state.ts'
import type { Supervisor } from './supervisor.ts'

export type Breakable = { supervisor: Supervisor; ports: Ports; state: State }

export type FaultPlan = {
  /** In plain words, for `--help` and the docs. */
  does: string
  /** What the probes of the region say; absent when they must not notice. */
  probe?: { verdict: Verdict; reason: Reason }
  /** SLOs whose budget burns, and the pages that must arrive: nothing else may page. */
  burns: string[]
  pages: { slo: string; region: string }[]
  inject(stack: Breakable): Promise<void>
  heal(stack: Breakable): Promise<void>
}

export const FAULTS = {
  'registry-down:us-east': {
    does: 'the us-east registry is frozen (SIGSTOP): it takes connections and answers nothing',
    probe: { verdict: 'target_fail', reason: 'timeout' },
    burns: ['registry-push-pull'],
    pages: [{ slo: 'registry-push-pull', region: 'us-east' }],
    inject: async ({ supervisor }) => supervisor.child('registry-us-east').pause(),
    heal: ({ supervisor }) => supervisor.child('registry-us-east').resume(),
  },
  'hub-errors': {
    does: 'every request to the hub API answers 500',
    burns: ['hub-api-availability'],
    pages: [{ slo: 'hub-api-availability', region: 'us-east' }],
    inject: (stack) => setHubFaults(stack, { errors: 1 }),
    heal: (stack) => setHubFaults(stack, {}),
  },
} as const satisfies Record<string, FaultPlan>

export type FaultName = keyof typeof FAULTS

export function isFault(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name)
}

async function setHubFaults({ ports, state }: Breakable, faults: { errors?: number }): Promise<void> {
  const token = await readFile(state.secrets.hubFaultToken, 'utf8')
  const answer = await fetch(url(ports.hub, '/faults'), {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(faults),
    signal: AbortSignal.timeout(5000),
  })
  if (!answer.ok)
    throw new Error(
      `the hub answered ${answer.status} to PUT /faults: ${(await answer.text()).slice(0, 200)}`,
    )
}
