/**
 * deploy/set-up.mjs in a small project of its own: npm, apt-get and sudo are stand-ins that write down how they were
 * called; the lock (flock), the processes and the user without rights are real.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, expect, onTestFinished, test } from 'vitest'

type Part = { command: string; package: string; for: 'start' | 'test' }
const parts = JSON.parse(readFileSync('deploy/parts.json', 'utf8')) as Part[]
let project: string
let bin: string

/** A project without dependencies, and a PATH of its own that has flock and every part. */
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'plimsoll-test-'))
  bin = join(project, 'bin')
  onTestFinished(() => rmSync(project, { recursive: true, force: true }))
  mkdirSync(join(project, 'deploy'))
  mkdirSync(bin)
  for (const folder of [project, bin]) chmodSync(folder, 0o777) // `nobody` writes here too
  for (const file of ['deploy/set-up.mjs', 'deploy/parts.json']) cpSync(file, join(project, file))
  writeFileSync(join(project, 'package-lock.json'), '{ "lockfileVersion": 3, "packages": {} }')
  writeFileSync(join(project, 'npm.mjs'), npm)
  for (const command of ['flock', 'chmod']) link(command)
  for (const { command } of parts) put(command, '')
})

/** Stands for npm: like it, stops over a half-removed tree; waits while the file `hold` is there. */
const npm = `
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n')
if (existsSync('node_modules')) { console.error('ENOTEMPTY: node_modules'); process.exit(217) }
mkdirSync('node_modules/.bin', { recursive: true })
writeFileSync('npm-pid', String(process.pid))
while (existsSync('hold')) await new Promise((resolve) => setTimeout(resolve, 10))
if (!existsSync('without-node')) writeFileSync('node_modules/.bin/node', '')
mkdirSync('node_modules/node-linux-' + process.arch + '/bin', { recursive: true })
writeFileSync('node_modules/node-linux-' + process.arch + '/bin/node', '')
if (!existsSync('without-plimsoll')) writeFileSync('node_modules/.bin/plimsoll', '')
`

function put(command: string, script: string): void {
  writeFileSync(join(bin, command), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}

function link(command: string): void {
  symlinkSync(which(command), join(bin, command))
}

function which(command: string): string {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const found = folders.map((folder) => join(folder, command)).find((path) => existsSync(path))
  if (!found) throw new Error(`${command} is not on the PATH`)
  return found
}

/** The command line's beginning: Node, as the user that runs the tests. */
const asMyself = () => [process.execPath]

/** Node as `nobody` when the tests run as root; a copy, as the project may lie where only root may look. */
function withoutRights(): string[] {
  if (process.getuid?.() !== 0) return asMyself()
  const node = join(bin, 'node')
  copyFileSync(process.execPath, node, constants.COPYFILE_FICLONE)
  return [which('setpriv'), '--reuid=65534', '--regid=65534', '--clear-groups', '--', node]
}

function setUp(purpose: string, node: string[] = asMyself()) {
  const [command = '', ...args] = [...node, join(project, 'deploy/set-up.mjs'), purpose]
  // A group of its own, so that all of it can be killed at once.
  const child = spawn(command, args, {
    cwd: tmpdir(),
    detached: true,
    env: { PATH: bin, npm_execpath: join(project, 'npm.mjs') },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said = { text: '' }
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said.text += chunk
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const killAll = () => {
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL')
    } catch {} // it has ended
  }
  onTestFinished(async () => {
    killAll()
    await ended
  })
  return { child, said, ended, killAll }
}

const file = (name: string) => join(project, name)
const npmCalls = () =>
  existsSync(file('npm-calls')) ? readFileSync(file('npm-calls'), 'utf8').trim().split('\n') : []
const eventually = async (holds: () => boolean) => {
  while (!holds()) await sleep(10)
}

const write = (name: string, text = '') => writeFileSync(file(name), text)
const readPid = (name: string) => Number(readFileSync(file(name), 'utf8'))
const NPM_CI = 'ci --ignore-scripts --no-audit --no-fund --loglevel error'

test('a fresh clone gets its packages once; from then on set-up says nothing and does nothing', async () => {
  const first = setUp('start')
  expect(await first.ended, first.said.text).toBe(0)
  expect(first.said.text).toBe('set-up: installing npm packages\n')
  const second = setUp('start')
  expect({ code: await second.ended, said: second.said.text }).toEqual({ code: 0, said: '' })
  expect(npmCalls()).toEqual([NPM_CI])
})

test('another lockfile installs anew', async () => {
  await setUp('start').ended
  write('package-lock.json', '{ "lockfileVersion": 3, "packages": {}, "name": "other" }')
  expect(await setUp('start').ended).toBe(0)
  expect(npmCalls()).toHaveLength(2)
})

test('a stamp without node_modules/.bin/plimsoll is not believed', async () => {
  mkdirSync(file('node_modules/.bin'), { recursive: true })
  write('node_modules/.bin/node')
  const lock = readFileSync(file('package-lock.json'))
  write('node_modules/.plimsoll-lock', createHash('sha256').update(lock).digest('hex'))
  expect(await setUp('start').ended).toBe(0)
  expect(npmCalls()).toHaveLength(1)
  expect(existsSync(file('node_modules/.bin/plimsoll'))).toBe(true)
})

test('npm that ends well without plimsoll is reported, and tried again next time', async () => {
  write('without-plimsoll')
  const first = setUp('start')
  expect(await first.ended).toBe(3)
  expect(first.said.text).toContain('after npm ci there is no node_modules/.bin/node or plimsoll')
  rmSync(file('without-plimsoll'))
  expect(await setUp('start').ended).toBe(0)
})

test('an npm that leaves node_modules/.bin/node out, as npm 9 does, is made up for', async () => {
  write('without-node')
  const { ended, said } = setUp('start')
  expect(await ended, said.text).toBe(0)
  const link = file('node_modules/.bin/node')
  expect(realpathSync(link)).toBe(realpathSync(file(`node_modules/node-linux-${process.arch}/bin/node`)))
})

test('npm that fails is reported with its exit code', async () => {
  write('npm.mjs', 'console.error("no network"); process.exit(7)')
  const { ended, said } = setUp('start')
  expect(await ended).toBe(3)
  expect(said.text).toMatch(/no network\nset-up: npm ci ended with 7; mend what it says above/)
})

test('after an install that was killed with everything, the next one begins on a clean floor', async () => {
  write('hold')
  const killed = setUp('start')
  await eventually(() => existsSync(file('npm-pid')))
  killed.killAll()
  await killed.ended
  rmSync(file('hold'))
  const next = setUp('start')
  expect(await next.ended, next.said.text).toBe(0)
  expect(npmCalls()).toHaveLength(2)
})

test('an npm that a killed set-up left behind is waited for, not collided with', async () => {
  write('hold')
  const killed = setUp('start')
  await eventually(() => existsSync(file('npm-pid')) && readFileSync(file('npm-pid'), 'utf8') !== '')
  killed.child.kill('SIGKILL')
  const next = setUp('start')
  await eventually(() => next.said.text.includes('another set-up is running here; waiting for it'))
  expect(npmCalls()).toHaveLength(1)
  rmSync(file('hold'))
  expect(await next.ended, next.said.text).toBe(0)
  expect(npmCalls()).toHaveLength(2) // whether the first one's was whole, nobody had seen
})

test('of two at once the second waits and finds everything done', async () => {
  write('hold')
  const first = setUp('start')
  await eventually(() => existsSync(file('npm-pid')))
  const second = setUp('test')
  await eventually(() => second.said.text.includes('waiting for it'))
  rmSync(file('hold'))
  expect([await first.ended, await second.ended]).toEqual([0, 0])
  expect(npmCalls()).toHaveLength(1)
})

test('SIGTERM to set-up ends npm too', async () => {
  write('hold')
  const { child, ended } = setUp('start')
  await eventually(() => existsSync(file('npm-pid')) && readFileSync(file('npm-pid'), 'utf8') !== '')
  child.kill('SIGTERM')
  expect(await ended).toBe(143) // 128 + 15; the pipe is closed only when npm is gone as well
  expect(existsSync(`/proc/${readPid('npm-pid')}`)).toBe(false)
})

test('without rights a missing part stops it with the exact list, and nothing is tried', async () => {
  for (const command of ['jsonnet', 'prometheus', 'promtool']) rmSync(join(bin, command))
  put('apt-get', `echo called >> ${file('apt-calls')}`)
  put('sudo', 'exit 1') // it would ask for a password
  const { ended, said } = setUp('start', withoutRights())
  expect(await ended).toBe(3)
  expect(said.text.split('\n')).toEqual([
    'set-up: installing npm packages',
    'set-up: these system parts are missing and could not be installed from here:',
    '  prometheus                 Debian package prometheus',
    '  promtool                   Debian package prometheus',
    '  jsonnet                    Debian package jsonnet',
    'As root:  apt-get update && apt-get install --no-install-recommends prometheus jsonnet',
    '',
  ])
  expect(existsSync(file('apt-calls'))).toBe(false)
})

test('with a sudo that asks for no password the missing packages are installed, and only they', async () => {
  for (const command of ['jsonnet', 'chromium']) rmSync(join(bin, command))
  put('apt-get', '')
  // sudo -n sh -c <script> set-up <packages…>
  const install = `for one in "$@"; do : > ${bin}/$one; chmod 755 ${bin}/$one; done`
  put('sudo', `[ "$2" = true ] && exit 0\nshift 5\necho "$@" >> ${file('installed')}\n${install}`)
  const { ended, said } = setUp('test', withoutRights())
  expect(await ended, said.text).toBe(0)
  expect(readFileSync(file('installed'), 'utf8')).toBe('jsonnet chromium\n')
})

test('a system without apt-get gets the list, whoever asks', async () => {
  rmSync(join(bin, 'docker-registry'))
  const { ended, said } = setUp('start')
  expect(await ended).toBe(3)
  expect(said.text).toContain('  docker-registry            Debian package docker-registry\n')
})

test('npm start does not ask for what only the tests need', async () => {
  for (const { command } of parts.filter((part) => part.for === 'test')) rmSync(join(bin, command))
  expect(await setUp('start').ended).toBe(0)
  const { ended, said } = setUp('test')
  expect(await ended).toBe(3)
  expect(said.text).toContain('Debian package chromium')
})

test('another purpose is wrong usage, exit 2', async () => {
  const { ended, said } = setUp('stop')
  expect(await ended).toBe(2)
  expect(said.text).toBe('set-up: usage: node deploy/set-up.mjs start|test\n')
})
