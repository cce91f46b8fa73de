/** Starts children as their prerequisites become ready, keeps them running, and stops them in the reverse order. */
import { join } from 'node:path'
import { Child, type ChildSpec, type ChildState } from './child.ts'

export type ChildStatus = { name: string; state: ChildState; pid?: number; restarts: number }

export class Supervisor {
  readonly #children = new Map<string, Child>()

  constructor(specs: ChildSpec[], logsFolder: string, report: (message: string) => void) {
    for (const spec of specs) {
      this.#children.set(spec.name, new Child(spec, join(logsFolder, `${spec.name}.log`), report))
    }
  }

  child(name: string): Child {
    const child = this.#children.get(name)
    if (!child)
      throw new Error(`no child named ${name}; expected one of ${[...this.#children.keys()].join(', ')}`)
    return child
  }

  /** Resolves when every child is ready. */
  async start(): Promise<void> {
    await this.#inOrder(
      (child) => child.spec.after,
      (child) => child.start(),
    )
  }

  /** Probers before what they probe: a registry that is stopped must not look like an outage. */
  async stop(): Promise<void> {
    await this.#inOrder(
      ({ spec: { name } }) =>
        [...this.#children.values()]
          .filter(({ spec }) => spec.after.includes(name))
          .map(({ spec }) => spec.name),
      (child) => child.stop(),
    )
  }

  status(): ChildStatus[] {
    return [...this.#children.values()].map(({ spec, state, pid, restarts }) => ({
      name: spec.name,
      state,
      restarts,
      ...(pid === undefined ? {} : { pid }),
    }))
  }

  /** Does `work` for every child, each as soon as it is done for those that `first` names. */
  async #inOrder(first: (child: Child) => string[], work: (child: Child) => Promise<void>): Promise<void> {
    const done = new Map<string, Promise<void>>()
    const begin = (child: Child): Promise<void> => {
      const known = done.get(child.spec.name)
      if (known) return known
      const doing = Promise.all(first(child).map((name) => begin(this.child(name)))).then(() => work(child))
      done.set(child.spec.name, doing)
      return doing
    }
    await Promise.all([...this.#children.values()].map(begin))
  }
}
