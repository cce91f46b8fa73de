/**
 * Makes `npm start` and `npm test` work in a fresh clone: `node deploy/set-up.mjs start|test`.
 * Plain JavaScript that imports only `node:`, because it runs before anything is installed, on whatever Node
 * runs npm (18 and later). Does nothing, quickly, when everything is there.
 *
 * Exit: 0 ready, 2 wrong usage, 3 something is missing and could not be installed (the list is printed).
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(here)
const stamp = join(root, 'node_modules', '.plimsoll-lock')
const [purpose, locked] = process.argv.slice(2)

if (purpose !== 'start' && purpose !== 'test') {
  console.error('set-up: usage: node deploy/set-up.mjs start|test')
  process.exit(2)
}
process.exit(await main())

async function main() {
  if (packagesInstalled() && missingParts().length === 0) return 0
  if (locked !== '--locked') return runLocked()
  return (await installPackages()) || (await installParts())
}

/**
 * One set-up at a time. The kernel's lock is inherited by npm, so a set-up that was killed still holds it while the
 * `npm ci` it left behind writes node_modules, and the next one waits instead of colliding.
 */
async function runLocked() {
  mkdirSync(join(root, '.plimsoll'), { recursive: true })
  const again = [
    join(root, '.plimsoll', 'set-up.lock'),
    process.execPath,
    fileURLToPath(import.meta.url),
    purpose,
    '--locked',
  ]
  const code = await run('flock', ['--no-fork', '--nonblock', '--conflict-exit-code', '75', ...again])
  if (code !== 75) return code
  console.error('set-up: another set-up is running here; waiting for it')
  return run('flock', ['--no-fork', ...again])
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

async function installPackages() {
  if (packagesInstalled()) return 0
  console.error('set-up: installing npm packages')
  // A tree that a killed npm left half-removed makes `npm ci` stop with ENOTEMPTY.
  rmSync(join(root, 'node_modules'), { recursive: true, force: true, maxRetries: 3 })
  // The node that runs npm, not node_modules/.bin/node, which `npm ci` is about to replace.
  const node = process.env.npm_node_execpath ?? process.execPath
  const npm = process.env.npm_execpath
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error']
  const code = npm ? await run(node, [npm, ...args]) : await run('npm', args)
  if (code !== 0) {
    console.error(`set-up: npm ci ended with ${code}; mend what it says above and run the same command again`)
    return 3
  }
  writeFileSync(stamp, lockHash())
  if (packagesInstalled()) return 0
  console.error(
    `set-up: after npm ci there is no node_modules/.bin/node or plimsoll; expected Linux on x64 or arm64, saw ${process.platform} on ${process.arch}`,
  )
  return 3
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

/** Runs to the end with our stdio; SIGINT and SIGTERM are handed on, so that nothing is left running behind us. */
function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit' })
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
