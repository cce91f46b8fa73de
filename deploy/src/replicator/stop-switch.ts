/** Stops replication on purpose. Kept in a file: a replicator that restarts stays stopped until somebody heals it. */
import { join } from 'node:path'
import { z } from 'zod'
import { readJsonFile, writeJsonFile } from '../process/json-file.ts'

const fileSchema = z.object({ stopped: z.boolean().default(false) })

export class StopSwitch {
  readonly #file: string
  #stopped: boolean

  constructor(folder: string) {
    this.#file = join(folder, 'faults.json')
    this.#stopped = fileSchema.parse(readJsonFile(this.#file) ?? {}).stopped
  }

  get stopped(): boolean {
    return this.#stopped
  }

  set(stopped: boolean): void {
    writeJsonFile(this.#file, { stopped })
    this.#stopped = stopped
  }
}
