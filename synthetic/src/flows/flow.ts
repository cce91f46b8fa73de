/** A flow asks a registry one thing from end to end, once. */
import type { RegistryClient } from '../oci/client.ts'
import type { Remembered } from '../verdict.ts'

/** Says how far the flow got by throwing `OciError`; returning is `ok`. */
export type Flow = {
  run(at: Registries): Promise<void>
  /** After every run; best effort, and no part of the verdict. */
  cleanUp(at: Registries): Promise<void>
}

export type Registries = {
  target: RegistryClient
  /** Where a copy should come from: another client only for a flow between regions. */
  source: RegistryClient
}

export type FlowContext = {
  repository: string
  /** Of this run alone. */
  tag: string
  sizeBytes: number
  /** How long a copy may take, and how long the exchanges before and after it, each. */
  withinSeconds: number
  deadlineSeconds: number
  /** Stops the run. */
  signal: AbortSignal
  random: (length: number) => Buffer
  /** What earlier runs of this flow learned about this target; the flow adds to it. */
  memory: Set<Remembered>
  /** What the flow measures beside its exchanges. */
  onReplicationLag: (seconds: number) => void
}
