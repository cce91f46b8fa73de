/** A supervised child is a real process here; what happens to it is what the kernel says. */
import { expect, test } from 'vitest'
import { eventually } from '../process/test-parts.ts'
import { processState, shell, sleeper, supervised } from './test-parts.ts'

test('a child that dies is started again, each time after twice the delay, and both are reported', async () => {
  const { supervisor, reports } = supervised([sleeper('registry')])
  await supervisor.start()
  const child = supervisor.child('registry')
  for (const restarts of [1, 2]) {
    const pid = child.pid ?? 0
    process.kill(pid, 'SIGKILL')
    await eventually(() => child.restarts === restarts && child.state === 'ready')
    expect(child.pid).not.toBe(pid)
  }
  await eventually(() => reports.length === 4)
  expect(reports).toEqual([
    'registry was ended by SIGKILL; starting it again in 0.5 s',
    'registry is back',
    'registry was ended by SIGKILL; starting it again in 1 s',
    'registry is back',
  ])
})

test('a child whose program is not there says so in its log and is tried again', async () => {
  const { supervisor, reports, log } = supervised([
    sleeper('registry', { command: 'no-such-program', isReady: async () => false }),
  ])
  void supervisor.start()
  await eventually(() => reports.length > 0)
  expect(reports[0]).toBe('registry exited with code 127; starting it again in 0.5 s') // 127: setpriv(1), not found
  expect(log('registry')).toContain('no-such-program')
  expect(supervisor.status()).toMatchObject([{ name: 'registry', state: 'backing-off', restarts: 1 }])
})

test('a paused child keeps its process, frozen, and goes on when it is resumed', async () => {
  const { supervisor } = supervised([sleeper('registry')])
  await supervisor.start()
  const child = supervisor.child('registry')
  const pid = child.pid ?? 0
  child.pause()
  await eventually(() => processState(pid) === 'T')
  expect(child.state).toBe('paused')
  await child.resume()
  await eventually(() => processState(pid) === 'S')
  expect(child).toMatchObject({ state: 'ready', pid, restarts: 0 })
})

test('a child that is killed while it is paused stays down until it is resumed', async () => {
  const { supervisor, reports } = supervised([sleeper('registry')])
  await supervisor.start()
  const child = supervisor.child('registry')
  child.pause()
  process.kill(child.pid ?? 0, 'SIGKILL')
  await eventually(() => child.state === 'held-down')
  expect(reports).toEqual([
    'registry was ended by SIGKILL; it is broken on purpose and stays down until plimsoll heal',
  ])
  expect(supervisor.status()).toEqual([{ name: 'registry', state: 'held-down', restarts: 0 }])
  await child.resume()
  expect(child.state).toBe('ready')
  expect(processState(child.pid ?? 0)).toBeDefined()
})

test('a child that is paused while it waits for its restart is not started by it', async () => {
  const { supervisor, reports } = supervised([sleeper('registry')])
  await supervisor.start()
  const child = supervisor.child('registry')
  process.kill(child.pid ?? 0, 'SIGKILL')
  await eventually(() => child.state === 'backing-off')
  child.pause()
  await child.resume() // starts it at once; the restart that was due finds it running
  const pid = child.pid
  expect(child.state).toBe('ready')
  await child.stop()
  expect(processState(pid ?? 0)).toBeUndefined()
  expect(reports).toEqual(['registry was ended by SIGKILL; starting it again in 0.5 s'])
})

test('a child that was taken down stays down until it is resumed', async () => {
  const { supervisor } = supervised([sleeper('prometheus')])
  await supervisor.start()
  const child = supervisor.child('prometheus')
  const pid = child.pid ?? 0
  await child.takeDown()
  expect(processState(pid)).toBeUndefined()
  expect(supervisor.status()).toEqual([{ name: 'prometheus', state: 'held-down', restarts: 0 }])
  await child.resume()
  expect(child.state).toBe('ready')
  expect(processState(child.pid ?? 0)).toBeDefined()
})

test('a starved child is frozen, and so is the one that comes after it dies, until it is resumed', async () => {
  const { supervisor } = supervised([sleeper('prober', { isReady: async () => true })])
  await supervisor.start()
  const child = supervisor.child('prober')
  child.starve()
  await eventually(() => processState(child.pid ?? 0) === 'T')
  process.kill(child.pid ?? 0, 'SIGKILL')
  await eventually(() => child.restarts === 1 && processState(child.pid ?? 0) === 'T')
  await child.resume()
  await eventually(() => processState(child.pid ?? 0) === 'S')
  expect(child.state).toBe('ready')
})

test('a paused child is stopped too: it gets SIGCONT before SIGTERM', async () => {
  const { supervisor, log } = supervised([
    shell('registry', 'trap "echo asked to end; exit 0" TERM; echo up; while :; do sleep 0.05; done'),
  ])
  await supervisor.start()
  const child = supervisor.child('registry')
  await eventually(() => log('registry').includes('up'))
  const pid = child.pid ?? 0
  child.pause()
  await eventually(() => processState(pid) === 'T')
  await supervisor.stop()
  expect(processState(pid)).toBeUndefined()
  expect(log('registry')).toBe('up\nasked to end\n')
  expect(child.state).toBe('stopped')
})

test('a child that ignores SIGTERM is killed after the grace', async () => {
  const { supervisor, log, reports } = supervised([
    shell('registry', 'trap "echo not yet" TERM; echo up; while :; do sleep 0.05; done'),
  ])
  await supervisor.start()
  await eventually(() => log('registry').includes('up'))
  const pid = supervisor.child('registry').pid ?? 0
  await supervisor.stop()
  expect(processState(pid)).toBeUndefined()
  expect(log('registry')).toContain('not yet')
  expect(reports).toEqual([]) // an end that was asked for is no news
})
