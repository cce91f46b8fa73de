/** The JSON Schema of spec files, for editors: generated from what the validator itself uses. */
import { z } from 'zod'
import { documentSchemas } from './schema.ts'

export const SPEC_SCHEMA_ID = 'https://plimsoll.dev/schema/openslo.schema.json'

/** JSON Schema 2020-12 of one document of a spec file. */
export function specSchema(): object {
  const { Service, SLO, SLI, AlertPolicy, AlertCondition, AlertNotificationTarget, DataSource } =
    documentSchemas
  const documents = z.discriminatedUnion('kind', [
    Service,
    SLO,
    SLI,
    AlertPolicy,
    AlertCondition,
    AlertNotificationTarget,
    DataSource,
  ])
  const { $schema, ...schema } = z.toJSONSchema(documents, { io: 'input' })
  return { $schema, $id: SPEC_SCHEMA_ID, title: 'OpenSLO v1 as Plimsoll reads it', ...schema }
}
