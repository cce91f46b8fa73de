/** `plimsoll` as people and pipelines meet it: exit codes, and what is said on stdout and stderr. */
import { readFileSync } from 'node:fs'
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FAULTS } from '../local/faults.ts'
import { eventually, freePort, secretFile, served, temporaryFolder } from '../process/test-parts.ts'
import { pathWith, plimsoll, spawnPlimsoll } from './test-parts.ts'

const page = readFileSync('docs/architecture.md', 'utf8')
/** Commands of the page, without those it marks with ○ as not there yet. */
const commandsOfThePage = [
  ...(/## The `plimsoll` command\n\n(.*?);\n○/s.exec(page)?.[1] ?? '').matchAll(/`([\w-]+)`/g),
].map(([, name = '']) => name)

describe('help', () => {
  test('lists the commands of docs/architecture.md and no others', async () => {
    const { code, stdout } = await plimsoll(['--help'])
    const listed = [...(stdout.split('Commands:')[1] ?? '').matchAll(/^ {2}([a-z-]+) /gm)].map(
      ([, name]) => name,
    )
    expect(code).toBe(0)
    expect(commandsOfThePage).toContain('validate')
    expect(listed.filter((name) => name !== 'help')).toEqual(commandsOfThePage)
  })

  for (const command of commandsOfThePage) {
    test(`of ${command} has an example that runs it`, async () => {
      const { code, stdout } = await plimsoll([command, '--help'])
      expect(code).toBe(0)
      expect(stdout).toMatch(new RegExp(`\\nExample:\\n  npx plimsoll ${command}\\b`))
    })
  }
})

describe('wrong usage exits 2 and says so on stderr alone', () => {
  const cases: { name: string; args: string[]; env?: Record<string, string>; says: string }[] = [
    { name: 'no command', args: [], says: 'Usage: plimsoll' },
    { name: 'an unknown command', args: ['sail'], says: "unknown command 'sail'" },
    { name: 'an unknown option', args: ['plan', '--fast', 'slo/specs'], says: "unknown option '--fast'" },
    { name: 'specs left out', args: ['validate'], says: "missing required argument 'paths'" },
    { name: 'a build without --out', args: ['build', 'slo/specs'], says: "required option '--out <folder>'" },
    {
      name: 'an unknown part',
      args: ['build', 'slo/specs', '--out', 'never-written', '--only', 'grafana,loki'],
      says: '--only: saw grafana,loki, expected some of prometheus, alertmanager, grafana',
    },
    {
      name: 'a Prometheus that is no address',
      args: ['build', 'slo/specs', '--check', '--prometheus-url', 'admin:tidewater@prometheus:9090'],
      says: 'plimsoll: --prometheus-url: expected http(s)://host\n',
    },
    {
      name: 'what is no address',
      args: ['probe', 'not-a-url'],
      says: 'saw "not-a-url", expected http(s)://host',
    },
    {
      name: 'a timeout that is no number',
      args: ['probe', 'http://127.0.0.1:9', '--timeout', 'soon'],
      says: '--timeout: expected seconds',
    },
    {
      name: 'a replication without the region that it comes from',
      args: ['probe', 'http://127.0.0.1:9', '--flow', 'replication'],
      says: '--from: saw none, expected the registry that the canary is pushed to',
    },
    {
      name: 'a region that nothing comes from',
      args: ['probe', 'http://127.0.0.1:9', '--from', 'http://127.0.0.1:10'],
      says: '--from: saw one with --flow push-pull, expected it with replication alone',
    },
    {
      name: 'a port base that is no port',
      args: ['up'],
      env: { PLIMSOLL_PORT_BASE: '80' },
      says: 'PLIMSOLL_PORT_BASE: saw 80, expected a number from 1024 to 65000',
    },
  ]
  for (const { name, args, env, says } of cases)
    test(name, async () => {
      const { code, stdout, stderr } = await plimsoll(args, env)
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toContain(says)
    })

  for (const args of [
    ['break', 'kraken'],
    ['up', '--break', 'kraken'],
  ])
    test(`${args.join(' ')}: an unknown fault, and the list of those there are`, async () => {
      const { code, stdout, stderr } = await plimsoll(args)
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      const [first, ...listed] = stderr.trim().split('\n')
      expect(first).toBe('plimsoll break: saw kraken, expected one of:')
      expect(listed.map((line) => line.trim().split(/ +/)[0])).toEqual(Object.keys(FAULTS))
    })
})

describe('specs', () => {
  async function specsWith(text: (spec: string) => string | Buffer): Promise<{ specs: string; out: string }> {
    const folder = temporaryFolder()
    const specs = join(folder, 'specs')
    await cp('slo/specs', specs, { recursive: true })
    const file = join(specs, 'hub-api.yaml')
    await writeFile(file, text(await readFile(file, 'utf8')))
    return { specs, out: join(folder, 'out') }
  }

  test('a valid folder is counted, exit 0', async () => {
    const { code, stdout, stderr } = await plimsoll(['validate', 'slo/specs', '--json'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const files = (await readdir('slo/specs')).filter((name) => name.endsWith('.yaml'))
    const kinds = await Promise.all(files.map((name) => readFile(`slo/specs/${name}`, 'utf8')))
    const slos = kinds.join('\n').match(/^kind: SLO$/gm)?.length
    expect(JSON.parse(stdout)).toMatchObject({ valid: true, slos, faults: [] })
  })

  test('a fault names file, line and column, exit 1, and nothing is written', async () => {
    const { specs, out } = await specsWith((spec) => spec.replace('target: 0.999', 'target: 99.9'))
    const line =
      (await readFile(join(specs, 'hub-api.yaml'), 'utf8')).split('\n').indexOf('    - target: 99.9') + 1
    const { code, stdout, stderr } = await plimsoll(['build', specs, '--out', out])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`specs/hub-api.yaml:${line}:15: SPEC_TARGET_RANGE: saw 99.9`) // 15: where 99.9 begins
    await expect(readdir(out)).rejects.toThrow('ENOENT')
  })

  test('a file that is not UTF-8 is a fault with its place, not a spec with other letters in it', async () => {
    const { specs, out } = await specsWith((spec) =>
      Buffer.from(spec.replace('Hub API latency', 'Hub-Trägheit'), 'latin1'),
    )
    const { code, stderr } = await plimsoll(['build', specs, '--out', out])
    expect(code).toBe(1)
    expect(stderr).toMatch(/specs\/hub-api\.yaml:\d+:\d+: SPEC_NOT_UTF8: /)
    await expect(readdir(out)).rejects.toThrow('ENOENT')
  })

  test('a build without jsonnet says which package has it, exit 3, and writes nothing', async () => {
    const { specs, out } = await specsWith((spec) => spec)
    const { code, stderr } = await plimsoll(['build', specs, '--out', out], {
      PATH: await pathWith(['promtool']),
    })
    expect(code).toBe(3)
    expect(stderr).toContain('install the package jsonnet')
    await expect(readdir(out)).rejects.toThrow('ENOENT')
  })

  test('a test without promtool says which package has it, exit 3', async () => {
    const { code, stdout, stderr } = await plimsoll(['test', 'slo/specs'], { PATH: await pathWith([]) })
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(stderr).toBe(
      'plimsoll: promtool was not found on the PATH; install the Debian package prometheus\n',
    )
  })
})

describe('the stack', () => {
  test('down with nothing running is done, exit 0', async () => {
    expect(await plimsoll(['down'])).toEqual({ code: 0, stdout: 'nothing was running\n', stderr: '' })
    expect((await plimsoll(['down', '--json'])).stdout).toBe('{"stopped":false}\n')
  })

  for (const args of [['break', 'hub-errors'], ['heal']])
    test(`${args.join(' ')} without a stack cannot be done, exit 3`, async () => {
      const { code, stdout, stderr } = await plimsoll(args)
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
      expect(stderr).toContain('no stack is running here')
    })

  for (const how of [[], ['--detach']])
    test(`${['up', ...how].join(' ')} on a taken port names it and the next move, exit 3`, async () => {
      const port = Number(new URL(await served((_request, response) => response.end())).port)
      const { code, stderr } = await plimsoll(['up', ...how], { PLIMSOLL_PORT_BASE: String(port - 1) }) // Prometheus: +1
      expect(code).toBe(3)
      expect(stderr).toMatch(new RegExp(`taken by another program: port .*\\b${port} \\(prometheus\\)`))
      expect(stderr).toContain('move all ports together: PLIMSOLL_PORT_BASE=')
    })

  test('up with faulty specs starts nothing, exit 1', async () => {
    const { code, stderr } = await plimsoll(['up', '--specs', 'no/such/folder'])
    expect(code).toBe(1)
    expect(stderr).toContain('no/such/folder: SPEC_NOT_FOUND')
  })
})

describe('probe', () => {
  test('a closed port is a failure of the target, exit 1', async () => {
    const { code, stdout } = await plimsoll(['probe', `http://127.0.0.1:${await freePort()}`, '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'target_fail',
      reason: 'connection_refused',
      failedStep: 'ping',
    })
  })

  test('a source that takes no push is no verdict on the copy, exit 3', async () => {
    const [to, from] = [await freePort(), await freePort()].map((port) => `http://127.0.0.1:${port}`)
    const { code, stdout } = await plimsoll([
      ...['probe', `${to}`, '--flow', 'replication', '--from', `${from}`, '--json'],
    ])
    expect(code).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'indeterminate', reason: 'source_failed' })
  })

  test('a name that does not resolve is no verdict on the target, exit 3', async () => {
    const { code, stdout } = await plimsoll(['probe', 'http://registry.invalid', '--json']) // RFC 6761: never resolves
    expect(code).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'prober_fail', reason: 'dns_error' })
  })

  test('a password reaches the registry and nothing that is printed', async () => {
    const password = 'tidewater-never-to-be-printed'
    let seen = ''
    const registry = await served(
      createServer((request, response) => {
        seen ||= Buffer.from(request.headers.authorization?.split(' ')[1] ?? '', 'base64').toString()
        response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end()
      }),
    )
    const { code, stdout, stderr } = await plimsoll(['probe', registry], {
      PLIMSOLL_REGISTRY_USERNAME: 'canary',
      PLIMSOLL_REGISTRY_PASSWORD: password,
    })
    expect(code).toBe(1)
    expect(seen).toBe(`canary:${password}`)
    expect(stdout + stderr).toContain('unauthorized')
    expect(stdout + stderr).not.toContain(password)
  })
})

test('serve goes on when Prometheus is unreachable, and says "no data"', async () => {
  const folder = temporaryFolder()
  expect((await plimsoll(['build', 'slo/specs', '--out', folder, '--only', 'alertmanager'])).code).toBe(0)
  const port = await freePort()
  const { child, output, ended } = spawnPlimsoll([
    'serve',
    ...['--plan', join(folder, 'plan.json'), '--database', join(folder, 'ledger.sqlite')],
    ...['--token-file', secretFile(), '--port', String(port)],
    ...['--prometheus-url', `http://127.0.0.1:${await freePort()}`],
  ])
  const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`)
  await eventually(async () =>
    (await (await get('/metrics')).text()).includes('plimsoll_ledger_readings_total{outcome="failed"} 1'),
  )
  expect((await get('/healthz')).status).toBe(200)
  const { slos } = (await (await get('/api/v1/slos')).json()) as { slos: { state: string }[] }
  expect(new Set(slos.map(({ state }) => state))).toEqual(new Set(['noData']))
  expect(output.stdout).toContain('cannot read from Prometheus; its time is unseen until it answers')
  child.kill('SIGTERM')
  expect((await ended).code).toBe(0)
})

describe('doctor', () => {
  type Part = { command: string; package: string; for: 'start' | 'test' }
  const parts = JSON.parse(readFileSync('deploy/parts.json', 'utf8')) as Part[]
  const needed = parts.filter((part) => part.for === 'start').map(({ command }) => command)

  test('lists node and every part with its version and place', async () => {
    const { code, stdout } = await plimsoll(['doctor', '--json'])
    expect(code).toBe(0)
    const found = JSON.parse(stdout) as { part: string; version: string | null; path: string | null }[]
    expect(found.map(({ part }) => part)).toEqual(['node', ...parts.map(({ command }) => command)])
    for (const { part, version, path } of found.filter(({ part }) => needed.includes(part))) {
      expect(version, part).toMatch(/^\d+\.\d+/)
      expect(path, part).toMatch(new RegExp(`/${part}$`))
    }
  })

  test('names the package of a part that npm start misses, exit 1', async () => {
    const { code, stdout } = await plimsoll(['doctor'], {
      PATH: await pathWith(needed.filter((command) => command !== 'jsonnet')),
    })
    expect(code).toBe(1)
    expect(stdout).toMatch(/^jsonnet +- +missing: as root, apt-get install jsonnet \(needed by npm start\)$/m)
  })

  test('a part that only npm test needs may be missing, exit 0', async () => {
    const { code, stdout } = await plimsoll(['doctor'], { PATH: await pathWith(needed) })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^chromium +- +missing: .* \(needed by npm test\)$/m)
  })
})
