/**
 * A document of another tool, and what became of each of its fields: taken into ours, or reported. Whatever nobody
 * asked for is reported at the end, so nothing is lost silently.
 */
import type { Path, SpecDocument } from '../plan/read-yaml.ts'

/** One field that has no equivalent, or only a similar one: `file:line:column`, the field, and what was done. */
export type Note = { at: string; field: string; what: string }

export class Source {
  readonly #document: SpecDocument
  readonly #seen = new Set<string>()
  readonly notes: Note[] = []

  constructor(document: SpecDocument) {
    this.#document = document
  }

  /** The value as written, all of it used; undefined when it is not there. */
  take(path: Path): unknown {
    this.#seen.add(key(path))
    return this.peek(path)
  }

  /** The value without a claim to have used it. */
  peek(path: Path): unknown {
    return path.reduce<unknown>((value, name) => fieldOf(value, name), this.#document.value)
  }

  /** A text, or a number written where a text belongs; undefined, and not used, when it is neither. */
  text(path: Path): string | undefined {
    const value = this.peek(path)
    return typeof value === 'string' || typeof value === 'number' ? String(this.take(path)) : undefined
  }

  /** Yes or no; undefined, and not used, when it is neither. */
  flag(path: Path): boolean | undefined {
    const value = this.peek(path)
    return typeof value === 'boolean' ? Boolean(this.take(path)) : undefined
  }

  /** Entries of a map of texts: labels, annotations. What is not a text in it is not used. */
  texts(path: Path): [string, string][] {
    const value = this.peek(path)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
    return Object.keys(value).flatMap((name): [string, string][] => {
      const text = this.text([...path, name])
      return text === undefined ? [] : [[name, text]]
    })
  }

  /** Where a field is. */
  at(path: Path): string {
    return this.#document.locate(path)
  }

  /** How many items a list has. */
  length(path: Path): number {
    const value = this.peek(path)
    return Array.isArray(value) ? value.length : 0
  }

  /** Reports each leaf of a field; silent when it is not there. */
  note(path: Path, what: string): void {
    for (const leaf of leaves(this.peek(path), path)) this.#add(leaf, what)
    this.#seen.add(key(path))
  }

  /** Reports the field once, with all that is in it. */
  report(path: Path, what: string): void {
    this.#add(path, what)
    this.#seen.add(key(path))
  }

  /** Reports every field that nobody asked for. */
  reportRest(): void {
    for (const path of leaves(this.#document.value, []))
      if (!path.some((_, index) => this.#seen.has(key(path.slice(0, index + 1)))) && !this.#seen.has(key([])))
        this.#add(path, 'has no equivalent: left out')
  }

  #add(path: Path, what: string): void {
    this.notes.push({ at: this.#document.locate(path), field: path.join('.') || 'the document', what })
  }
}

/** Paths of everything in a value that is not itself a map or list with something in it. */
export function leaves(value: unknown, path: Path): Path[] {
  if (value === undefined) return []
  if (typeof value !== 'object' || value === null) return [path]
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? value.map((one, index) => [index, one])
    : Object.entries(value)
  return entries.length === 0 ? [path] : entries.flatMap(([name, one]) => leaves(one, [...path, name]))
}

function key(path: Path): string {
  return JSON.stringify(path)
}

function fieldOf(value: unknown, name: string | number): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string | number, unknown>)[name]
    : undefined
}
