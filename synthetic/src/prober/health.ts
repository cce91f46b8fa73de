/** Whether the prober itself works: one that is up but does not probe must not look healthy. */

/** The label `check` of `plimsoll_prober_healthy`. */
export type Check = 'schedule' | 'target_ready' | 'spool' | 'ledger'

/** A probe that ended no run for this many intervals is not running. */
const STALE_INTERVALS = 3

type Started = { ready: boolean; intervalSeconds: number }

export class Health {
  readonly #probes = new Map<string, { intervalMs: number; lastMs: number }>()
  readonly #ready = new Map<string, boolean>()
  #spool = true
  #ledger = true

  /** From here on `probe` is expected to end a run in every interval. */
  started(probe: string, nowMs: number, { ready, intervalSeconds }: Started): void {
    this.#probes.set(probe, { intervalMs: intervalSeconds * 1000, lastMs: nowMs })
    this.#ready.set(probe, ready)
  }

  ran(probe: string, nowMs: number, ok: boolean): void {
    const known = this.#probes.get(probe)
    if (known) known.lastMs = nowMs
    // Ready once, ready for good: from then on the probe itself tells how the target is.
    if (ok) this.#ready.set(probe, true)
  }

  appended(durably: boolean): void {
    this.#spool = durably
  }

  delivered(all: boolean): void {
    this.#ledger = all
  }

  checks(nowMs: number): Record<Check, boolean> {
    const running = [...this.#probes.values()].every(
      ({ lastMs, intervalMs }) => nowMs - lastMs < STALE_INTERVALS * intervalMs,
    )
    const ready = [...this.#ready.values()].every(Boolean)
    return { schedule: running, target_ready: ready, spool: this.#spool, ledger: this.#ledger }
  }
}
