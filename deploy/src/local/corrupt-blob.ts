/**
 * Bit rot in a registry: one bit of a layer of the canary that the `integrity` probe keeps. The registry believes its
 * disk: it answers 200 with the right Docker-Content-Digest and the wrong bytes. What was flipped is written down first,
 * so that healing finds it after a restart too.
 */
import { existsSync } from 'node:fs'
import { open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Region } from './ports.ts'
import { registryStorage, type State } from './state.ts'

const RETAINED_REPOSITORY = 'plimsoll/canary-retained'

const flippedSchema = z.object({ file: z.string(), offset: z.int(), byte: z.int() })
type Flipped = z.infer<typeof flippedSchema>

/** Throws when the canary is not there yet, a few seconds after the first start. */
export async function corruptBlob(state: State, region: Region): Promise<void> {
  if (existsSync(noteFile(state, region))) return
  const file = await largestLayer(join(registryStorage(state, region), 'docker/registry/v2'))
  if (!file)
    throw new Error(`the ${region} registry holds no ${RETAINED_REPOSITORY} yet; try again in ten seconds`)
  const offset = Math.floor((await stat(file)).size / 2)
  const byte = (await readFile(file))[offset] ?? 0
  await writeFile(noteFile(state, region), JSON.stringify({ file, offset, byte } satisfies Flipped))
  await writeByte({ file, offset, byte: byte ^ 1 })
}

export async function restoreBlob(state: State, region: Region): Promise<void> {
  if (!existsSync(noteFile(state, region))) return
  await writeByte(flippedSchema.parse(JSON.parse(await readFile(noteFile(state, region), 'utf8'))))
  await rm(noteFile(state, region))
}

function noteFile(state: State, region: Region): string {
  return join(state.data, `corrupt-blob-${region}.json`)
}

/** The registry's own layout: a repository links to the blobs it holds. */
async function largestLayer(storage: string): Promise<string | undefined> {
  const links = join(storage, 'repositories', RETAINED_REPOSITORY, '_layers/sha256')
  const digests = await readdir(links).catch(() => [])
  const files = digests.map((hex) => join(storage, 'blobs/sha256', hex.slice(0, 2), hex, 'data'))
  const sized = await Promise.all(files.map(async (file) => ({ file, size: (await stat(file)).size })))
  return sized.sort((a, b) => b.size - a.size)[0]?.file
}

async function writeByte({ file, offset, byte }: Flipped): Promise<void> {
  const handle = await open(file, 'r+')
  try {
    await handle.write(Uint8Array.of(byte), 0, 1, offset)
  } finally {
    await handle.close()
  }
}
