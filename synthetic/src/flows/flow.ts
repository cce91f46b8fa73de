/** A flow asks a registry one thing from end to end, once. */
import type { RegistryClient } from '../oci/client.ts'
import type { Remembered } from '../verdict.ts'

/** Says how far the flow got by throwing `OciError`; returning is `ok`. */
export type Flow = {
  run(client: RegistryClient): Promise<void>
  /** After a run that threw; best effort, and no part of the verdict. */
  cleanUp(client: RegistryClient): Promise<void>
}

export type FlowContext = {
  repository: string
  /** Unique per run, lower case: names the tag. */
  runId: string
  sizeBytes: number
  random: (length: number) => Buffer
  /** What earlier runs of this flow learned about this target; the flow adds to it. */
  memory: Set<Remembered>
}
