/** YAML text to documents that still know where each field was written. Refuses what could exhaust the reader. */
import { isMap, isNode, isPair, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml'
import { fault } from './fault.ts'
import type { Fault } from './types.ts'

/** Largest spec file, bytes. Specs are written by people: a larger one is a mistake or an attack. */
export const SPEC_MAX_BYTES = 1_048_576
/** Aliases multiply: ten levels of ten are ten billion nodes. Specs rarely use any. */
const MAX_ALIASES = 100

export type Path = (string | number)[]

export type SpecDocument = {
  value: unknown
  /** `file:line:column` of the field, or of the nearest field around it that was written. */
  locate(path: Path): string
}

/** The documents of one file, empty ones left out. */
export function readYaml(file: string, text: string): { documents: SpecDocument[]; faults: Fault[] } {
  const refused = refuse(file, text)
  if (refused) return { documents: [], faults: [refused] }
  const lines = new LineCounter()
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`
  }
  const documents: SpecDocument[] = []
  const faults: Fault[] = []
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' })
  for (const document of 'empty' in parsed ? [] : parsed) {
    const errors = document.errors.map((error) => yamlFault(at(error.pos[0]), error.code, error.message))
    faults.push(...errors)
    if (errors.length > 0 || document.contents === null) continue
    try {
      const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES })
      const root: Node = document.contents
      if (value !== null) documents.push({ value, locate: (path) => at(offsetOf(root, path)) })
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      faults.push(yamlFault(at(document.range[0]), 'ALIASES', message))
    }
  }
  return { documents, faults }
}

function refuse(file: string, text: string): Fault | undefined {
  const bytes = Buffer.byteLength(text)
  if (bytes > SPEC_MAX_BYTES) {
    const expected = `at most ${SPEC_MAX_BYTES} bytes`
    return fault('SPEC_TOO_LARGE', `${file}:1:1`, `${bytes} bytes`, expected, 'split the file')
  }
  // Node decodes bytes that are not UTF-8 to U+FFFD; no spec has a reason to contain one, or a NUL.
  const broken = text.search(/[\uFFFD\0]/)
  if (broken < 0) return undefined
  const before = text.slice(0, broken)
  const line = before.split('\n').length
  const where = `${file}:${line}:${broken - before.lastIndexOf('\n')}`
  return fault('SPEC_ENCODING', where, 'bytes that are not UTF-8', 'UTF-8 text', 'save the file as UTF-8')
}

function yamlFault(at: string, code: string, message: string): Fault {
  const fix = code === 'TAB_AS_INDENT' ? 'indent with spaces' : 'correct the YAML'
  return fault('SPEC_YAML', at, message.replace(/\s+/g, ' '), 'a YAML 1.2 document', fix)
}

function offsetOf(root: Node, path: Path): number {
  let offset = root.range?.[0] ?? 0
  let node: unknown = root
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isNode(item.key) && String(item.key) === String(key),
      )
      if (!pair) break
      node = pair.value
      const shown = isNode(node) && !isMap(node) && !isSeq(node) ? node : pair.key
      if (isNode(shown)) offset = shown.range?.[0] ?? offset
    } else if (isSeq(node)) {
      node = node.items[Number(key)]
      if (isNode(node)) offset = node.range?.[0] ?? offset
    } else break
  }
  return offset
}
