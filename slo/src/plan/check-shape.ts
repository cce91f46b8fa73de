/** Documents checked against their schema: typed values by kind, or faults at the fields that are wrong. */
import * as v from 'valibot'
import { fault, show } from './fault.ts'
import { METRIC_SOURCE_TYPES } from './metric-sources.ts'
import type { Path, SpecDocument } from './read-yaml.ts'
import { type Documents, documentSchemas, type Kind } from './schema.ts'
import type { Issue } from './strict.ts'
import type { Fault } from './types.ts'

export type Located<T> = Omit<SpecDocument, 'value'> & { value: T }
export type Checked = { [K in Kind]: Located<Documents[K]>[] }

const KINDS = Object.keys(documentSchemas) as Kind[]
/** Versions of the standard that are not read here. */
const OTHER_VERSION = /^openslo(\.com)?\/v(?!1$)/

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
  const dataSourceTypes = new Map<unknown, string | undefined>(
    listed
      .filter(({ value }) => field(value, 'kind') === 'DataSource')
      .map(({ value }) => [at(value, ['metadata', 'name']), typeOf(value)]),
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
    const result = v.safeParse(documentSchemas[kind], value)
    if (result.success) (checked[kind] as Located<unknown>[]).push({ ...document, value: result.output })
    else faults.push(...result.issues.flatMap((issue) => issueFaults(issue, value, locate)))
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

/** Anything else is a fault of the DataSource, and could be a circle where it is put. */
function typeOf(dataSource: unknown): string | undefined {
  const type = at(dataSource, ['spec', 'type'])
  return typeof type === 'string' ? type : undefined
}

/**
 * "Field `type` can be omitted because the type will be inferred from the DataSource" (OpenSLO). `path` is where `value`
 * stands; each step leaves it as it was.
 */
function inferTypes(
  value: Record<string, unknown>,
  path: Path,
  types: ReadonlyMap<unknown, string | undefined>,
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

function issueFaults(issue: Issue, root: unknown, locate: SpecDocument['locate']): Fault[] {
  const path = (issue.path ?? []).map(({ key }) => key as string | number)
  const name = path.join('.') || 'the document'
  if (issue.type === 'strict_object' && ofKey(issue))
    return [unknownField(locate, path.slice(0, -1), String(path.at(-1)))]
  const seen = at(root, path)
  const ofSource = issue.type === 'variant' && path.at(-1) === 'type' && path.at(-2) === 'metricSource'
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
  const quoted = (issue.type === 'number' || issue.type === 'boolean') && typeof seen === 'string'
  const saw = `${name}: ${quoted ? JSON.stringify(show(seen)) : show(seen)}`
  return [fault('SPEC_FIELD_VALUE', locate(path), saw, expected, fixOf(issue, seen))]
}

function fixOf(issue: Issue, seen: unknown): string {
  if (issue.type === 'string' && (typeof seen === 'number' || typeof seen === 'boolean'))
    return `write "${seen}", with quotes`
  const inQuotes = typeof seen === 'string' && seen.trim() !== '' && Number.isFinite(Number(seen))
  return issue.type === 'number' && inQuotes ? 'remove the quotes' : 'correct the value'
}

function unknownField(locate: SpecDocument['locate'], path: Path, key: string): Fault {
  const saw = `${show(key)} in ${path.join('.') || 'the document'}`
  const expected = 'a field of OpenSLO v1 or of the metric source'
  return fault('SPEC_FIELD_UNKNOWN', locate([...path, key]), saw, expected, 'remove or correct it')
}

/** What the schema wanted, in words. */
function describe(issue: Issue): string {
  switch (issue.type) {
    case 'string':
    case 'boolean':
    case 'array':
      return `a value of type ${issue.type}`
    case 'strict_object':
    case 'variant':
      return 'a value of type object'
    case 'record':
      return ofKey(issue) ? 'a key that OpenSLO allows' : 'a value of type record'
    case 'number':
      return 'a finite number'
    case 'literal':
    case 'picklist':
      return wordsOf(issue.expected).join(' or ')
    case 'regex':
      return `text matching ${issue.expected}`
    case 'length':
      return `exactly ${limit(issue)}`
    case 'min_length':
    case 'min_value':
    case 'gt_value':
      return `at least ${limit(issue)}`
    case 'max_length':
    case 'max_value':
      return `at most ${limit(issue)}`
    case 'union':
      return 'one of the forms that the field may have'
    default:
      return issue.message
  }
}

/** Whether it is the name of a field that is wrong, not the value. */
function ofKey(issue: Issue): boolean {
  return issue.path?.at(-1)?.origin === 'key'
}

/** `("page" | "ticket")`, as valibot says what it expected. */
function wordsOf(expected: string | null): string[] {
  return [...(expected ?? '').matchAll(/"([^"]*)"/g)].map(([, word = '']) => word)
}

function limit({ requirement, input }: Issue): string {
  if (typeof input === 'number') return `${requirement}`
  return `${requirement} ${Array.isArray(input) ? 'item' : 'character'}${requirement === 1 ? '' : 's'}`
}

function at(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => field(value, key), root)
}

function field(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string | number, unknown>)[key]
    : undefined
}
