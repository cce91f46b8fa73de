/** The OpenAPI 3.1 document, generated from the schemas that the handlers use. */
import { envelopeSchema } from '@plimsoll/instrumentation/envelope'
import { z } from 'zod'
import { burnDownQuerySchema, probeQuerySchema } from './http/query-routes.ts'
import {
  burnDownSchema,
  probeListSchema,
  probeMatrixSchema,
  probeRunSchema,
  problemSchema,
  receiptSchema,
  sloListSchema,
  sloStatusSchema,
} from './schemas.ts'

const COMPONENTS = {
  Envelope: envelopeSchema,
  Receipt: receiptSchema,
  SloList: sloListSchema,
  SloStatus: sloStatusSchema,
  BurnDown: burnDownSchema,
  ProbeRun: probeRunSchema,
  ProbeRunList: probeListSchema,
  ProbeMatrix: probeMatrixSchema,
  Problem: problemSchema,
}
type Component = keyof typeof COMPONENTS

export function openApiDocument(serverUrl: string): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Plimsoll SLO service',
      version: '1',
      description: 'Exact counts, error budgets and probe runs. "No data" is an answer of its own.',
    },
    servers: [{ url: serverUrl }],
    paths: {
      '/api/v1/slos': { get: operation('Every SLO with its budget now', 'SloList') },
      '/api/v1/slos/{id}': {
        get: operation('One SLO', 'SloStatus', { parameters: [pathParameter('id')], problems: [404] }),
      },
      '/api/v1/slos/{id}/burn-down': {
        get: operation('What was left of the budget over its window', 'BurnDown', {
          parameters: [pathParameter('id'), ...queryParameters(burnDownQuerySchema)],
          problems: [400, 404],
        }),
      },
      '/api/v1/probe-matrix': {
        get: operation('By flow, the last runs from each vantage to each target', 'ProbeMatrix'),
      },
      '/api/v1/probes': {
        get: operation('The last probe runs, newest first', 'ProbeRunList', {
          parameters: queryParameters(probeQuerySchema),
          problems: [400, 404],
        }),
      },
      '/api/v1/probes/{runId}': {
        get: operation('One probe run', 'ProbeRun', {
          parameters: [pathParameter('runId')],
          problems: [404],
        }),
      },
      '/api/v1/envelopes': {
        post: {
          ...operation('Deliver counts; applied exactly once', 'Receipt', { problems: [401, 413, 422] }),
          security: [{ token: [] }],
          requestBody: { required: true, content: json('Envelope') },
        },
      },
    },
    components: { schemas: components(), securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  }
}

function operation(
  summary: string,
  answer: Component,
  more: { parameters?: object[]; problems?: number[] } = {},
) {
  const problems = (more.problems ?? []).map((status) => [
    status,
    { description: 'Problem', content: { 'application/problem+json': { schema: reference('Problem') } } },
  ])
  return {
    summary,
    ...(more.parameters && { parameters: more.parameters }),
    responses: { 200: { description: summary, content: json(answer) }, ...Object.fromEntries(problems) },
  }
}

const json = (component: Component) => ({ 'application/json': { schema: reference(component) } })
const reference = (component: Component) => ({ $ref: `#/components/schemas/${component}` })
const pathParameter = (name: string) => ({ name, in: 'path', required: true, schema: { type: 'string' } })

function queryParameters(query: z.ZodType): object[] {
  const { properties = {} } = z.toJSONSchema(query, { io: 'input' })
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: false, schema }))
}

/** Each component with what it is made of inside, as JSON Schema 2020-12, which OpenAPI 3.1 takes as it is. */
function components(): Record<string, object> {
  const schemas = Object.entries(COMPONENTS).map(([name, schema]) => {
    const { $schema: _, $defs = {}, ...own } = z.toJSONSchema(schema, { io: 'input' })
    return { ...$defs, ...('$ref' in own && own.$ref === `#/$defs/${name}` ? {} : { [name]: own }) }
  })
  const text = JSON.stringify(Object.assign({}, ...schemas)).replaceAll('#/$defs/', '#/components/schemas/')
  return JSON.parse(text) as Record<string, object>
}
