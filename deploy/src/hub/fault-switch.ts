/**
 * Breaks the hub on purpose: a share of requests fails, or every request is slow. It is kept in a file, because a hub
 * that was broken on purpose and restarts must stay broken until somebody heals it.
 */
import { join } from 'node:path'
import type { NextFunction } from 'express'
import { z } from 'zod'
import { readJsonFile, writeJsonFile } from '../process/json-file.ts'

export const hubFaultsSchema = z.strictObject({
  /** Share of API requests that fail, in [0, 1]. */
  errors: z.number().min(0).max(1).default(0),
  /** Added to every API request, seconds. */
  delaySeconds: z.number().min(0).max(60).default(0),
})
export type HubFaults = z.infer<typeof hubFaultsSchema>

export class FaultSwitch {
  readonly #file: string
  readonly #random: () => number
  #faults: HubFaults

  constructor(folder: string, random: () => number) {
    this.#file = join(folder, 'faults.json')
    this.#random = random
    this.#faults = hubFaultsSchema.parse(readJsonFile(this.#file) ?? {})
  }

  get faults(): HubFaults {
    return this.#faults
  }

  set(faults: HubFaults): void {
    writeJsonFile(this.#file, faults)
    this.#faults = faults
  }

  /** Stands inside a route, so that a failure has the route's name like any real one. */
  readonly misbehave = async (_request: unknown, _response: unknown, next: NextFunction): Promise<void> => {
    const { errors, delaySeconds } = this.#faults
    // Unreferenced: a request that waits must not keep a process from ending.
    if (delaySeconds > 0) await new Promise((resolve) => setTimeout(resolve, delaySeconds * 1000).unref())
    if (this.#random() < errors) throw new Error('broken on purpose by the fault switch')
    next()
  }
}
