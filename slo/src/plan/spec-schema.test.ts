import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { specSchema } from './spec-schema.ts'

// To bring it up to date: node slo/schema/write.ts
test('the published JSON Schema is the one that the validator checks by', () => {
  const path = join(import.meta.dirname, '../../schema/openslo.schema.json')
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(JSON.parse(JSON.stringify(specSchema())))
})
