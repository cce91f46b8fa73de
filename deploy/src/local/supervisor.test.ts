import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { eventually, temporaryFolder } from '../process/test-parts.ts'
import { processState, shell, sleeper, supervised } from './test-parts.ts'

test('children start after what they need is ready and stop before it does', async () => {
  const folder = temporaryFolder()
  const diary = join(folder, 'diary')
  const entries = () => readFileSync(diary, 'utf8').trim().split('\n')
  const writer = (name: string, after: string[]) =>
    shell(
      name,
      `trap 'echo ${name} ends >> ${diary}; exit' TERM; echo ${name} begins >> ${diary}; while :; do sleep 0.02; done`,
      { after, isReady: async () => existsSync(diary) && entries().includes(`${name} begins`) },
    )
  // Named so that neither the alphabet nor the order of the list happens to be the answer.
  const { supervisor } = supervised([
    writer('a-prober', ['m-proxy']),
    writer('z-registry', []),
    writer('m-proxy', ['z-registry']),
  ])
  await supervisor.start()
  await supervisor.stop()
  expect(entries()).toEqual([
    'z-registry begins',
    'm-proxy begins',
    'a-prober begins',
    'a-prober ends',
    'm-proxy ends',
    'z-registry ends',
  ])
})

test('a start that waits for a child that never gets ready still ends when the stack is stopped', async () => {
  const { supervisor } = supervised([
    sleeper('registry', { isReady: async () => false }),
    sleeper('prober', { after: ['registry'] }),
  ])
  const started = supervisor.start()
  await eventually(() => supervisor.child('registry').pid !== undefined)
  await supervisor.stop()
  await started
  expect(supervisor.status().map(({ state, pid }) => ({ state, pid }))).toEqual([
    { state: 'stopped', pid: undefined },
    { state: 'stopped', pid: undefined },
  ])
})

test('a child does not see the environment of the supervisor, where a secret may be', async () => {
  process.env.PLIMSOLL_REGISTRY_PASSWORD = 'open sesame'
  onTestFinished(() => void delete process.env.PLIMSOLL_REGISTRY_PASSWORD)
  const { supervisor, log } = supervised([
    shell('registry', 'env; echo done; exec sleep infinity', { env: { PORT: '1' } }),
  ])
  await supervisor.start()
  await eventually(() => log('registry').includes('done'))
  expect(log('registry')).toContain('PORT=1\n')
  expect(log('registry')).not.toContain('open sesame')
})

test('no child outlives a supervisor that is killed, not even a frozen one', async () => {
  // Ready once it runs its own program: what is frozen before that is still setpriv, on its way.
  const program = `
    import { readFileSync } from 'node:fs'
    import { Supervisor } from ${JSON.stringify(new URL('supervisor.ts', import.meta.url).href)}
    const one = (name, after) => ({
      name, command: 'sleep', args: ['infinity'], after,
      isReady: async () => readFileSync('/proc/' + supervisor.child(name).pid + '/comm', 'utf8') === 'sleep\\n',
    })
    const supervisor = new Supervisor([one('a', []), one('b', ['a'])], process.argv[1], () => {})
    await supervisor.start()
    supervisor.child('b').pause()
    console.log(supervisor.status().map(({ pid }) => pid).join(' '))
  `
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', program, temporaryFolder()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void parent.kill('SIGKILL'))
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const pids = line.toString().trim().split(' ').map(Number)
  onTestFinished(() => {
    for (const pid of pids) if (processState(pid)) process.kill(pid, 'SIGKILL')
  })
  expect(pids.map((pid) => processState(pid) !== undefined)).toEqual([true, true])
  parent.kill('SIGKILL')
  await eventually(() => pids.every((pid) => processState(pid) === undefined))
})

test('a child of another name is refused with the names there are', () => {
  const { supervisor } = supervised([sleeper('registry'), sleeper('prober')])
  expect(() => supervisor.child('hub')).toThrow('no child named hub; expected one of registry, prober')
})
