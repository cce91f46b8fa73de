import { execFile } from 'node:child_process'
import { access, constants, readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import type { ExitCode, Io } from './io.ts'

const partSchema = z.array(
  z.strictObject({
    command: z.string(),
    package: z.string(),
    for: z.enum(['start', 'test']),
    version: z.array(z.string()),
  }),
)

type Found = {
  part: string
  version: string | null
  path: string | null
  package: string
  for: 'start' | 'test'
}

/** Exit code: 0 everything that `npm start` needs is there, 1 something is missing. */
export async function run(_: string[], options: { json?: boolean }, io: Io): Promise<ExitCode> {
  const parts = partSchema.parse(
    JSON.parse(await readFile(new URL('../../parts.json', import.meta.url), 'utf8')),
  )
  const node: Found = {
    part: 'node',
    version: process.version,
    path: process.execPath,
    package: 'npm',
    for: 'start',
  }
  const found = [node, ...(await Promise.all(parts.map(find)))]
  if (options.json) io.out(JSON.stringify(found, null, 2))
  else for (const part of found) io.out(row(part))
  return found.every((part) => part.path !== null || part.for === 'test') ? 0 : 1
}

function row({ part, version, path, package: debianPackage, for: purpose }: Found): string {
  const where = path ?? `missing: as root, apt-get install ${debianPackage} (needed by npm ${purpose})`
  return `${part.padEnd(24)} ${(version ?? '-').padEnd(14)} ${where}`
}

async function find(part: z.infer<typeof partSchema>[number]): Promise<Found> {
  const path = await onPath(part.command)
  const version = path === null ? null : await versionOf(path, part.version)
  return { part: part.command, version, path, package: part.package, for: part.for }
}

async function onPath(command: string): Promise<string | null> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, command)
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path
  }
  return null
}

/** The first thing in the answer that looks like a version; "?" when there is none. */
async function versionOf(path: string, args: string[]): Promise<string> {
  const answer = await promisify(execFile)(path, args).catch(() => ({ stdout: '', stderr: '' }))
  return /\d+\.\d+[\w.+~-]*/.exec(answer.stdout + answer.stderr)?.[0] ?? '?'
}
