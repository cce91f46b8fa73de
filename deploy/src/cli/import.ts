/** `plimsoll import`: specs of other tools → ours, with a line for every field that has no equivalent. */
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { importSpecs, TOOLS, type Tool } from '@plimsoll/slo/import'
import type { SpecSource } from '@plimsoll/slo/plan'
import { printFaults } from './compile.ts'
import type { ExitCode, Io } from './io.ts'
import { readSpecs } from './read-specs.ts'

type Options = { out: string; owner?: string; service?: string; window: string; json?: boolean }

/** Exit code: 0 every SLO was converted, 1 some were left out or an input cannot be read, 2 an unknown tool. */
export async function run([tool, ...paths]: string[], options: Options, io: Io): Promise<ExitCode> {
  if (!isTool(tool)) {
    io.err(`plimsoll import: saw ${tool}, expected ${TOOLS.join(', ')}`)
    return 2
  }
  const { out, json, ...choices } = options
  const { sources, faults: missing } = await readSpecs(paths)
  const { files, slos, leftOut, notes, faults: unread } = importSpecs(tool, sources, choices)
  const faults = [...missing, ...unread]
  // Half an import looks like a whole one: with an input that cannot be read, nothing is written.
  if (faults.length === 0) await write(out, files)
  const valid = faults.length === 0 && leftOut === 0 && slos > 0
  if (json) {
    const written = faults.length === 0 ? files.map(({ file }) => join(out, file)) : []
    io.out(JSON.stringify({ files: written, slos, leftOut, notes, faults }, null, 2))
    return valid ? 0 : 1
  }
  printFaults(faults, io)
  if (faults.length > 0) io.err(`${faults.length} faults; nothing was written`)
  for (const { at, field, what } of notes) io.out(`${at}: ${field}: ${what}`)
  if (faults.length === 0)
    io.out(
      `${slos} SLOs in ${files.length} files in ${out}; ${leftOut} left out, ${notes.length} fields to look at`,
    )
  return valid ? 0 : 1
}

function isTool(name: string | undefined): name is Tool {
  return TOOLS.some((tool) => tool === name)
}

async function write(folder: string, files: SpecSource[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const { file, text } of files) {
    const path = join(folder, file)
    await writeFile(`${path}.new`, text)
    await rename(`${path}.new`, path)
  }
}
