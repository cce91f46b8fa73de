/** Documents checked against their schema: typed values, or faults at the fields that are wrong. */
import type { z } from 'zod'
import { fault, show } from './fault.ts'
import type { Path, SpecDocument } from './read-yaml.ts'
import { documentSchemas, type Kind, type ServiceSpec, type SloSpec } from './schema.ts'
import type { Fault } from './types.ts'

export type Located<T> = { value: T; locate: SpecDocument['locate'] }
export type Checked = { services: Located<ServiceSpec>[]; slos: Located<SloSpec>[] }

const KINDS = Object.keys(documentSchemas) as Kind[]

export function checkShape(documents: SpecDocument[]): { checked: Checked; faults: Fault[] } {
  const checked: Checked = { services: [], slos: [] }
  const faults: Fault[] = []
  for (const { value, locate } of documents) {
    const kind = field(value, 'kind')
    const schema = KINDS.find((known) => known === kind)
    if (!schema) {
      faults.push(
        fault(
          'SPEC_KIND_UNKNOWN',
          locate(['kind']),
          show(kind),
          KINDS.join(', '),
          'name the kind of this document',
        ),
      )
      continue
    }
    const result = documentSchemas[schema].safeParse(value)
    if (!result.success)
      faults.push(...result.error.issues.flatMap((issue) => issueFaults(issue, value, locate)))
    else if (result.data.kind === 'Service') checked.services.push({ value: result.data, locate })
    else checked.slos.push({ value: result.data, locate })
  }
  return { checked, faults }
}

type Issue = z.core.$ZodIssue

function issueFaults(issue: Issue, root: unknown, locate: SpecDocument['locate']): Fault[] {
  const path = issue.path.filter((key): key is string | number => typeof key !== 'symbol')
  const name = path.join('.') || 'the document'
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) =>
      fault(
        'SPEC_FIELD_UNKNOWN',
        locate([...path, key]),
        `${key} in ${name}`,
        'a field of OpenSLO v1',
        'remove or correct it',
      ),
    )
  }
  const seen = at(root, path)
  if (seen === undefined) {
    return [fault('SPEC_FIELD_MISSING', locate(path), `no ${name}`, describe(issue), 'add the field')]
  }
  return [
    fault('SPEC_FIELD_VALUE', locate(path), `${name}: ${show(seen)}`, describe(issue), 'correct the value'),
  ]
}

/** What the schema wanted, in words. */
function describe(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `a value of type ${issue.expected}`
    case 'invalid_value':
      return issue.values.map(String).join(' or ')
    case 'invalid_format':
      return issue.format === 'regex' ? `text matching ${issue.pattern}` : `a ${issue.format}`
    case 'too_small':
      return `${issue.exact ? 'exactly' : 'at least'} ${issue.minimum}${plural(issue.origin)}`
    case 'too_big':
      return `${issue.exact ? 'exactly' : 'at most'} ${issue.maximum}${plural(issue.origin)}`
    case 'invalid_key':
      return 'a key that OpenSLO allows'
    default:
      return issue.message
  }
}

function plural(origin: string): string {
  return origin === 'array' ? ' items' : origin === 'string' ? ' characters' : ''
}

function at(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => field(value, key), root)
}

function field(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string | number, unknown>)[key]
    : undefined
}
