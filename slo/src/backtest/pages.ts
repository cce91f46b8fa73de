/** Numbers by step, in pages of a day: samples come in any order, and mostly one series after the other. */
const PAGE_STEPS = 2880

export class Pages {
  readonly #columns: number
  readonly #pages = new Map<number, Float64Array>()
  #number = Number.NaN
  #page: Float64Array = new Float64Array()

  constructor(columns: number) {
    this.#columns = columns
  }

  add(step: number, column: number, by: number): void {
    const number = Math.floor(step / PAGE_STEPS)
    if (number !== this.#number) this.#turnTo(number)
    const at = column * PAGE_STEPS + step - number * PAGE_STEPS
    this.#page[at] = (this.#page[at] ?? 0) + by
  }

  /** Values of the steps from `first` to `last`; 0 where nothing was added. Index 0 is the step before `first`. */
  column(column: number, first: number, last: number): Float64Array {
    const values = new Float64Array(last - first + 2)
    for (const [number, page] of this.#pages) {
      const start = number * PAGE_STEPS
      const [from, to] = [Math.max(first, start), Math.min(last, start + PAGE_STEPS - 1)]
      const offset = column * PAGE_STEPS - start
      values.set(page.subarray(offset + from, offset + to + 1), from - first + 1)
    }
    return values
  }

  #turnTo(number: number): void {
    this.#number = number
    this.#page = this.#pages.get(number) ?? new Float64Array(this.#columns * PAGE_STEPS)
    this.#pages.set(number, this.#page)
  }
}
