/** Documents by kind and name, and what refers to them. Every object may be written in place or referred to. */
import type { Checked, Located } from './check-shape.ts'
import { fault, show } from './fault.ts'
import type { Path } from './read-yaml.ts'
import type { Documents, Kind } from './schema.ts'
import type { Fault } from './types.ts'

type Where = { path: Path; locate: (path: Path) => string }
/** A spec, and how to find its fields: `locate([...at, field])`. */
export type Resolved<K extends Kind> = {
  spec: Documents[K]['spec']
  at: Path
  locate: (path: Path) => string
}

/** The field that names a document instead of having it in place. */
const REF_FIELDS: { [K in Kind]?: string } = {
  SLI: 'indicatorRef',
  AlertPolicy: 'alertPolicyRef',
  AlertCondition: 'conditionRef',
  AlertNotificationTarget: 'targetRef',
}

export class References {
  readonly #byKind = new Map<Kind, Map<string, Located<Documents[Kind]>>>()
  /** Names that two documents of a kind share. */
  readonly faults: Fault[] = []

  constructor(checked: Checked) {
    for (const [kind, documents] of Object.entries(checked) as [Kind, Located<Documents[Kind]>[]][]) {
      const names = new Map<string, Located<Documents[Kind]>>()
      for (const document of documents) {
        const { name } = document.value.metadata
        const first = names.get(name)
        if (first) this.faults.push(duplicate(kind, name, first, document))
        else names.set(name, document)
      }
      this.#byKind.set(kind, names)
    }
  }

  find<K extends Kind>(kind: K, name: string): Located<Documents[K]> | undefined {
    return this.#byKind.get(kind)?.get(name) as Located<Documents[K]> | undefined
  }

  /** What was written in place, or the document it refers to; exactly one of them must be there. */
  resolve<K extends Kind>(
    kind: K,
    ref: string | undefined,
    inline: Documents[K]['spec'] | undefined,
    { path, locate }: Where,
  ): Resolved<K> | { faults: Fault[] } {
    if (inline !== undefined && ref === undefined) return { spec: inline, at: [...path, 'spec'], locate }
    if (ref === undefined || inline !== undefined) {
      const saw = ref === undefined ? `no ${kind}` : `a ${kind} both in place and by reference`
      return { faults: [fault('SPEC_FIELD_VALUE', locate(path), saw, 'exactly one of them', 'write one')] }
    }
    const found = this.find(kind, ref)
    if (found) return { spec: found.value.spec, at: ['spec'], locate: found.locate }
    const expected = `the name of a document of kind ${kind}`
    const where = locate([...path, REF_FIELDS[kind] ?? ''])
    return { faults: [fault('SPEC_REFERENCE', where, show(ref), expected, 'correct the name, or add it')] }
  }
}

function duplicate(
  kind: Kind,
  name: string,
  first: Located<Documents[Kind]>,
  second: Located<Documents[Kind]>,
): Fault {
  const path = ['metadata', 'name']
  const saw = `${kind} ${name} a second time (first at ${first.locate(path)})`
  return fault('SPEC_ID_DUPLICATE', second.locate(path), saw, 'each name once', 'rename or remove one')
}
