/** What keeps the receiver bounded: how often an app may call, and which batches it has seen. */

/** Token bucket: `perSecond` in the long run, `burst` at once. */
export class RateLimit {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #atSeconds: number

  constructor(perSecond: number, burst: number, nowSeconds: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
    this.#atSeconds = nowSeconds
  }

  /** Seconds to wait, 0 when this call may pass. */
  take(nowSeconds: number): number {
    const passed = Math.max(0, nowSeconds - this.#atSeconds)
    this.#atSeconds = nowSeconds
    this.#tokens = Math.min(this.#burst, this.#tokens + passed * this.#perSecond)
    if (this.#tokens < 1) return (1 - this.#tokens) / this.#perSecond
    this.#tokens--
    return 0
  }
}

/** The newest `size` keys: a client retries within seconds, so that older ones are of no use. */
export class Seen {
  readonly #size: number
  readonly #keys = new Set<string>()

  constructor(size: number) {
    this.#size = size
  }

  /** True when the key was there already; it is from now on. */
  again(key: string): boolean {
    if (this.#keys.has(key)) return true
    this.#keys.add(key)
    const [oldest] = this.#keys.size > this.#size ? this.#keys : []
    if (oldest !== undefined) this.#keys.delete(oldest)
    return false
  }
}
