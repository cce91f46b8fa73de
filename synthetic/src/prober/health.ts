/** Whether the prober itself works: one that is up but does not probe must not look healthy. */

/** The label `check` of `plimsoll_prober_healthy`. */
export type Check = 'schedule' | 'target_ready' | 'spool' | 'ledger'

/** A probe that ended no run for this many intervals is not running. */
const STALE_INTERVALS = 3

export class Health {
  readonly #intervalMs: number
  readonly #lastRunMs = new Map<string, number>()
  readonly #ready = new Map<string, boolean>()
  #spool = true
  #ledger = true

  constructor(intervalSeconds: number) {
    this.#intervalMs = intervalSeconds * 1000
  }

  /** From here on `probe` is expected to end runs. */
  started(probe: string, nowMs: number, ready: boolean): void {
    this.#lastRunMs.set(probe, nowMs)
    this.#ready.set(probe, ready)
  }

  ran(probe: string, nowMs: number, ok: boolean): void {
    this.#lastRunMs.set(probe, nowMs)
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
    const running = [...this.#lastRunMs.values()].every(
      (lastMs) => nowMs - lastMs < STALE_INTERVALS * this.#intervalMs,
    )
    const ready = [...this.#ready.values()].every(Boolean)
    return { schedule: running, target_ready: ready, spool: this.#spool, ledger: this.#ledger }
  }
}
