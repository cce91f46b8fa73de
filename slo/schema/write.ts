/** Writes openslo.schema.json beside this file from the validator's own schema. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { specSchema } from '../src/plan/spec-schema.ts'

const path = join(import.meta.dirname, 'openslo.schema.json')
writeFileSync(path, `${JSON.stringify(specSchema(), null, 2)}\n`)
