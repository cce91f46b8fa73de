/** Every process as the supervisor starts it: settings from the environment, an end by SIGTERM. */
import { expect, test } from 'vitest'
import { eventually, freePort, secretFile, served, start, TOKEN, temporaryFolder } from './test-parts.ts'

const servers = [
  {
    main: 'hub/main.ts',
    env: () => ({
      REGION: 'us-east',
      NOTIFICATIONS_TOKEN_FILE: secretFile(),
      FAULTS_TOKEN_FILE: secretFile(),
    }),
    path: '/healthz',
  },
  {
    main: 'replicator/main.ts',
    env: () => ({
      REGISTRIES: 'us-east=http://127.0.0.1:1,eu-west=http://127.0.0.1:2',
      NOTIFICATIONS_TOKEN_FILE: secretFile(),
      FAULTS_TOKEN_FILE: secretFile(),
    }),
    path: '/healthz',
  },
  { main: 'stand-ins/pagerduty.ts', env: () => ({}), path: '/healthz' },
  { main: 'stand-ins/otlp-sink.ts', env: () => ({}), path: '/healthz' },
  {
    main: 'proxy/main.ts',
    env: () => ({ UPSTREAM: 'http://127.0.0.1:1', FAULTS_TOKEN_FILE: secretFile() }),
    path: '/_fault',
  },
]

for (const { main, env, path } of servers) {
  test(`${main} serves what its environment says and ends by SIGTERM, also amid open connections`, async () => {
    const port = await freePort()
    const { child, ended, output } = start(main, {
      PORT: `${port}`,
      STATE_FOLDER: temporaryFolder(),
      ...env(),
    })
    await eventually(async () => (await fetch(`http://127.0.0.1:${port}${path}`)).status > 0)
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    const messages = output.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).msg)
    expect(messages).toEqual(expect.arrayContaining(['listening', 'stopping']))
    expect(output.stdout + output.stderr).not.toContain(TOKEN)
  })
}

test('the visitors say that they are simulated and end by SIGTERM while they wait', async () => {
  const hub = await served((_request, response) => response.end('{}'))
  const env = { HUB_URL: hub, REGISTRY_URLS: 'http://127.0.0.1:1' }
  const { child, ended, output } = start('visitors/main.ts', env)
  await eventually(() => output.stdout.includes('simulated users begin to visit'))
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})

test('wrong settings end a process with one line that names them all', async () => {
  const { ended, output } = start('proxy/main.ts', { PORT: '99999', UPSTREAM: 'http://127.0.0.1:1/v2/' })
  expect(await ended).toBe(2)
  expect(output.stdout).toBe('')
  expect(output.stderr.trim().split('\n')).toHaveLength(1)
  expect(output.stderr).toMatch(/^proxy: PORT: saw "99999"; /)
  expect(output.stderr).toContain('UPSTREAM: saw "http://127.0.0.1:1/v2/"; must have no path')
  expect(output.stderr).toContain('STATE_FOLDER: it is not set; ')
})

test('a taken port ends a process with one line that says which', async () => {
  const taken = new URL(await served((_request, response) => response.end()))
  const { ended, output } = start('stand-ins/pagerduty.ts', {
    PORT: taken.port,
    STATE_FOLDER: temporaryFolder(),
  })
  expect(await ended).toBe(3)
  expect(output.stderr).toBe(`port ${taken.port} on 127.0.0.1: EADDRINUSE; free it or choose another PORT\n`)
})
