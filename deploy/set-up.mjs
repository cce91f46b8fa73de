/**
 * Makes `npm start` and `npm test` work in a fresh clone: `node deploy/set-up.mjs start|test`.
 * Plain JavaScript that imports only `node:`, because it runs before anything is installed, on whatever Node
 * runs npm (18 and later). Does nothing, quickly, when everything is there.
 *
 * Exit: 0 ready, 2 wrong usage, 3 something is missing and could not be installed (the list is printed).
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(here)
const stamp = join(root, 'node_modules', '.plimsoll-lock')
const [purpose] = process.argv.slice(2)

async function main() {
  if (packagesInstalled() && missingParts().length === 0) return 0
  mkdirSync(join(root, '.plimsoll'), { recursive: true })
  const lock = openSync(join(root, '.plimsoll', 'set-up.lock'), 'a')
  return (await take(lock)) || (await installPackages(lock)) || (await installParts())
}

/**
 * One set-up at a time. flock(1) locks our open file, which npm is handed too (Node closes all others to its children):
 * when a set-up is killed, the `npm ci` it leaves behind still holds the lock, and the next one waits instead of colliding.
 */
async function take(lock) {
  const code = await run('flock', ['--nonblock', '--conflict-exit-code', '75', '3'], lock)
  if (code !== 75) return code
  console.error('set-up: another set-up is running here; waiting for it')
  return run('flock', ['3'], lock)
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

/** The stamp alone is not believed: a tree whose install was interrupted once stood under a good stamp. */
function packagesInstalled() {
  const bin = join(root, 'node_modules', '.bin')
  if (!existsSync(stamp) || !existsSync(join(bin, 'plimsoll')) || !existsSync(join(bin, 'node'))) return false
  return readFileSync(stamp, 'utf8') === lockHash()
}

async function installPackages(lock) {
  if (packagesInstalled()) return 0
  console.error('set-up: installing npm packages')
  // A tree that a killed npm left half-removed makes `npm ci` stop with ENOTEMPTY.
  rmSync(join(root, 'node_modules'), { recursive: true, force: true, maxRetries: 3 })
  // The node that runs npm, not node_modules/.bin/node, which `npm ci` is about to replace.
  const node = process.env.npm_node_execpath ?? process.execPath
  const npm = process.env.npm_execpath
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error']
  const code = npm ? await run(node, [npm, ...args], lock) : await run('npm', args, lock)
  if (code !== 0) {
    console.error(`set-up: npm ci ended with ${code}; mend what it says above and run the same command again`)
    return 3
  }
  linkNode()
  writeFileSync(stamp, lockHash())
  if (packagesInstalled()) return 0
  console.error(
    `set-up: after npm ci there is no node_modules/.bin/node or plimsoll; expected Linux on x64 or arm64, saw ${process.platform} on ${process.arch}`,
  )
  return 3
}

/** npm 9 removes `.bin/node` again with the optional package of the other platform, whose link has the same name. */
function linkNode() {
  const link = join(root, 'node_modules', '.bin', 'node')
  const binary = `node-linux-${process.arch}/bin/node`
  if (!existsSync(link) && existsSync(join(root, 'node_modules', binary))) symlinkSync(`../${binary}`, link)
}

function missingParts() {
  const parts = JSON.parse(readFileSync(join(here, 'parts.json'), 'utf8'))
  return parts.filter((part) => (part.for === 'start' || purpose === 'test') && !onPath(part.command))
}

function onPath(command) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

async function installParts() {
  const missing = missingParts()
  if (missing.length === 0) return 0
  const packages = [...new Set(missing.map((part) => part.package))]
  const asRoot = rootCommand()
  if (!asRoot || !onPath('apt-get')) return giveUp(missing, packages)
  console.error(`set-up: installing ${packages.join(' ')} with apt-get`)
  const [command, ...args] = [...asRoot, 'sh', '-c', aptScript, 'set-up', ...packages]
  const code = await run(command, args)
  return code === 0 && missingParts().length === 0 ? 0 : giveUp(missingParts(), packages)
}

/** `[]` as root, `['sudo', '-n']` where sudo asks for no password, else undefined. */
function rootCommand() {
  if (process.getuid?.() === 0) return []
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : undefined
}

/**
 * The packages would start services of their own (Prometheus on all interfaces): a policy-rc.d that is valid only
 * while this shell lives keeps them off. `dpkg --configure -a` ends what an interrupted run left half-way.
 */
const aptScript = `
set -e
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  printf '#!/bin/sh\\n[ -d /proc/%s ] && exit 101\\nexit 0\\n' $$ > $policy
  chmod 755 $policy
  trap 'rm -f $policy' EXIT INT TERM
fi
dpkg --configure -a
apt-get update -qq
apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" >&2
`

function giveUp(missing, packages) {
  console.error('set-up: these system parts are missing and could not be installed from here:')
  for (const part of missing) console.error(`  ${part.command.padEnd(26)} Debian package ${part.package}`)
  console.error(`As root:  apt-get update && apt-get install --no-install-recommends ${packages.join(' ')}`)
  return 3
}

/**
 * Runs to the end with our stdio, and `lock` as file descriptor 3. SIGINT and SIGTERM are handed on, so that nothing is
 * left running behind us.
 */
function run(command, args, lock = 'ignore') {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['inherit', 'inherit', 'inherit', lock] })
    const forward = (signal) => child.kill(signal)
    process.on('SIGINT', forward)
    process.on('SIGTERM', forward)
    child.on('error', (error) => {
      console.error(`set-up: could not run ${command}: ${error.message}`)
      resolve(3)
    })
    child.on('exit', (code, signal) => {
      process.off('SIGINT', forward)
      process.off('SIGTERM', forward)
      if (signal) process.exit(signal === 'SIGINT' ? 130 : 143)
      resolve(code)
    })
  })
}

// Last, when every constant above exists.
if (purpose !== 'start' && purpose !== 'test') {
  console.error('set-up: usage: node deploy/set-up.mjs start|test')
  process.exit(2)
}
process.exit(await main())
