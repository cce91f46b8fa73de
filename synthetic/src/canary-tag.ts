/** Tags of canaries that live for one run: what a killed prober left behind can be told by its name and age. */

/** `push-pull-1795500000-<run id>`: flow, Unix seconds and run. */
export function canaryTag(flow: string, startedAtSeconds: number, runId: string): string {
  return `${flow}-${Math.floor(startedAtSeconds)}-${runId}`
}

/** When the run of a tag began, Unix seconds; undefined for any other tag. */
export function startOfCanaryTag(tag: string): number | undefined {
  const [, seconds] = /^(?:push-pull|replication)-(\d{10})-[0-9a-f]{16}$/.exec(tag) ?? []
  return seconds === undefined ? undefined : Number(seconds)
}
