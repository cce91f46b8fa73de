/**
 * Valibot's schemas, as strictly as specs are read. The library takes a list for an object and infinity for a number,
 * names the first unknown field only, passes over keys such as `constructor`, says of a missing field no more than its
 * name, and reads lists of any length. Types and JSON Schema are the library's; how a value is read is ours.
 */
import * as v from 'valibot'

export type Issue = v.BaseIssue<unknown>
type Schema = v.GenericSchema
type Fields = { [field: string]: unknown }
/** A value while it is read. `typed`: of the right type itself, whatever is wrong inside of it. */
type Dataset = { value: unknown; typed?: boolean; issues?: Issue[] | undefined }
type Config = v.Config<Issue>

/** Unknown fields of one object that are named; thousands would only hide the first. */
const NAMED_FIELDS = 20

/** These fields and no other. */
export function object<const E extends v.ObjectEntries>(entries: E): v.StrictObjectSchema<E, undefined> {
  const fields = Object.entries<Schema>(entries).map(([name, schema]) => {
    return { name, schema, optional: schema.type === 'optional' || schema.type === 'nullish' }
  })
  return reading(v.strictObject(entries), isObject, (input, dataset, config, self) => {
    const output: Fields = {}
    for (const { name, schema, optional } of fields)
      if (!optional || name in input) output[name] = inside(input, name, schema, dataset, config)
    let unknown = 0
    for (const name in input)
      if (!Object.hasOwn(entries, name) && unknown++ < NAMED_FIELDS)
        refuse(self, dataset, config, { input, key: name, origin: 'key' })
    return output
  })
}

/** Any keys that are like `key`. `__proto__` is passed over: whoever asks for it would get what all objects have. */
export function record<K extends v.GenericSchema<string>, V extends Schema>(
  key: K,
  value: V,
): v.RecordSchema<K, V, undefined> {
  return reading(v.record(key, value), isObject, (input, dataset, config, self) => {
    const output: Fields = {}
    for (const name of Object.keys(input)) {
      if (name === '__proto__') continue
      if (v.is(key, name)) output[name] = inside(input, name, value, dataset, config)
      else refuse(self, dataset, config, { input, key: name, origin: 'key' })
    }
    return output
  })
}

type Option<K extends string> = v.StrictObjectSchema<
  v.ObjectEntries & { [key in K]: v.LiteralSchema<string, undefined> },
  undefined
>

/** One of several objects, told apart by the text of the field `key`. */
export function variant<const K extends string, const O extends Option<K>[]>(
  key: K,
  options: O,
): v.VariantSchema<K, O, undefined> {
  const byText = new Map<unknown, Schema>(options.map((option) => [option.entries[key].literal, option]))
  return reading(v.variant(key, options), isObject, (input, dataset, config, self) => {
    const option = byText.get(input[key])
    if (!option) refuse(self, dataset, config, { input, key, origin: 'value' })
    return option ? run(option, dataset, config).value : input
  })
}

/** A list that is longer than `max` is not read: its items could be any number of faults. */
export function list<I extends Schema>(
  item: I,
  { min = 0, max }: { min?: number; max: number },
): v.ArraySchema<I, undefined> {
  const items = reading(v.array(item), Array.isArray, (input, dataset, config) =>
    input.length > max ? input : input.map((_, index) => inside(input, index, item, dataset, config)),
  )
  if (min === max) return v.pipe(items, v.length(max))
  return min > 0 ? v.pipe(items, v.minLength(min), v.maxLength(max)) : v.pipe(items, v.maxLength(max))
}

export const number: v.NumberSchema<undefined> = reading(v.number(), isFiniteNumber, (input) => input)

/** The schema, with `read` for a value of the right type. */
function reading<S extends Schema, T>(
  schema: S,
  isOfType: (value: unknown) => value is T,
  read: (input: T, dataset: Dataset, config: Config, schema: Schema) => unknown,
): S {
  const own = (dataset: Dataset, config: Config) => {
    const { value } = dataset
    dataset.typed = isOfType(value)
    if (isOfType(value)) dataset.value = read(value, dataset, config, schema)
    else refuse(schema, dataset, config)
    return dataset
  }
  return { ...schema, '~run': own as S['~run'] }
}

/** What stands at `key`, read; what is wrong in it is wrong in the whole. */
function inside(
  input: Fields | unknown[],
  key: string | number,
  schema: Schema,
  whole: Dataset,
  config: Config,
): unknown {
  const value = (input as Fields)[key]
  const { value: output, issues } = run(schema, { value }, config)
  if (!issues) return output
  const place = { type: 'object', origin: 'value', input, key, value } as v.IssuePathItem
  whole.issues ??= []
  for (const issue of issues) {
    if (issue.path) issue.path.unshift(place)
    else Object.assign(issue, { path: [place] })
    whole.issues.push(issue)
  }
  return output
}

function run(schema: Schema, dataset: Dataset, config: Config): Dataset {
  return schema['~run'](dataset as v.UnknownDataset, config) as Dataset
}

/** It is not of the schema's type; or its field is not, by name (`key`) or by value. */
function refuse(
  schema: Schema,
  dataset: Dataset,
  config: Config,
  field?: { input: Fields; key: string; origin: 'key' | 'value' },
): void {
  const at = field && ({ type: 'object', value: field.input[field.key], ...field } as const)
  v._addIssue(schema, 'type', dataset as v.UnknownDataset, config, at && { path: [at] })
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isFiniteNumber(value: unknown): value is number {
  return Number.isFinite(value)
}
