/**
 * YAML text to documents that still know where each field was written. Refuses what could exhaust the reader.
 *
 * Two readers of YAML 1.2: js-yaml gives the values, seven times faster; `yaml` gives positions, and is asked only when
 * somebody wants one, or when the text is broken or uses anchors.
 */
import { createRequire } from 'node:module'
import { CORE_SCHEMA, loadAll } from 'js-yaml'
import type { Document, Node } from 'yaml'
import { fault } from './fault.ts'
import type { Fault } from './types.ts'

/** Loaded when first needed: its 60 files take longer to load than a hundred specs take to read. */
const require = createRequire(import.meta.url)
const positions = () => require('yaml') as typeof import('yaml')

/** Largest spec file, bytes. Specs are written by people: a larger one is a mistake or an attack. */
export const SPEC_MAX_BYTES = 1_000_000
/** Aliases multiply: ten levels of ten are ten billion nodes. Specs rarely use any. */
const MAX_ALIASES = 100

export type Path = (string | number)[]

export type SpecDocument = {
  value: unknown
  /** `file:line:column` of the field, or of the nearest field around it that was written. */
  locate: (path: Path) => string
  /** The text of a field, such as the digits of a number; undefined when it is not there, or not a scalar. */
  textOf: (path: Path) => string | undefined
  /** `file:line` where the document begins. */
  writtenAt: string
}

/** The documents of one file, empty ones left out. */
export function readYaml(file: string, text: string): { documents: SpecDocument[]; faults: Fault[] } {
  const refused = refuse(file, text)
  if (refused) return { documents: [], faults: [refused] }
  const documents = readFast(file, text)
  return documents ? { documents, faults: [] } : readWithPositions(file, text)
}

function refuse(file: string, text: string): Fault | undefined {
  const bytes = Buffer.byteLength(text)
  if (bytes > SPEC_MAX_BYTES) {
    const expected = `at most ${SPEC_MAX_BYTES} bytes`
    return fault('SPEC_TOO_LARGE', `${file}:1:1`, `${bytes} bytes`, expected, 'split the file')
  }
  // Bytes that are not UTF-8 decode to U+FFFD; no spec has a reason to contain one, or a NUL.
  const broken = text.search(/[\uFFFD\0]/)
  if (broken < 0) return undefined
  const before = text.slice(0, broken)
  const where = `${file}:${before.split('\n').length}:${broken - before.lastIndexOf('\n')}`
  return fault('SPEC_NOT_UTF8', where, 'bytes that are not UTF-8', 'UTF-8 text', 'save the file as UTF-8')
}

/** Undefined when the text needs the other reader: it is broken, or has anchors, tags, directives or halves of characters. */
function readFast(file: string, text: string): SpecDocument[] | undefined {
  if (/^%|^\.\.\.|^---[ \t]+[^\s]|(^|[\s[{,:-])[&*!]\S|\\u[dD]/m.test(text)) return undefined
  // The first line of each document that is not empty.
  const firstLines: number[] = []
  let line = 1
  for (const part of text.split(/^---[ \t\r]*\n/m)) {
    const first = part.search(/^[ \t]*[^\s#]/m)
    if (first >= 0) firstLines.push(line + lineBreaks(part.slice(0, first)))
    line += lineBreaks(part) + 1
  }
  let values: unknown[]
  try {
    values = loadAll(text, { schema: CORE_SCHEMA })
  } catch {
    return undefined
  }
  if (values.length !== firstLines.length) return undefined
  if (!values.every((value) => typeof value === 'object' && value !== null)) return undefined
  let positioned: SpecDocument[] | undefined
  const other = (index: number) => {
    // Where the readers do not agree on what is a document, no position can be trusted.
    positioned ??= readWithPositions(file, text).documents
    return positioned.length === values.length ? positioned[index] : undefined
  }
  return values.map((value, index) => {
    const writtenAt = `${file}:${firstLines[index]}`
    return {
      value,
      locate: (path) => other(index)?.locate(path) ?? `${writtenAt}:1`,
      textOf: (path) => other(index)?.textOf(path),
      writtenAt,
    }
  })
}

function lineBreaks(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++
  return count
}

function readWithPositions(file: string, text: string): { documents: SpecDocument[]; faults: Fault[] } {
  const { LineCounter, parseAllDocuments } = positions()
  const lines = new LineCounter()
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line: `${file}:${Math.max(line, 1)}`, column: Math.max(col, 1) }
  }
  const where = (offset: number) => `${at(offset).line}:${at(offset).column}`
  const documents: SpecDocument[] = []
  const faults: Fault[] = []
  // The reader compares every key with every other: 60,000 keys would take it two minutes, so `wrongIn` looks instead.
  const options = { lineCounter: lines, prettyErrors: false, logLevel: 'silent', uniqueKeys: false } as const
  const parsed = parseAllDocuments(text, options)
  for (const document of 'empty' in parsed ? [] : parsed) {
    // The first error of a document: later ones are mostly its consequences.
    const [syntax] = document.errors
    const error = syntax
      ? { code: syntax.code, message: syntax.message, at: syntax.pos[0] }
      : wrongIn(document)
    if (error) faults.push(yamlFault(where(error.at), error.code, error.message))
    const root = document.contents
    if (error || root === null) continue
    const value = plain(document)
    if (value instanceof Error) {
      faults.push(yamlFault(where(document.range[0]), 'ALIASES', value.message))
    } else if (value !== null) {
      const offset = root.range?.[0] ?? 0
      documents.push({
        value,
        locate: (path) => where(walk(root, path).offset),
        textOf: (path) => walk(root, path).text,
        writtenAt: at(offset).line,
      })
    }
  }
  return { documents, faults }
}

type Wrong = { code: string; message: string; at: number }

/** What the reader lets pass: a key that its map has already, one that would merge maps, half of a character. */
function wrongIn(document: Document): Wrong | undefined {
  const { isAlias, isNode, visit } = positions()
  let found: Wrong | undefined
  visit(document, {
    Map(_, map) {
      const keys = new Set<string>()
      for (const { key, value } of map.items) {
        const text = String(key)
        const at = isNode(key) ? (key.range?.[0] ?? 0) : 0
        if (keys.has(text)) found ??= { code: 'DUPLICATE_KEY', message: 'Map keys must be unique', at }
        if (text === '<<' && isAlias(value))
          found ??= { code: 'MERGE', message: 'a merge key (<<), which YAML 1.2 does not have', at }
        keys.add(text)
      }
      return found ? visit.BREAK : undefined
    },
    Scalar(_, { value, range }) {
      if (typeof value !== 'string' || value.isWellFormed()) return undefined
      found = { code: 'SURROGATE', message: 'half of a UTF-16 surrogate pair', at: range?.[0] ?? 0 }
      return visit.BREAK
    },
  })
  return found
}

function plain(document: Document): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES })
    // An alias inside of what it stands for has no end; JSON knows.
    JSON.stringify(value)
    return value
  } catch (error) {
    if (error instanceof TypeError && error.message.includes('circular'))
      return new Error('an alias inside of what it stands for')
    return error instanceof Error ? error : new Error(String(error))
  }
}

function yamlFault(at: string, code: string, message: string): Fault {
  if (message.includes('call stack'))
    return fault('SPEC_YAML', at, 'nesting too deep to read', 'a few dozen levels at most', 'flatten it')
  const fix = FIXES[code] ?? 'correct the YAML'
  return fault('SPEC_YAML', at, message.replace(/\s+/g, ' '), 'a YAML 1.2 document', fix)
}

const FIXES: Record<string, string> = {
  DUPLICATE_KEY: 'remove one of them',
  MERGE: 'write the fields out',
  SURROGATE: 'write the character itself',
  TAB_AS_INDENT: 'indent with spaces',
}

/** Where the last field of the path that exists was written, and the text of the one that the whole path names. */
function walk(root: Node, path: Path): { offset: number; text?: string } {
  const { isMap, isNode, isScalar, isSeq } = positions()
  let offset = root.range?.[0] ?? 0
  let node: unknown = root
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => String(item.key) === String(key))
      if (!pair) return { offset }
      node = pair.value
      const shown = isNode(node) && !isMap(node) && !isSeq(node) ? node : pair.key
      if (isNode(shown)) offset = shown.range?.[0] ?? offset
    } else if (isSeq(node)) {
      node = node.items[Number(key)]
      if (isNode(node)) offset = node.range?.[0] ?? offset
    } else return { offset }
  }
  return isScalar(node) && node.source !== undefined ? { offset, text: node.source } : { offset }
}
