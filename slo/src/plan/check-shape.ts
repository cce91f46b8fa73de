/** Documents checked against their schema: typed values by kind, or faults at the fields that are wrong. */
import type { z } from 'zod'
import { fault, show } from './fault.ts'
import { METRIC_SOURCE_TYPES } from './metric-sources.ts'
import type { Path, SpecDocument } from './read-yaml.ts'
import { type Documents, documentSchemas, type Kind } from './schema.ts'
import type { Fault } from './types.ts'

export type Located<T> = Omit<SpecDocument, 'value'> & { value: T }
export type Checked = { [K in Kind]: Located<Documents[K]>[] }

const KINDS = Object.keys(documentSchemas) as Kind[]
/** Versions of the standard that are not read here. */
const OTHER_VERSION = /^openslo(\.com)?\/v(?!1$)/
/** Unknown fields of one object that are named; thousands would only hide the first. */
const NAMED_FIELDS = 20

export function checkShape(documents: SpecDocument[]): { checked: Checked; faults: Fault[] } {
  const checked: Checked = {
    Service: [],
    SLO: [],
    SLI: [],
    AlertPolicy: [],
    AlertCondition: [],
    AlertNotificationTarget: [],
    DataSource: [],
  }
  const faults: Fault[] = []
  const listed = documents.flatMap(eachOf)
  const dataSourceTypes = new Map(
    listed
      .filter(({ value }) => field(value, 'kind') === 'DataSource')
      .map(({ value }) => [at(value, ['metadata', 'name']), at(value, ['spec', 'type'])]),
  )
  for (const document of listed) {
    const { value, locate } = document
    const version = field(value, 'apiVersion')
    if (typeof version === 'string' && OTHER_VERSION.test(version)) {
      const fix = 'plimsoll import openslo converts openslo/v1alpha'
      const saw = `apiVersion ${show(version)}`
      faults.push(fault('SPEC_NOT_SUPPORTED', locate(['apiVersion']), saw, 'openslo/v1', fix))
      continue
    }
    const kind = KINDS.find((known) => known === field(value, 'kind'))
    if (!kind) {
      faults.push(unknownKind(document, version))
      continue
    }
    for (const key of ['labels', 'annotations']) {
      const found = at(value, ['metadata', key])
      // The schema's reader of maps passes it over.
      if (at(found, ['__proto__']) !== undefined)
        faults.push(unknownField(locate, ['metadata', key], '__proto__'))
    }
    const spec = field(value, 'spec')
    if (typeof spec === 'object' && spec !== null)
      inferTypes(spec as Record<string, unknown>, ['spec'], dataSourceTypes, locate, faults)
    const result = documentSchemas[kind].safeParse(value)
    if (result.success) (checked[kind] as Located<unknown>[]).push({ ...document, value: result.data })
    else faults.push(...result.error.issues.flatMap((issue) => issueFaults(issue, value, locate)))
  }
  return { checked, faults }
}

/** A YAML document may also hold a list of documents, as OpenSLO's own tools write them. */
function eachOf(document: SpecDocument): SpecDocument[] {
  const { value, locate, textOf } = document
  if (!Array.isArray(value)) return [document]
  return value.map((one: unknown, index) => ({
    value: one,
    locate: (path: Path) => locate([index, ...path]),
    textOf: (path: Path) => textOf([index, ...path]),
    writtenAt: locate([index]).replace(/:\d+$/, ''),
  }))
}

/** A folder may hold the YAML of something else. */
function unknownKind({ value, locate }: SpecDocument, version: unknown): Fault {
  const kind = show(field(value, 'kind'))
  if (typeof version === 'string' && !version.startsWith('openslo')) {
    const fix = 'keep other YAML in another folder, or name the spec files by a glob'
    return fault('SPEC_KIND_UNKNOWN', locate(['kind']), `${kind} of ${show(version)}`, 'openslo/v1', fix)
  }
  return fault(
    'SPEC_KIND_UNKNOWN',
    locate(['kind']),
    kind,
    KINDS.join(', '),
    'name the kind of this document',
  )
}

/**
 * "Field `type` can be omitted because the type will be inferred from the DataSource" (OpenSLO). `path` is where `value`
 * stands; each step leaves it as it was.
 */
function inferTypes(
  value: Record<string, unknown>,
  path: Path,
  types: Map<unknown, unknown>,
  locate: SpecDocument['locate'],
  faults: Fault[],
): void {
  for (const key of Object.keys(value)) {
    const inner = value[key]
    if (typeof inner !== 'object' || inner === null) continue
    const ref = key === 'metricSource' ? field(inner, 'metricSourceRef') : undefined
    if (ref === undefined) {
      path.push(key)
      inferTypes(inner as Record<string, unknown>, path, types, locate, faults)
      path.pop()
    } else if (!types.has(ref)) {
      const where = locate([...path, key, 'metricSourceRef'])
      faults.push(
        fault('SPEC_REFERENCE', where, show(ref), 'the name of a DataSource', 'correct the name, or add it'),
      )
    } else if (field(inner, 'type') === undefined) {
      Object.assign(inner, { type: types.get(ref) })
    }
  }
}

type Issue = z.core.$ZodIssue

function issueFaults(issue: Issue, root: unknown, locate: SpecDocument['locate']): Fault[] {
  const path = issue.path.filter((key): key is string | number => typeof key !== 'symbol')
  const name = path.join('.') || 'the document'
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, NAMED_FIELDS).map((key) => unknownField(locate, path, key))
  }
  const seen = at(root, path)
  const ofSource = issue.code === 'invalid_union' && path.at(-1) === 'type' && path.at(-2) === 'metricSource'
  const expected = ofSource ? METRIC_SOURCE_TYPES.join(', ') : describe(issue)
  // What the reference gives is missing at the DataSource, or the DataSource is: a fault of its own.
  if (ofSource && seen === undefined && at(root, [...path.slice(0, -1), 'metricSourceRef']) !== undefined)
    return []
  if (seen === undefined) {
    const fix = ofSource ? 'add it, or the metricSourceRef of a DataSource that has it' : 'add the field'
    return [fault('SPEC_FIELD_MISSING', locate(path), `no ${name}`, expected, fix)]
  }
  if (ofSource) {
    const saw = `${name}: ${show(seen)}`
    return [fault('SPEC_NOT_SUPPORTED', locate(path), saw, expected, 'choose one of them')]
  }
  // "0.999" is a text, which looks like a number without its quotes.
  const quoted =
    issue.code === 'invalid_type' && /number|boolean/.test(issue.expected) && typeof seen === 'string'
  const saw = `${name}: ${quoted ? JSON.stringify(show(seen)) : show(seen)}`
  return [fault('SPEC_FIELD_VALUE', locate(path), saw, expected, fixOf(issue, seen))]
}

function fixOf(issue: Issue, seen: unknown): string {
  if (issue.code !== 'invalid_type') return 'correct the value'
  if (issue.expected === 'string' && (typeof seen === 'number' || typeof seen === 'boolean'))
    return `write "${seen}", with quotes`
  const inQuotes = typeof seen === 'string' && seen.trim() !== '' && Number.isFinite(Number(seen))
  return issue.expected === 'number' && inQuotes ? 'remove the quotes' : 'correct the value'
}

function unknownField(locate: SpecDocument['locate'], path: Path, key: string): Fault {
  const saw = `${show(key)} in ${path.join('.') || 'the document'}`
  const expected = 'a field of OpenSLO v1 or of the metric source'
  return fault('SPEC_FIELD_UNKNOWN', locate([...path, key]), saw, expected, 'remove or correct it')
}

/** What the schema wanted, in words. */
function describe(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'number' ? 'a finite number' : `a value of type ${issue.expected}`
    case 'invalid_value':
      return issue.values.map(String).join(' or ')
    case 'invalid_format':
      return issue.format === 'regex' ? `text matching ${issue.pattern}` : `a ${issue.format}`
    case 'too_small':
      return `${issue.exact ? 'exactly' : 'at least'} ${issue.minimum}${unit(issue.origin, issue.minimum)}`
    case 'too_big':
      return `${issue.exact ? 'exactly' : 'at most'} ${issue.maximum}${unit(issue.origin, issue.maximum)}`
    case 'invalid_key':
      return 'a key that OpenSLO allows'
    case 'invalid_union':
      return 'one of the forms that the field may have'
    default:
      return issue.message
  }
}

function unit(origin: string, count: number | bigint): string {
  const one = { array: ' item', string: ' character' }[origin]
  return one === undefined ? '' : count === 1 ? one : `${one}s`
}

function at(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => field(value, key), root)
}

function field(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string | number, unknown>)[key]
    : undefined
}
