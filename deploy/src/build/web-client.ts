/** Bundles `@plimsoll/web` for browsers, in a process of its own: no bundler stays in memory. About half a second. */
import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Writes one module to `file`. */
export async function buildWebClient(file: string): Promise<void> {
  const rolldown = join(dirname(fileURLToPath(import.meta.resolve('rolldown/package.json'))), 'bin/cli.mjs')
  const entry = fileURLToPath(import.meta.resolve('@plimsoll/web/auto'))
  const args = [rolldown, entry, '--format', 'esm', '--minify', '--file', file]
  await promisify(execFile)(process.execPath, args)
}
