import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { specSchema } from './spec-schema.ts'

const SLO = join(import.meta.dirname, '../..')
// To bring it up to date: node slo/schema/write.ts
const published = JSON.parse(readFileSync(join(SLO, 'schema/openslo.schema.json'), 'utf8'))

test('the published JSON Schema is the one that the validator checks by', () => {
  expect(published).toEqual(JSON.parse(JSON.stringify(specSchema())))
})

describe('a JSON Schema validator', () => {
  // Strict about the schema itself; `properties` beside a `$ref` is what 2020-12 allows.
  const valid = new Ajv2020({
    strict: true,
    strictTypes: false,
    strictRequired: false,
    allErrors: true,
  }).compile(published)
  const documentsOf = (text: string) => parseAllDocuments(text).map((one) => one.toJS() as unknown)
  const specs = ['specs', 'catalogue'].flatMap((folder) =>
    readdirSync(join(SLO, folder))
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => join(folder, file)),
  )
  const read = (file: string) => readFileSync(join(SLO, file), 'utf8')

  for (const file of specs)
    test(`accepts ${file}, which names the schema for editors`, () => {
      const text = read(file)
      expect(text).toContain('# yaml-language-server: $schema=../schema/openslo.schema.json')
      for (const document of documentsOf(text)) expect([valid(document), valid.errors]).toEqual([true, null])
      expect(valid(documentsOf(text))).toBe(true)
    })

  const typos: [string, string | RegExp, string][] = [
    ['a field', 'budgetingMethod:', 'budgetMethod:'],
    ['a kind', 'kind: SLO', 'kind: Slo'],
    ['an annotation of ours', 'plimsoll.dev/runbook:', 'plimsoll.dev/run-book:'],
    ['the text of an annotation', 'plimsoll.dev/owner: team-hub', 'plimsoll.dev/owner: Team Hub'],
    ['a duration', 'duration: 28d', 'duration: 28 days'],
    ['a percentage for a ratio', 'target: 0.999', 'target: 99.9'],
    ['a type of source', 'Plimsoll/http', 'Plimsoll/htpp'],
    ['a field of a short form', 'serviceName:', 'service_name:'],
    ['a version', 'openslo/v1', 'openslo/v2'],
  ]
  for (const [name, from, to] of typos)
    test(`refuses a typo in ${name}`, () => {
      const text = read('specs/hub-api.yaml')
      const wrong = text.replace(from, to)
      expect(wrong).not.toBe(text)
      expect(documentsOf(wrong).every((one) => valid(one))).toBe(false)
      expect(valid(documentsOf(wrong))).toBe(false)
    })
})
