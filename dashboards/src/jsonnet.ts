/** The jsonnet command line: finding it, and running it once. */
import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

type Environment = Record<string, string | undefined>

/**
 * Path of the jsonnet to run: `PLIMSOLL_JSONNET`, else jrsonnet on the PATH, else jsonnet. The first is trusted as
 * given. jrsonnet comes before jsonnet because it is the fastest (measured: 0.17 s against 5.67 s of CPU for 50 dashboards).
 */
export function findJsonnet(environment: Environment): string {
  if (environment.PLIMSOLL_JSONNET) return environment.PLIMSOLL_JSONNET
  for (const name of ['jrsonnet', 'jsonnet']) {
    for (const folder of (environment.PATH ?? '').split(delimiter)) {
      const path = join(folder, name)
      if (folder !== '' && isExecutable(path)) return path
    }
  }
  throw new Error(
    'dashboards: saw no jrsonnet or jsonnet on the PATH, expected one; ' +
      'install the package jsonnet (Debian: apt-get install jsonnet), or set PLIMSOLL_JSONNET to its path',
  )
}

/** Runs jsonnet to its end. Throws with what it wrote to stderr when it cannot be started or exits other than 0. */
export function runJsonnet(binary: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(binary, args, { maxBuffer: 16 * 1024 * 1024 }, (error, _stdout, stderr) => {
      if (!error) return resolve()
      const saw = stderr.trim().slice(0, 2000) || error.message
      reject(new Error(`dashboards: ${binary} failed, expected dashboards: ${saw}`, { cause: error }))
    })
  })
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
