/** Specs of other tools → ours. Pure: texts in; texts, notes and what could not be read out. What comes out validates. */
import { stringify } from 'yaml'
import { ANNOTATIONS } from '../plan/annotations.ts'
import { compilePlan, type SpecSource } from '../plan/compile.ts'
import { formatFault } from '../plan/fault.ts'
import { readYaml, type SpecDocument as YamlDocument } from '../plan/read-yaml.ts'
import type { Fault } from '../plan/types.ts'
import { fromOpenslo } from './openslo.ts'
import { fromPyrra } from './pyrra.ts'
import { fromSloth } from './sloth.ts'
import type { Note } from './source.ts'
import { type Converted, type ImportOptions, type SpecDocument, service } from './spec.ts'

export const TOOLS = ['sloth', 'pyrra', 'openslo'] as const
export type Tool = (typeof TOOLS)[number]

export type Imported = {
  /** One file per service, `<service>.yaml`. */
  files: SpecSource[]
  /** How many SLOs are in the files, and how many of the input are not. */
  slos: number
  leftOut: number
  /** What has no equivalent, or only a similar one. */
  notes: Note[]
  /** Inputs that could not be read at all. */
  faults: Fault[]
}

const CONVERT: Record<Tool, (document: YamlDocument, options: ImportOptions) => Converted> = {
  sloth: fromSloth,
  pyrra: fromPyrra,
  openslo: fromOpenslo,
}

export function importSpecs(tool: Tool, sources: SpecSource[], options: ImportOptions = {}): Imported {
  const read = sources.map(({ file, text }) => readYaml(file, text))
  const converted = read.flatMap(({ documents }) =>
    documents.flatMap(eachOf).map((document) => CONVERT[tool](document, options)),
  )
  const services = new Map<string, SpecDocument>()
  for (const one of converted.flatMap(({ services }) => services))
    if (!services.has(one.metadata.name)) services.set(one.metadata.name, one)
  const others = converted.flatMap(({ others }) => others)
  const accepted = new Map<string, SpecDocument[]>()
  const ids = new Set<string>()
  const slos = converted.flatMap(({ slos }) => slos)
  let count = 0
  for (const { document, at, source } of slos) {
    const name = serviceOf(document)
    const owner = services.get(name) ?? service(name, options.owner)
    const leaveOut = (what: string) => source.notes.push({ at, field: document.metadata.name, what })
    const fits = fitting(document, owner, others)
    if (ids.has(document.metadata.name)) leaveOut('a second SLO of this id: left out')
    else if (typeof fits === 'string') leaveOut(`left out, as its result would not be valid: ${fits}`)
    else {
      if (fits.note) leaveOut(fits.note)
      services.set(name, owner)
      ids.add(document.metadata.name)
      accepted.set(name, [...(accepted.get(name) ?? []), fits.document])
      count++
    }
  }
  const files = [...accepted].map(([name, documents]) =>
    file(`${name}.yaml`, [services.get(name), ...documents]),
  )
  if (others.length > 0 && files.length > 0) files.push(file('shared.yaml', others))
  const notes = converted.flatMap(({ notes }) => notes)
  const unowned = [...accepted.keys()].filter(
    (name) => services.get(name)?.metadata.annotations?.[ANNOTATIONS.owner.name] === 'unowned',
  )
  for (const name of unowned)
    notes.push({
      at: `${name}.yaml`,
      field: ANNOTATIONS.owner.name,
      what: 'nobody is named: unowned; correct it, or give --owner',
    })
  return {
    files: files.sort((a, b) => (a.file < b.file ? -1 : 1)),
    slos: count,
    leftOut:
      expected(
        tool,
        read.flatMap(({ documents }) => documents),
      ) - count,
    notes,
    faults: read.flatMap(({ faults }) => faults),
  }
}

type Fits = { document: SpecDocument; note?: string }

/** The document as it compiles; without pages where no window pair could page; or why it does not compile. */
function fitting(document: SpecDocument, owner: SpecDocument, others: SpecDocument[]): Fits | string {
  const faultsOf = (one: SpecDocument) => compilePlan([file('result.yaml', [owner, one, ...others])]).faults
  const faults = faultsOf(document)
  if (faults.length === 0) return { document }
  const [first] = faults
  if (first?.code === 'PLAN_NO_PAGE_POSSIBLE') {
    const annotations = { ...document.metadata.annotations, [ANNOTATIONS.alerting.name]: 'ticket' }
    const ticket = { ...document, metadata: { ...document.metadata, annotations } }
    if (faultsOf(ticket).length === 0)
      return { document: ticket, note: 'no window pair could page at this target and window: tickets only' }
  }
  return faults.map((one) => formatFault(one).replace(/^\S+ /, '')).join('; ')
}

/** SLOs that the input has, whatever became of them. */
function expected(tool: Tool, documents: YamlDocument[]): number {
  return documents.flatMap(eachOf).reduce((sum, { value }) => {
    const of = value as { slos?: unknown; spec?: { slos?: unknown }; items?: unknown; kind?: unknown }
    const list = tool === 'sloth' ? (of?.slos ?? of?.spec?.slos) : of?.items
    if (Array.isArray(list)) return sum + list.length
    return sum + (tool === 'pyrra' || (tool === 'openslo' && of?.kind === 'SLO') ? 1 : 0)
  }, 0)
}

function serviceOf({ spec }: SpecDocument): string {
  const { service } = (spec ?? {}) as { service?: unknown }
  return typeof service === 'string' ? service : ''
}

function eachOf(document: YamlDocument): YamlDocument[] {
  const { value, locate, textOf } = document
  if (!Array.isArray(value)) return [document]
  return value.map((one: unknown, index) => ({
    value: one,
    locate: (path) => locate([index, ...path]),
    textOf: (path) => textOf([index, ...path]),
    writtenAt: locate([index]),
  }))
}

function file(name: string, documents: (SpecDocument | undefined)[]): SpecSource {
  const text = documents
    .filter((one) => one !== undefined)
    .map((one) => stringify(one, { lineWidth: 0, aliasDuplicateObjects: false }))
  return { file: name, text: text.join('---\n') }
}
