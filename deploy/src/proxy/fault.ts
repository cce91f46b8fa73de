/** The faults of a registry that a proxy can play, one at a time. Kept in a file: a restart does not heal. */
import { join } from 'node:path'
import { z } from 'zod'
import { readJsonFile, writeJsonFile } from '../process/json-file.ts'

/** Share of the requests that meet the fault, in [0, 1]. */
const ratio = z.number().min(0).max(1).default(1)

export const faultSchema = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('none') }),
  /** Each request waits before it is passed on. */
  z.strictObject({ mode: z.literal('slow'), ratio, delaySeconds: z.number().min(0).max(600) }),
  /** 500 with an OCI error. */
  z.strictObject({ mode: z.literal('errors'), ratio }),
  /** 429 with Retry-After. */
  z.strictObject({
    mode: z.literal('throttle'),
    ratio,
    retryAfterSeconds: z.number().int().min(0).max(3600).default(1),
  }),
  /** The connection is reset (TCP RST) once the request's head has come. */
  z.strictObject({ mode: z.literal('reset'), ratio }),
  /** The request is taken and never answered. */
  z.strictObject({ mode: z.literal('hang'), ratio }),
])
export type Fault = z.infer<typeof faultSchema>

export class FaultSwitch {
  readonly #file: string
  readonly #random: () => number
  #fault: Fault

  constructor(folder: string, random: () => number) {
    this.#file = join(folder, 'fault.json')
    this.#random = random
    this.#fault = faultSchema.parse(readJsonFile(this.#file) ?? { mode: 'none' })
  }

  get fault(): Fault {
    return this.#fault
  }

  set(fault: Fault): void {
    writeJsonFile(this.#file, fault)
    this.#fault = fault
  }

  /** The fault that the next request meets. */
  draw(): Fault {
    const fault = this.#fault
    if (fault.mode === 'none' || this.#random() < fault.ratio) return fault
    return { mode: 'none' }
  }
}
