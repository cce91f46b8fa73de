/** The `plimsoll` command as a user meets it: exit codes, and messages that name the next move. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'plimsoll-cli-'))
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

function plimsoll(args: string[], env: Record<string, string> = {}) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const options = { cwd: root, env: { ...process.env, PLIMSOLL_STATE: join(scratch, 'state'), ...env } }
    execFile(process.execPath, ['deploy/src/cli/main.ts', ...args], options, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err }),
    )
  })
}

async function spec(name: string, change: (text: string) => string): Promise<string> {
  const file = join(scratch, name)
  await writeFile(file, change(readFileSync(join(root, 'slo/specs/registry.yaml'), 'utf8')))
  return file
}

test('a target written in percent is refused at its line and column, and nothing is written', async () => {
  const file = await spec('percent.yaml', (text) => text.replace('target: 0.999', 'target: 99.9'))
  const line =
    readFileSync(file, 'utf8')
      .split('\n')
      .findIndex((one) => one.includes('99.9')) + 1
  const built = await plimsoll(['build', file, '--out', join(scratch, 'out')])
  expect(built.code).toBe(1)
  expect(built.err).toMatch(new RegExp(`^${file}:${line}:\\d+: SPEC_TARGET_RANGE: saw 99.9, expected `))
  expect(existsSync(join(scratch, 'out'))).toBe(false)
})

test('a spec that is not UTF-8, and a path without specs, are faults', async () => {
  const file = join(scratch, 'latin1.yaml')
  await writeFile(file, Buffer.from('apiVersion: openslo/v1\n# caf\xe9\n', 'latin1'))
  expect(await plimsoll(['validate', file])).toMatchObject({
    code: 1,
    err: expect.stringContaining('SPEC_NOT_UTF8'),
  })
  expect(await plimsoll(['validate', join(scratch, 'nowhere')])).toMatchObject({
    code: 1,
    err: expect.stringContaining('SPEC_NOT_FOUND'),
  })
})

test('the same specs give the same bytes, and --only leaves the other parts alone', async () => {
  const out = join(scratch, 'tree')
  expect(await plimsoll(['build', 'slo/specs', '--out', out])).toMatchObject({ code: 0 })
  const read = () =>
    [
      'MANIFEST.json',
      'plan.json',
      'prometheus/rules/registry.rules.yaml',
      'grafana/dashboards/slo-overview.json',
    ].map((file) => readFileSync(join(out, file), 'utf8'))
  const first = read()
  expect(await plimsoll(['build', 'slo/specs', '--out', out])).toMatchObject({ code: 0 })
  expect(read()).toEqual(first)
  expect(await plimsoll(['build', 'slo/specs', '--out', out, '--only', 'alertmanager'])).toMatchObject({
    code: 0,
  })
  expect(read()).toEqual(first)
  const fewer = await plimsoll(['build', 'slo/specs/hub-api.yaml', '--out', out])
  expect(fewer).toMatchObject({ code: 0 })
  expect(existsSync(join(out, 'prometheus/rules/registry.rules.yaml'))).toBe(false)
})

test('an unknown fault is wrong usage and lists the faults', async () => {
  const { code, err } = await plimsoll(['break', 'registry-on-fire'])
  expect(code).toBe(2)
  for (const fault of ['registry-down:us-east', 'hub-errors']) expect(err).toContain(fault)
})

test('wrong usage is 2: an unknown command, an option without its value, a URL that is none', async () => {
  for (const args of [
    ['fly'],
    ['build', 'slo/specs', '--out'],
    ['probe', 'ftp://example.org'],
    ['build', 'slo/specs'],
  ])
    expect(await plimsoll(args), args.join(' ')).toMatchObject({ code: 2 })
})

test('without a stack `break` could not find out and `down` has nothing to do', async () => {
  expect(await plimsoll(['break', 'hub-errors'])).toMatchObject({
    code: 3,
    err: expect.stringContaining('no stack is running'),
  })
  expect(await plimsoll(['down'])).toMatchObject({ code: 0, out: 'nothing was running\n' })
})

test('a probe of a closed port is the target’s failure', async () => {
  const { code, out } = await plimsoll(['probe', 'http://127.0.0.1:9', '--json'])
  expect(JSON.parse(out)).toMatchObject({
    verdict: 'target_fail',
    reason: 'connection_refused',
    failedStep: 'ping',
  })
  expect(code).toBe(1)
})

test('a taken port stops the start, by its number, its name and the way out', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const base = Math.min(port, 65_000)
  const { code, err } = await plimsoll(['up'], { PLIMSOLL_PORT_BASE: String(base) })
  server.close()
  expect(code).toBe(3)
  expect(err).toContain(`${port} (`)
  expect(err).toContain('PLIMSOLL_PORT_BASE=')
})

test('a port base that is no number is wrong usage', async () => {
  expect(await plimsoll(['up'], { PLIMSOLL_PORT_BASE: 'many' })).toMatchObject({ code: 2 })
})

test('without jsonnet, build names the package to install', async () => {
  const { code, err } = await plimsoll(['build', 'slo/specs', '--out', join(scratch, 'none')], {
    PATH: scratch,
  })
  expect(code).toBe(3)
  expect(err).toContain('jsonnet')
  expect(existsSync(join(scratch, 'none/MANIFEST.json'))).toBe(false)
})

test('the doctor finds every part, with a version and a path', async () => {
  const { out } = await plimsoll(['doctor', '--json'])
  const found = JSON.parse(out) as { part: string; version: string; path: string }[]
  expect(found.map(({ part }) => part)).toEqual(
    expect.arrayContaining(['node', 'prometheus', 'promtool', 'docker-registry', 'jsonnet', 'chromium']),
  )
  for (const { part, version, path } of found) {
    expect(version, part).toMatch(/\d+\.\d+/)
    expect(path, part).toMatch(/^\//)
  }
})

test('the commands are those of the architecture page, each with an example', async () => {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
  const listed = /^(`validate`.*);$/m.exec(page)?.[1] ?? ''
  const promised = [...listed.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name)
  const { out } = await plimsoll(['--help'])
  const offered = [...out.matchAll(/^ {2}([a-z]+)(?: |$)/gm)].map(([, name = '']) => name)
  expect(offered.filter((name) => name !== 'help').sort()).toEqual(promised.sort())
  const helps = await Promise.all(promised.map((name) => plimsoll([name, '--help'])))
  for (const help of helps)
    expect(help).toMatchObject({ code: 0, out: expect.stringContaining('Example:\n  npx plimsoll ') })
})
