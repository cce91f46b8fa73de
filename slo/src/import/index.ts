export { type Imported, importSpecs, TOOLS, type Tool } from './import.ts'
export type { Note } from './source.ts'
export type { ImportOptions } from './spec.ts'
